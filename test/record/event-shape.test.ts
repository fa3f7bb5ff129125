import t from 'tap'
import { problemOfEvent } from '../../runner/record/event-shape.ts'
import { passingRun } from '../support/sample-events.ts'
import { fullEvents } from '../support/sample-run-folder.ts'

const ENDED = passingRun().find(({ type }) => type === 'step-ended')

/** An event as JSON has it, with one value inside replaced. */
function withValue(path: string, json: string): unknown {
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  const event = JSON.parse(JSON.stringify(ENDED))
  const holder = steps.reduce((inner, step) => inner[step], event)
  Object.defineProperty(holder, last, { value: JSON.parse(json), enumerable: true })
  return event
}

t.test('what the runner records is an event, and so is what a later one records', async (t) => {
  for (const event of [...passingRun(), ...fullEvents('failing')]) {
    t.equal(problemOfEvent(JSON.parse(JSON.stringify(event))), undefined, event.type)
  }
  t.equal(problemOfEvent({ atMs: 1, type: 'of-tomorrow', scenario: 'any' }), undefined)
  t.equal(problemOfEvent({ ...ENDED, more: 1, __proto__: null }), undefined)
})

t.test('what is wrong inside an event is said with its place', async (t) => {
  const deep = `${'['.repeat(60)}${']'.repeat(60)}`
  for (const [path, json, problem] of [
    [
      'outcome.verdict',
      '"great"',
      'at outcome.verdict: expected one of passed, failed, inconclusive, error, interrupted, skipped, not-run, found "great"',
    ],
    ['outcome.targets', '["a",1]', 'at outcome.targets.1: expected a text, found 1'],
    ['step', '[]', 'at step: expected a group of names and values, found a list'],
    ['step.line', '1.5', 'at step.line: expected a whole number, found 1.5'],
    ['scenario', '"__proto__"', 'at scenario: expected a number, found "__proto__"'],
    ['durationMs', '1e999', 'at durationMs: this number is beyond all bounds'],
    ['durationMs', '1e300', 'at durationMs: expected a number up to 3153600000000, found 1e+300'],
    ['durationMs', 'null', 'at durationMs: expected a number, found null'],
    ['outcome.note', deep, `at outcome.note.${Array(38).fill('0').join('.')}: this is nested more than 40 deep`],
  ] as const) {
    t.equal(problemOfEvent(withValue(path, json)), problem)
  }
  t.equal(problemOfEvent([]), 'expected an event as one JSON object, found a list')
  t.equal(problemOfEvent({ type: 'progress', text: 'x' }), 'at atMs: expected a number, found nothing')
})
