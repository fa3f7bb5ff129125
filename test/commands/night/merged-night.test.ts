import t from 'tap'
import { thresholdOfParts, wholeNight } from '../../../runner/commands/night/merged-night.ts'
import type { RunEvent } from '../../../runner/record/events.ts'
import { mergeRuns } from '../../../runner/results/merge-runs.ts'
import { Tape } from '../../support/sample-events.ts'

interface Played {
  id?: string
  number?: number
  of?: number
  plan?: string
}

function nightOf(part?: { threshold: number }, { id, number = 1, of = 1, plan = 'p' }: Played = {}): RunEvent[] {
  const nights = { before: 1, summary: 'A night.', flaky: [], ...(part && { part }) }
  const tape = new Tape().runStarted('nightly', 0)
  Object.assign(tape.events[0] ?? {}, { shard: { number, of, plan } })
  if (id !== undefined) tape.scenarioStarted(0, id, id, [])
  tape.add({ type: 'baseline-compared', file: 'baseline.json', savedAt: '', comparisons: [], nights })
  return tape.runEnded('passed', 0).events
}

function parts(...runs: RunEvent[][]): { folder: string; events: RunEvent[] }[] {
  return runs.map((events, place) => ({ folder: `part-${place + 1}`, events }))
}

t.test('parts of a night are judged by the strictest of their thresholds', async (t) => {
  t.equal(thresholdOfParts(parts(nightOf({ threshold: 0.2 }), nightOf({ threshold: 0.1 }))), 0.1)
  t.equal(thresholdOfParts(parts(nightOf(), nightOf())), undefined, 'each was judged alone')
  t.throws(() => thresholdOfParts(parts(nightOf({ threshold: 0.1 }), nightOf())), /others were compared alone/)
})

const TENTH = { threshold: 0.1 }

t.test('two nights are not taken for one', async (t) => {
  const night = (plan: string) => [
    nightOf(TENTH, { id: 'a', number: 1, of: 2, plan }),
    nightOf(TENTH, { id: 'b', number: 2, of: 2, plan }),
  ]
  for (const plan of ['p', 'other times'])
    t.throws(() => thresholdOfParts(parts(...night('p'), ...night(plan))), {
      name: 'UsageError',
      message: '--merge: a on redis was played in part-1 and in part-3: name the parts of one night',
    })
  t.equal(thresholdOfParts(parts(...night('p'))), 0.1)
})

t.test('parts of divisions that do not fit are neither judged nor kept', async (t) => {
  const runs = [
    nightOf(TENTH, { id: 'a', number: 1, of: 2, plan: 'p' }),
    nightOf(TENTH, { id: 'a', number: 2, of: 2, plan: 'other times' }),
  ]
  t.equal(thresholdOfParts(parts(...runs)), 0.1, 'the whole has no verdict, which is told')
  const merged = mergeRuns(runs, { runId: 'whole', command: '', folder: 'whole' })
  const { events, kept } = wholeNight(merged, { file: 'baseline.json', kept: [], threshold: 0.1 })
  t.equal(kept, undefined)
  t.notOk(events.some(({ type }) => type === 'baseline-compared'))
  t.match(events.at(-1), { type: 'run-ended', exitCode: 3 })
})

t.test('a night of which a part broke off is neither judged nor kept', async (t) => {
  const [first, second] = [
    nightOf(TENTH, { id: 'a', number: 1, of: 2 }),
    nightOf(TENTH, { id: 'b', number: 2, of: 2 }).filter(({ type }) => type !== 'run-ended'),
  ]
  const merged = mergeRuns([first, second], { runId: 'whole', command: '', folder: 'whole' })
  const { events, kept } = wholeNight(merged, { file: 'baseline.json', kept: [], threshold: 0.1 })
  t.equal(kept, undefined)
  t.match(events.at(-1), { type: 'run-ended', exitCode: 3 })
})
