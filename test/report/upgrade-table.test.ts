import t from 'tap'
import { PLAIN, painter } from '../../runner/report/style.ts'
import { upgradeResult, upgradeTable } from '../../runner/report/upgrade-table.ts'
import type { RunReport, ScenarioReport } from '../../runner/results/report-model.ts'

const PASSED = {
  id: 'rolling-upgrade',
  verdict: 'passed',
  params: { from: 'redis:7.0', to: 'redis:8.0' },
  steps: [],
  checks: [],
}

function scenario(more: object): ScenarioReport {
  return { ...PASSED, ...more } as unknown as ScenarioReport
}

const REFUSED = scenario({
  verdict: 'failed',
  params: { from: 'redis:8.0', to: 'redis:7.0' },
  steps: [
    { verb: 'restart', verdict: 'failed', error: { message: '…', cause: 'redis-node1 ended: exit code 1: "Can\'t"' } },
  ],
})

t.test('an upgrade works, is refused by a server, or loses something', async (t) => {
  t.same(upgradeResult(scenario({})), { result: 'works', why: '' })
  t.same(upgradeResult(REFUSED), { result: 'refuses', why: 'redis-node1 ended: exit code 1: "Can\'t"' })
  for (const cause of [
    'redis-node1 refused the data of its master: "Can\'t handle RDB format version 10"',
    'redis-node0 (redis 6.0.16) reads no packet of redis-node1 (redict 7.3.6): each carries a shard id',
  ]) {
    const steps = [{ verb: 'expect', verdict: 'failed', error: { message: '…', cause } }]
    t.same(upgradeResult(scenario({ verdict: 'failed', steps })), { result: 'refuses', why: cause })
  }
  const lost = { name: 'lost_writes', verdict: 'failed', explanation: '3 writes are gone' }
  t.same(upgradeResult(scenario({ verdict: 'failed', checks: [lost] })), { result: 'loses', why: '3 writes are gone' })
  const unread = { verb: 'verify', verdict: 'failed', error: { message: '2 of 200 keys are gone' } }
  t.match(upgradeResult(scenario({ verdict: 'failed', steps: [unread] })), {
    result: 'loses',
    why: '2 of 200 keys are gone',
  })
  t.same(upgradeResult(scenario({ verdict: 'error', reason: 'no engine' })), { result: 'error', why: 'no engine' })
})

t.test('several of one scenario make a table, one does not', async (t) => {
  const tableOf = (...scenarios: ScenarioReport[]) =>
    upgradeTable({ scenarios } as unknown as RunReport, PLAIN, painter(false))
  t.same(tableOf(REFUSED), [])
  t.same(tableOf(scenario({ id: 'mixed-versions' }), REFUSED), [], 'nor do two scenarios of one pair each')
  const lines = tableOf(scenario({}), REFUSED)
  t.match(lines.join('\n'), /redis:7\.0 +redis:8\.0 +works\n +redis:8\.0 +redis:7\.0 +refuses +redis-node1 ended/)
})
