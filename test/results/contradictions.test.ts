import t from 'tap'
import type { RunEvent, StepVerdict } from '../../runner/record/events.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { failingRun, passingRun, SAMPLES } from '../support/sample-events.ts'

const PASSED = passingRun()

function changed(change: (event: RunEvent) => RunEvent | undefined): ReturnType<typeof reduceRun> {
  return reduceRun(PASSED.flatMap((event) => change(event) ?? []))
}

function told({ verdict, exitCode, scenarios, contradictions }: ReturnType<typeof reduceRun>) {
  return { verdict, exitCode, contradictions, reasons: scenarios.map(({ reason }) => reason) }
}

t.test('records that programs wrote do not contradict themselves', async (t) => {
  for (const [name, events] of Object.entries(SAMPLES)) t.notOk(reduceRun(events()).contradictions, name)
})

t.test('a step that did not pass, in a scenario that did', async (t) => {
  const verdicts: [StepVerdict, string][] = [
    ['failed', 'failed'],
    ['error', 'ended with an error'],
    ['interrupted', 'was interrupted'],
    ['inconclusive', 'was inconclusive'],
  ]
  for (const [verdict, words] of verdicts) {
    const run = changed((event) =>
      event.type === 'step-ended' && event.step.path === '4'
        ? { ...event, outcome: { ...event.outcome, verdict } }
        : event,
    )
    const clause = `step 4 ${words} and the scenario passed`
    t.strictSame(told(run), {
      ...{ verdict: 'inconclusive', exitCode: 3, contradictions: [clause] },
      reasons: [`the record contradicts itself: ${clause}`],
    })
  }
})

t.test('a step that was not played, in a scenario that passed', async (t) => {
  const isOfLast = (event: RunEvent) =>
    (event.type === 'step-started' || event.type === 'step-ended') && event.step.path === '14'
  const run = changed((event) => (isOfLast(event) ? undefined : event))
  t.match(run, { exitCode: 3, contradictions: ['step 14 was not played and the scenario passed'] })
})

t.test('a check or an audit that failed, in a scenario that passed', async (t) => {
  const end = PASSED.findIndex(({ type }) => type === 'scenario-ended')
  const withEvent = (event: RunEvent) => reduceRun([...PASSED.slice(0, end), event, ...PASSED.slice(end)])
  const atMs = PASSED[end]?.atMs ?? 0
  for (const verdict of ['failed', 'not-evaluated'] as const) {
    const named = { on: 'shop', name: 'lost_writes', limit: 'at most 0', value: '3', samples: 9, explanation: 'Lost.' }
    const run = withEvent({ type: 'check-judged', atMs, scenario: 0, check: { ...named, verdict } })
    t.match(run, { exitCode: 3, contradictions: ['check lost_writes of shop failed and the scenario passed'] })
  }
  for (const [verdict, clause] of [
    ['failed', 'the audit of crash failed and the scenario passed'],
    ['passed', 'the audit of crash has findings and passed'],
  ] as const) {
    const rule = { rule: 'crash', sentence: 'No server crashed.', lookedAt: '6 servers', verdict }
    const audit = { rules: [{ ...rule, findings: [{ text: 'redis-node0 crashed', nodes: [] }] }] }
    const terms = { pardons: {}, warnOnly: false, named: {} }
    t.match(withEvent({ type: 'audit-judged', atMs, scenario: 0, audit, terms }), {
      exitCode: 3,
      contradictions: [clause],
    })
  }
})

t.test('where somebody else had a hand in it, a step may have failed and nothing did', async (t) => {
  const events = failingRun()
  const end = events.findIndex(({ type }) => type === 'scenario-ended')
  const finding = { text: 'a stranger', nodes: [], inconclusive: true, voids: true as const }
  const rule = { rule: 'evidence', sentence: 's', lookedAt: 'l', verdict: 'inconclusive' as const, findings: [finding] }
  const terms = { pardons: {}, warnOnly: false, named: {} }
  const judged: RunEvent = { type: 'audit-judged', atMs: 1, scenario: 0, audit: { rules: [rule] }, terms }
  const run = reduceRun(
    [...events.slice(0, end), judged, ...events.slice(end)].map((event): RunEvent => {
      const isEnd = event.type === 'scenario-ended' || event.type === 'run-ended'
      return isEnd ? { ...event, verdict: 'inconclusive', ...(event.type === 'run-ended' && { exitCode: 3 }) } : event
    }),
  )
  t.equal(run.contradictions, undefined)
})

t.test('a scenario that failed, or was never started, in a run that passed', async (t) => {
  const run = reduceRun(
    failingRun().map((event) => (event.type === 'run-ended' ? { ...event, verdict: 'passed', exitCode: 0 } : event)),
  )
  t.match(run, { verdict: 'failed', exitCode: 1, contradictions: [/ failed and the run passed$/] })
  const short = changed((event) => (event.type === 'run-started' ? { ...event, scenarios: 2 } : event))
  t.match(short, { exitCode: 3, contradictions: ['a scenario was not played and the run passed'] })
})
