import type { Test } from 'tap'
import { serverNames } from '../../runner/platforms/catalogue.ts'
import { lastReport, reportsFolder, runCli } from './cli.ts'
import { clusterFlags, leaseCluster } from './lease.ts'
import { leftovers } from './leftovers.ts'

const SCENARIOS = ['failover-basic', 'readme-walkthrough', 'two-shards-lose-quorum']

/** Plays the three first scenarios on every server of the catalogue, in one run, as a user would. */
export async function playMatrix(t: Test, platform: 'process' | 'docker'): Promise<void> {
  const reports = reportsFolder(t)
  const servers = await serverNames(new URL('../..', import.meta.url).pathname)
  t.equal(servers.length, 5)
  const lease = await leaseCluster()
  const where = ['--platform', platform, ...clusterFlags(lease), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, ['run', ...SCENARIOS, '--server', servers.join(','), ...where])
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
    SCENARIOS.map((id) => ({ what: `${id} on ${server}`, platform, verdict: 'passed' })),
  )
  t.same(played, expected)
  const table = stdout.slice(stdout.indexOf('Failover times by server'))
  t.comment(table)
  t.match(table, /Failover times by server/)
  for (const { failovers } of report.scenarios.filter(({ id }) => id === 'failover-basic')) {
    t.equal(failovers.length, 2, 'a failover after the stop, and the one back')
    t.ok((failovers[0]?.totalMs ?? 0) > 5000, 'it cannot be faster than the node time-out')
  }
  if (platform === 'docker') t.same(await leftovers(lease.namePrefix, report.runId), [])
}
