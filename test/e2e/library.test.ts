import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { filesWith, lastReport, reportsFolder, runCli } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'

const PASSWORD = 'a-password-of-this-test'

t.test('failover-basic passes, reports it in every format, and leaves nothing', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = ['run', 'failover-basic', ...clusterFlags(lease), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, args, { REDIS_CHAOS_PASSWORD: PASSWORD })

  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /PASSED {2}1 scenario: 1 passed/)
  t.match(stdout, /run again +npm run scenario failover-basic -- --seed \d+/)
  const report = lastReport(reports)
  t.match(report, { version: 1, verdict: 'passed', exitCode: 0 })
  const [scenario] = report.scenarios
  t.equal(scenario?.cluster?.nodes.length, 6)
  const promotion = scenario?.steps.find(
    ({ verb, lastSeen }) => verb === 'expect' && lastSeen?.includes('redis-node1 is a master'),
  )
  t.ok(promotion?.trueAfterMs !== undefined && promotion.trueAfterMs > 1000, 'the promotion took its time')
  t.ok(
    scenario?.steps.every(
      ({ verdict, startMs, durationMs }) => verdict === 'passed' && startMs !== undefined && durationMs >= 0,
    ),
    'every step has its verdict and its times',
  )
  t.equal(scenario?.logs.length, 6)
  t.same(filesWith(path.join(reports, 'latest'), PASSWORD), [], 'the password is in no file of the run')
  t.notMatch(stdout + stderr, PASSWORD)
  t.same(await leftovers(lease.namePrefix, report.runId), [])
  await t.resolves(replay(t, path.join(reports, 'latest', 'results.tap')), 'tap replay reads results.tap as passed')
})

t.test('readme-walkthrough and two-shards-lose-quorum pass in one run', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const names = ['readme-walkthrough', 'two-shards-lose-quorum']
  const args = ['run', ...names, ...clusterFlags(lease), '--reports', reports, '--reporter', 'tap']
  const { code, stdout, stderr } = await runCli(t, args)
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /^TAP version 14\n/)
  const report = lastReport(reports)
  t.same(
    report.scenarios.map(({ id, verdict }) => [id, verdict]),
    names.map((name) => [name, 'passed']),
  )
  t.same(await leftovers(lease.namePrefix, report.runId), [])
})

t.test('failover-basic fails where replicas may not be promoted, and says why', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const setting = ['--config', 'cluster-replica-no-failover=yes']
  const args = ['run', 'failover-basic', ...setting, ...clusterFlags(lease), '--reports', reports]
  const { code, stdout, stderr } = await runCli(t, args)

  t.equal(code, 1, stdout + stderr)
  const report = lastReport(reports)
  const [scenario] = report.scenarios
  const failed = scenario?.steps.find(({ verdict }) => verdict === 'failed')
  t.match(
    failed?.error?.message,
    /^redis-node1 has cluster-replica-no-failover yes: it never starts an election.*; expected redis-node1 to be a master; last seen: redis-node1 is a replica of redis-node0, link down/,
  )
  t.ok((failed?.attempts ?? 0) > 100, 'it looked often')
  t.match(stdout, /cluster-replica-no-failover yes/)
  const after = scenario?.steps.slice((failed?.index ?? 0) + 1) ?? []
  t.ok(after.length > 0 && after.every(({ verdict }) => verdict === 'not-run'), 'the steps after it were not run')
  t.same(await leftovers(lease.namePrefix, report.runId), [])
  await t.rejects(replay(t, path.join(reports, 'latest', 'results.tap')), 'tap replay reads results.tap as failed')
})

/** Has tap itself read a TAP file, as the result of a test that ran before. Rejects if it does not find it passed. */
async function replay(t: Test, results: string): Promise<void> {
  const project = t.testdir({
    'package.json': '{"name":"replay","type":"module"}',
    'run.test.js': '',
    '.tap': { 'test-results': { 'run.test.js.tap': readFileSync(results, 'utf8') } },
  })
  const tap = path.resolve('node_modules/.bin/tap')
  const args = ['replay', '--reporter=tap', '--disable-coverage', '--allow-empty-coverage', 'run.test.js']
  // The tap that runs this test hands its own options down in the environment, its output file among them.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_?TAP/.test(name)))
  await promisify(execFile)(tap, args, { cwd: project, env: { ...env, TAP: '0' } })
}
