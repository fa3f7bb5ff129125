import t from 'tap'
import { lastReport, reportsFolder, runCli, testScenario } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'

t.test('a key deleted behind its back, and one that was overwritten, are named by verify', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = ['run', testScenario('lost-key'), ...clusterFlags(lease), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, args)
  t.equal(code, 1, stdout + stderr)
  const report = lastReport(reports)
  const failed = report.scenarios[0]?.steps.find(({ verdict }) => verdict === 'failed')
  t.equal(failed?.verb, 'verify')
  t.match(
    failed?.error?.message,
    /of 300 acknowledged keys, 298 are right, 1 lost, 1 with a value that was never written/,
  )
  t.match(failed?.error?.details?.join('\n'), /shard 1 \(redis-node0\): 1 lost: orders:7 \(slot 4453\)/)
  t.match(
    failed?.error?.details?.join('\n'),
    /shard 2 \(redis-node2\): 1 with a value that was never written: orders:8 \(slot 8330\)/,
  )
  t.match(stdout, /orders:7 \(slot 4453\)/)
  t.same(await leftovers(lease.namePrefix, report.runId), [])
})

t.test('every verb works, and the scenario as played plays again', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = ['run', testScenario('every-verb'), ...clusterFlags(lease), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, args)
  t.equal(code, 0, stdout + stderr)
  const report = lastReport(reports)
  const steps = report.scenarios[0]?.steps ?? []
  const byPath = (path: string) => steps.find((step) => step.path === path)
  t.match(byPath('10#2.1'), {
    verb: 'pause',
    verdict: 'passed',
    targets: ['redis-node3'],
    proof: /paused.*after 300 ms: unpause/,
  })
  t.match(byPath('13'), { verb: 'kill', targets: ['redis-node0'], proof: /exited with code 137, no longer answers/ })
  t.match(byPath('14')?.lastSeen, /redis-node0 is marked as failed by [345] of 5 nodes that answer/)
  t.match(byPath('19.1'), { verb: 'expect', file: /steps\/back-home\.yaml$/ })
  t.match(byPath('f1'), { verdict: 'passed' })
  t.same(await leftovers(lease.namePrefix, report.runId), [])
})
