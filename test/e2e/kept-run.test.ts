import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

t.test('a kept run is found again, on processes', { skip: skipWithoutRedis() }, (t) => isFoundAgain(t, 'process'))

t.test('a kept run is found again, on Docker', async (t) => {
  if (await requireEngine(t)) await isFoundAgain(t, 'docker')
})

async function isFoundAgain(t: Test, platform: 'process' | 'docker'): Promise<void> {
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const other = await leaseCluster()
  // What others keep on this machine is none of this test's business.
  const temporary = mkdtempSync(path.join(tmpdir(), 'redis-chaos-kept-'))
  t.teardown(() => rmSync(temporary, { recursive: true, force: true }))
  const cli = (...args: string[]) => runCli(t, args, { TMPDIR: temporary })
  const where = ['--platform', platform, '--reports', reports]
  const made = await cli('run', testScenario('some-load'), ...where, ...clusterFlags(lease), '--keep')
  t.equal(made.code, 0, made.stdout + made.stderr)
  const { runId } = lastReport(reports)
  const removal = `npm run cluster clean -- --run ${runId}`
  const place = platform === 'process' ? 'processes of this machine' : 'containers'
  const told = new RegExp(
    `a run of some-load \\(run ${runId}, kept, since [^,]* UTC, ${place}, ports ${lease.portBase}-${lease.portBase + 5}\\)`,
  )

  const status = await cli('cluster', 'status', '--platform', platform, ...clusterFlags(other))
  t.equal(status.code, 3)
  t.match(status.stderr, told, 'whatever flags it was made with')
  t.match(status.stderr, removal)

  const clean = await cli('cluster', 'clean', '--platform', platform, ...clusterFlags(other))
  t.match(clean.stdout, told, 'what is not removed is named')
  t.match(clean.stdout, removal)

  const heal = await cli('heal', '--run', runId)
  t.equal(heal.code, 0)
  t.match(heal.stdout, told)
  t.match(heal.stdout, removal)

  const next = await cli('run', testScenario('some-load'), ...where, ...clusterFlags(lease))
  t.equal(next.code, 3)
  t.match(next.stdout.replace(/\s+/g, ' '), told, 'it has the ports')
  t.match(next.stdout.replace(/\s+/g, ' '), removal)

  const none = await cli('cluster', 'clean', '--run', 'no-such-run')
  t.equal(none.code, 2)
  t.match(none.stderr, told, 'the runs that there are')

  const removed = await cli('cluster', 'clean', '--run', runId)
  t.equal(removed.code, 0, removed.stderr)
  t.match(removed.stdout, 'removed: ')
  const again = await cli('heal', '--run', runId)
  t.equal(again.code, 2, 'it is gone')
}
