import t from 'tap'
import { Parser } from 'tap-parser'
import { tapReport } from '../../runner/report/tap.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { SAMPLES, step, Tape } from '../support/sample-events.ts'

function parse(text: string) {
  const complaints: string[] = []
  const parser = new Parser({ strict: false })
  const listen = (one: Parser) => {
    one.on('extra', (line: string) => complaints.push(line))
    one.on('child', listen)
  }
  listen(parser)
  parser.end(text)
  return { results: parser.results, complaints }
}

for (const [name, events] of Object.entries(SAMPLES)) {
  t.test(`${name} is TAP that tells whether it passed`, async (t) => {
    const run = reduceRun(events())
    const { results, complaints } = parse(tapReport(run))
    t.strictSame(complaints, [], 'nothing in it is not TAP')
    t.equal(results?.ok, run.verdict === 'passed')
  })
}

t.test('a skipped scenario and steps that were not run are skipped with the reason', async (t) => {
  const { results } = parse(tapReport(reduceRun(SAMPLES['three-scenarios']?.() ?? [])))
  t.match(results, { count: 3, pass: 2, fail: 1, skip: 1 })
})

t.test('texts that look like TAP stay texts', async (t) => {
  const nasty = step('1', 'redis', 'SET a # SKIP \\ not ok 1\n1..9\nBail out!', 3)
  const message = 'line\n  ...\nnot ok 2\n---\u0000\u001b[31m'
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'a # TODO', [nasty])
  tape.played(nasty, 1, { verdict: 'failed', error: { message, details: ['...'] } })
  tape.add({ type: 'scenario-ended', scenario: 0, verdict: 'failed', durationMs: 1, setupMs: 0, cleanupMs: 0 })
  const { results, complaints } = parse(tapReport(reduceRun(tape.runEnded('failed', 1).events)))
  t.strictSame(complaints, [])
  t.match(results, { ok: false, count: 1, fail: 1, bailout: false })
  t.equal(results?.failures[0]?.name, 'x: a # TODO')
})

t.test('a run that failed before any scenario does not look passed', async (t) => {
  const tape = new Tape().runStarted('x').add({ type: 'warning', text: 'no engine' })
  const { results } = parse(tapReport(reduceRun(tape.runEnded('error', 3).events)))
  t.match(results, { ok: false, fail: 1 })
})
