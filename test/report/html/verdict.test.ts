import t from 'tap'
import type { RunEvent } from '../../../runner/record/events.ts'
import { scenarioPage } from '../../../runner/report/html/run-page.ts'
import { failoversSection } from '../../../runner/report/html/sections/failovers.ts'
import { verdictSection } from '../../../runner/report/html/sections/verdict.ts'
import type { RunReport, ScenarioReport } from '../../../runner/results/report-model.ts'
import { reduceRun } from '../../../runner/results/run-model.ts'
import { storedRun } from '../../support/replay-failovers.ts'
import { checkedRun } from '../../support/sample-checks.ts'
import { failingRun, step, Tape } from '../../support/sample-events.ts'

function first(run: RunReport): ScenarioReport {
  const [scenario] = run.scenarios
  if (scenario === undefined) throw new Error('the run has no scenario')
  return scenario
}

/** What the verdict's section says, without its markup. */
function verdictOf(run: RunReport, change: Partial<ScenarioReport> = {}): string {
  const { text } = verdictSection(run, { ...first(run), ...change })
  return text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

/** A recorded run in which nobody took over from a paused master, as the votes were missing. */
function troubles(): RunReport {
  const events = storedRun('troubles-redis-7.0.15').events
  return reduceRun(events.map((event): RunEvent => ('scenario' in event ? { ...event, scenario: 0 } : event)))
}

/** A run of one step, which failed. */
function failed(error: { message: string; cause?: string; hint?: string }): RunReport {
  const only = step('1', 'expect', 'it is so', 3)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [only])
  tape.played(only, 5, { verdict: 'failed', error })
  const times = { durationMs: 9, setupMs: 0, cleanupMs: 0 }
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', reason: `step 1: ${error.message}`, ...times })
  return reduceRun(tape.runEnded('failed', 1).events)
}

t.test('a tile says that nobody took over, and an open end is drawn until it was over', async (t) => {
  const run = troubles()
  const nobody = first(run).failovers.filter(({ outcome }) => outcome === 'not promoted')
  t.match(
    verdictOf(run, { failovers: nobody }),
    'no failover not replaced shard 3: nobody took over from redis-node6 for',
  )
  t.notMatch(verdictOf(run, { failovers: nobody }), '→ ,')
  const { text = '' } = failoversSection({ ...first(run), failovers: nobody }) ?? {}
  t.match(text, /<span class="phase-open" style="flex:0 0 [\d.]+%" title="nobody took over: /)
  const widths = [...text.matchAll(/flex:0 0 ([\d.]+)%/g)].map(([, width]) => Number(width))
  t.ok(Math.abs(widths.reduce((sum, width) => sum + width, 0) - 100) < 0.1, `the parts are the whole: ${widths.join()}`)
  t.notMatch(text, 'kept its shard', 'of a master that was away')
})

t.test('a tile says what it measures, beside a check that measures another', async (t) => {
  const run = troubles()
  const check = { on: 'shop', name: 'longest_outage', verdict: 'passed', limit: '9s', value: '1s', samples: 1 } as const
  t.match(verdictOf(run), /writes refused [\d.]+ m?s longest, by test writes to the shard of a failover /)
  t.match(verdictOf(run, { checks: [{ ...check, explanation: 'x' }] }), 'the check longest_outage goes by the load')
  t.notMatch(verdictOf(run), 'longest outage')
})

t.test('where to look is said only where the cause is not known', async (t) => {
  const generic = 'Its cause is not known. Look at the timeline'
  t.match(verdictOf(failed({ message: 'it is not so' })), generic)
  t.notMatch(verdictOf(failed({ message: 'nobody votes; it is not so', cause: 'nobody votes' })), generic)
  t.notMatch(verdictOf(failed({ message: 'it is not so', hint: 'Wait.' })), generic)
})

t.test('what to do stands with what it is about, and code is code', async (t) => {
  const run = failed({ message: 'it is not so', hint: 'Hold it with `for`.' })
  const { text } = verdictSection(run, first(run))
  t.match(text, /<p class="hint"><strong>What to do:<\/strong> Hold it with <code>for<\/code>\.<\/p>/)
  t.equal(text.split('Hold it with').length, 2, 'once')
  const checked = reduceRun(checkedRun())
  const [one] = first(checked).checks.filter(({ verdict }) => verdict === 'failed')
  const about = { reason: `check: ${one?.explanation}`, hint: 'Only about this.' }
  t.equal(verdictOf(checked, about).split('Only about this.').length, 2)
})

t.test('the logs open at the step that failed', async (t) => {
  const run = reduceRun(failingRun())
  const page = scenarioPage(run, first(run), { text: () => undefined })
  const began = first(run).steps.find(({ verdict }) => verdict === 'failed')?.startMs
  t.match(page, `"atMs":${began}`)
})
