import type { Hindsight } from '../steps/hindsight.ts'
import type { RunSettings } from './run-settings.ts'
import type { StallWatch } from './stall-watch.ts'

/** What was recorded of a scenario beside its steps, for those that did not look. `startMs`: its start, by the clock. */
export function hindsightOf(
  { scenario, startMs, stalls }: { scenario: number; startMs: number; stalls: StallWatch },
  { events, recorder }: Pick<RunSettings, 'events' | 'recorder'>,
): Hindsight {
  return {
    logged(fromMs, toMs) {
      const [from, to] = [recorder.timeOf(fromMs), recorder.timeOf(toMs)]
      return events
        .filter((event) => event.type === 'failover-seen')
        .filter((seen) => seen.scenario === scenario)
        .filter(({ seenMs, errorMs }) => seenMs - errorMs > from && seenMs + errorMs < to)
    },
    serversDuring: (stall) => stalls.serversDuring(stall),
    momentOf: (nowMs) => nowMs - startMs,
  }
}
