import t from 'tap'
import { thresholdOfParts } from '../../../runner/commands/night/merged-night.ts'
import type { RunEvent } from '../../../runner/record/events.ts'
import { Tape } from '../../support/sample-events.ts'

function nightOf(part?: { threshold: number }): RunEvent[] {
  const nights = { before: 1, summary: 'A night.', flaky: [], ...(part && { part }) }
  const tape = new Tape().runStarted('nightly', 0)
  tape.add({ type: 'baseline-compared', file: 'baseline.json', savedAt: '', comparisons: [], nights })
  return tape.runEnded('passed', 0).events
}

t.test('parts of a night are judged by the strictest of their thresholds', async (t) => {
  t.equal(thresholdOfParts([nightOf({ threshold: 0.2 }), nightOf({ threshold: 0.1 })]), 0.1)
  t.equal(thresholdOfParts([nightOf(), nightOf()]), undefined, 'each was judged alone')
  t.throws(() => thresholdOfParts([nightOf({ threshold: 0.1 }), nightOf()]), /others were compared alone/)
})
