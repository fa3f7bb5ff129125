import t from 'tap'
import { StallWatch } from '../../runner/engine/stall-watch.ts'
import type { Recorder } from '../../runner/record/event-log.ts'
import type { EventBody } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** A machine whose three clocks are set by hand. */
class Machine extends FakeClock {
  aheadMs = 0
  sleptMs = 0
  override wallMs(): number {
    return super.wallMs() + this.aheadMs
  }
}

/** What a watch records of what happens after it began to look. */
async function seen(happens: (machine: Machine) => void): Promise<EventBody[]> {
  const machine = new Machine()
  const events: EventBody[] = []
  const recorder = {
    record: (event: EventBody) => events.push(event),
    timeOf: (nowMs: number) => nowMs - 1000,
  } as unknown as Recorder
  const watch = new StallWatch({ recorder, clock: machine, scenario: 0, upMs: () => machine.ms + machine.sleptMs })
  happens(machine)
  await watch.stop()
  return events
}

t.test('a stall is recorded with its begin and end', async (t) => {
  const events = await seen((machine) => {
    machine.ms += 3400
    machine.standStill(12_000)
  })
  t.match(events, [{ type: 'stall-seen', scenario: 0, who: 'runner', toMs: 3400 + 200 + 12_000 }])
  t.equal(events.length, 1)
})

t.test('a wall clock that is set is recorded, either way', async (t) => {
  for (const byMs of [30_000, -3_600_000]) {
    const events = await seen((machine) => {
      machine.aheadMs += byMs
    })
    t.match(events, [{ type: 'clock-stepped', byMs }])
    t.notMatch(events, [{ slept: true }])
  }
})

t.test('a machine that slept is told from a clock that was set', async (t) => {
  const events = await seen((machine) => {
    machine.aheadMs += 25_000
    machine.sleptMs += 25_000
  })
  t.match(events, [{ type: 'clock-stepped', byMs: 25_000, slept: true }])
})

t.test('clocks that go evenly are no event', async (t) => {
  t.strictSame(
    await seen((machine) => {
      machine.ms += 60_000
    }),
    [],
  )
})
