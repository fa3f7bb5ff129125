import t from 'tap'
import type { CheckOutcome } from '../../runner/record/check-outcome.ts'
import type { RunEvent, ScenarioVerdict } from '../../runner/record/events.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { markdownReport } from '../../runner/report/markdown.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { mostGiven } from '../../runner/results/verdict.ts'
import { step, Tape } from '../support/sample-events.ts'

/** One time that a scenario was played, and what its checks found. */
interface Round {
  id?: string
  server?: string
  params?: Record<string, unknown>
  verdict?: ScenarioVerdict
  outageMs?: number
  lost?: number
}

function check(name: string, amount: number): CheckOutcome {
  const words = { limit: 'x', value: String(amount), explanation: 'x', samples: 1000 }
  return { on: 'checkout', name, verdict: 'passed', amount, ...words }
}

const wait = step('1', 'wait', 'wait', 1)

function played(rounds: readonly Round[]): RunEvent[] {
  const tape = new Tape().runStarted('failover-basic', rounds.length)
  for (const [scenario, round] of rounds.entries()) {
    const { id = 'failover-basic', server = 'redis:7.0', params = {}, verdict = 'passed', outageMs, lost } = round
    tape.add({
      ...{ type: 'scenario-started', scenario, id, title: id, file: `scenarios/${id}.yaml`, tags: [], seed: 42 },
      ...{ params, platform: 'process', server, asked: server, steps: [wait] },
      repeat: { number: scenario + 1, of: rounds.length },
    })
    if (verdict !== 'skipped') tape.played(wait, 10, {}, scenario)
    if (outageMs !== undefined) tape.add({ type: 'check-judged', scenario, check: check('longest_outage', outageMs) })
    if (lost !== undefined) tape.add({ type: 'check-judged', scenario, check: check('lost_writes', lost) })
    const times = { durationMs: 100, setupMs: 10, cleanupMs: 10 }
    tape.add({ type: 'scenario-ended', scenario, verdict, ...times }, 100)
  }
  return tape.runEnded('passed', 0).events
}

const TWENTY = Array.from({ length: 20 }, (_, place): Round => ({ outageMs: ((place * 7) % 20) * 100 + 100, lost: 3 }))

t.test('median, 95th percentile, range and histogram of what every repeat measured', async (t) => {
  const [repeat] = reduceRun(played(TWENTY)).repeats ?? []
  t.match(repeat, { scenario: 'failover-basic', server: 'redis:7.0', platform: 'process', flaky: false, minority: [] })
  const [outage, loss, ...more] = repeat?.measures ?? []
  t.same(more, [], 'what nobody measured is no measure')
  t.match(outage, { metric: 'outage', unit: 'ms', count: 20, min: 100, median: 1050, p95: 1900, max: 2000 })
  t.same(
    outage?.samples,
    TWENTY.map(({ outageMs }) => outageMs),
    'in the order in which they were played',
  )
  t.match(outage?.histogram, { from: 100, to: 2000, counts: [3, 2, 3, 2, 2, 3, 2, 3] })
  t.match(loss, { metric: 'loss', unit: 'count', median: 3, p95: 3, histogram: { from: 3, to: 3, counts: [20] } })
})

t.test('they stand in the reports that people read', async (t) => {
  const report = reduceRun(played(TWENTY))
  const text = consoleReport(report)
  t.match(text, /failover-basic on redis:7\.0, process, 20 times: 20 passed\n/)
  t.match(text, /outage +median 1\.05 s +p95 1\.90 s +100 ms to 2\.00 s +█▆█▆▆█▆█/)
  t.match(text, /lost writes +median +3 +p95 +3 +3 +█/)
  t.match(markdownReport(report), /outage.*1\.05 s.*1\.90 s.*100 ms to 2\.00 s/)
})

t.test('a repeat that came to no end measures nothing; one that failed does', async (t) => {
  const rounds: Round[] = [
    { outageMs: 100 },
    { outageMs: 9000, verdict: 'failed' },
    { outageMs: 50_000, verdict: 'error' },
    { outageMs: 60_000, verdict: 'interrupted' },
    { outageMs: 300, verdict: 'passed' },
  ]
  const [repeat] = reduceRun(played(rounds)).repeats ?? []
  t.same(repeat?.measures[0]?.samples, [100, 9000, 300])
  t.strictSame(repeat?.minority, [1], 'and only what failed says otherwise')
  t.match(repeat, { flaky: true, verdict: 'passed' })
})

t.test('only like is laid beside like: another scenario, server or param is another', async (t) => {
  const rounds: Round[] = [
    { outageMs: 1 },
    { outageMs: 2, server: 'valkey:8.1' },
    { outageMs: 3, id: 'other' },
    { outageMs: 4, params: { keys: 5 } },
    { outageMs: 5 },
    { outageMs: 6, server: 'valkey:8.1', verdict: 'skipped' },
  ]
  const repeats = reduceRun(played(rounds)).repeats ?? []
  t.same(
    repeats.map(({ plays }) => plays),
    [[0, 4]],
    'what was played once, or skipped, is not repeated',
  )
  t.notOk('repeats' in reduceRun(played([{ outageMs: 1 }])), 'a run without repeats has none')
})

t.test('what most say; of equally many, the worse', async (t) => {
  const cases: [ScenarioVerdict[], ScenarioVerdict][] = [
    [['passed', 'failed', 'passed'], 'passed'],
    [['passed', 'failed'], 'failed'],
    [['inconclusive', 'passed'], 'inconclusive'],
    [['error', 'inconclusive', 'passed'], 'error'],
    [['error', 'failed'], 'failed'],
  ]
  for (const [verdicts, most] of cases) t.equal(mostGiven(verdicts), most, verdicts.join(', '))
})
