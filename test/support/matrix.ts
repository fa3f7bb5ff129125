import type { Test } from 'tap'
import { servers as allServers } from './catalogue-servers.ts'
import { lastReport, reportsFolder, runCli } from './cli.ts'
import { clusterFlags, leaseCluster } from './lease.ts'
import { leftovers } from './leftovers.ts'

type PlatformKind = 'process' | 'docker'

/** Each is played on every server, by one of the platforms: which one alternates from server to server. */
const ALTERNATING = ['readme-walkthrough', 'two-shards-lose-quorum']

/**
 * Plays the three first scenarios as a user would: `failover-basic` on every server that needs no registry, in one run;
 * the others on every second of them, and on the rest where the platform is the other one.
 */
export async function playMatrix(t: Test, platform: PlatformKind): Promise<void> {
  const servers = await allServers()
  t.ok(servers.length > 1)
  const { stdout, report } = await play(t, { scenarios: ['failover-basic'], servers, platform })
  const table = stdout.slice(stdout.indexOf('Failover times by server'))
  t.comment(table)
  t.match(table, /Failover times by server/)
  for (const { failovers } of report.scenarios) {
    t.equal(failovers.length, 2, 'a failover after the stop, and the one back')
    t.ok((failovers[0]?.totalMs ?? 0) > 5000, 'it cannot be faster than the node time-out')
  }
  const here = servers.filter((_, index) => index % 2 === (platform === 'process' ? 0 : 1))
  await play(t, { scenarios: ALTERNATING, servers: here, platform })
}

/** Plays them in one run; all must pass, and leave nothing. */
async function play(
  t: Test,
  { scenarios, servers, platform }: { scenarios: string[]; servers: string[]; platform: PlatformKind },
) {
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const where = ['--platform', platform, ...clusterFlags(lease), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, ['run', ...scenarios, '--server', servers.join(','), ...where])
  t.equal(code, 0, stdout + stderr)
  const report = lastReport(reports)
  const played = report.scenarios.map(({ id, server, platform, verdict, reason, steps }) => ({
    what: `${id} on ${server.replace(/\.\d+$/, '').replace(' ', ':')}`,
    platform,
    verdict,
    // Only to be read, should one not pass.
    ...(verdict !== 'passed' && { reason, errors: steps.flatMap(({ error }) => error?.message ?? []) }),
  }))
  const expected = servers.flatMap((server) =>
    scenarios.map((id) => ({ what: `${id} on ${server}`, platform, verdict: 'passed' })),
  )
  t.same(played, expected)
  if (platform === 'docker') t.same(await leftovers(lease.namePrefix, report.runId), [])
  return { stdout, report }
}
