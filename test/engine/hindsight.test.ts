import t from 'tap'
import { hindsightOf } from '../../runner/engine/hindsight.ts'
import type { RunSettings } from '../../runner/engine/run-settings.ts'
import type { StallWatch } from '../../runner/engine/stall-watch.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** Of a scenario that began with the run, at 1000 ms of the clock. */
function hindsightAt(clock: FakeClock, servers: 'ran' | 'stood-still', events: readonly RunEvent[] = []) {
  const recorder = { timeOf: (nowMs: number) => nowMs - 1000 } as RunSettings['recorder']
  const stalls = { serversDuring: async () => servers } as unknown as StallWatch
  return hindsightOf({ scenario: 0, startMs: 1000, stalls }, { events, recorder, clock })
}

t.test('servers that stood still for long may have taken each other for failed', async (t) => {
  const clock = new FakeClock(3000)
  clock.standStill(8000)
  t.equal(
    await hindsightAt(clock, 'stood-still').shaken(clock.ms),
    'the servers stood still with this runner for 8.00 s from 2.00 s on, long enough to take each other for failed',
  )
  t.equal(await hindsightAt(clock, 'ran').shaken(clock.ms), undefined, 'the runner alone changes nothing for them')
  clock.ms += 21_000
  t.equal(await hindsightAt(clock, 'stood-still').shaken(clock.ms), undefined, 'long ago')
  t.match(await hindsightAt(clock, 'stood-still').shaken(5000), /stood still/, 'yet within the step')
})

t.test('so may those of a machine that slept', async (t) => {
  const clock = new FakeClock(10_000)
  const event = { type: 'clock-stepped', scenario: 0, atMs: 8000, seenMs: 8000, byMs: 60_000 } as const
  t.match(await hindsightAt(clock, 'ran', [{ ...event, slept: true }]).shaken(clock.ms), /for 60(\.0+)? s from 8/)
  t.equal(await hindsightAt(clock, 'ran', [event]).shaken(clock.ms), undefined, 'a clock that was set stops nobody')
})

t.test('short stalls let nobody fail', async (t) => {
  const clock = new FakeClock(3000)
  clock.standStill(2000)
  t.equal(await hindsightAt(clock, 'stood-still').shaken(clock.ms), undefined)
})

t.test('of the logs, what was written for certain between two moments', async (t) => {
  const line = { type: 'failover-seen', scenario: 0, atMs: 0, node: 'n', moment: 'election won', text: '' } as const
  const events: RunEvent[] = [
    { ...line, seenMs: 2000, errorMs: 1 },
    { ...line, seenMs: 2500, errorMs: 3000 },
    { ...line, seenMs: 5000, errorMs: 1 },
    { ...line, seenMs: 2000, errorMs: 1, scenario: 1 },
  ]
  t.strictSame(hindsightAt(new FakeClock(), 'ran', events).logged(2000, 5000), events.slice(0, 1))
})
