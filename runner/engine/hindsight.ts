import type { Clock } from '../base/clock.ts'
import { shakenText, shaking, USUAL_NODE_TIMEOUT_MS } from '../results/stalls.ts'
import type { Hindsight } from '../steps/hindsight.ts'
import type { RunSettings } from './run-settings.ts'
import type { StallWatch } from './stall-watch.ts'

/** What was recorded of a scenario beside its steps, for those that did not look. `startMs`: its start, by the clock. */
export function hindsightOf(
  { scenario, startMs, stalls }: { scenario: number; startMs: number; stalls: StallWatch },
  { events, recorder, clock }: Pick<RunSettings, 'events' | 'recorder' | 'clock'>,
): Hindsight {
  const momentOf = (nowMs: number) => nowMs - startMs
  return {
    logged(fromMs, toMs) {
      const [from, to] = [recorder.timeOf(fromMs), recorder.timeOf(toMs)]
      return events
        .filter((event) => event.type === 'failover-seen')
        .filter((seen) => seen.scenario === scenario)
        .filter(({ seenMs, errorMs }) => seenMs - errorMs > from && seenMs + errorMs < to)
    },
    serversDuring: (stall) => stalls.serversDuring(stall),
    async shaken(sinceMs) {
      const timing = events.filter((event) => event.type === 'timing-seen').at(-1)
      const { leastMs, aftermathMs } = shaking(timing?.nodeTimeoutMs ?? USUAL_NODE_TIMEOUT_MS)
      const fromMs = Math.min(sinceMs, clock.nowMs() - aftermathMs)
      const stop = await longStop({ fromMs, leastMs, stalls, clock })
      if (stop) return shakenText({ startMs: momentOf(stop.fromMs), stoodStillMs: stop.ms })
      const sleep = events
        .filter((event) => event.type === 'clock-stepped')
        .find(({ slept, byMs, seenMs }) => slept && byMs >= leastMs && seenMs >= recorder.timeOf(fromMs))
      return sleep && shakenText({ startMs: sleep.seenMs - recorder.timeOf(startMs), stoodStillMs: sleep.byMs })
    },
    momentOf,
    momentOfLine: ({ seenMs }) => seenMs - recorder.timeOf(startMs),
  }
}

/** A stall of the runner since `fromMs`, at least so long, in which the servers stood still as well. */
async function longStop({
  fromMs,
  leastMs,
  stalls,
  clock,
}: {
  fromMs: number
  leastMs: number
  stalls: StallWatch
  clock: Clock
}): Promise<{ fromMs: number; ms: number } | undefined> {
  for (const stall of clock.stallsSince(fromMs)) {
    const ms = stall.toMs - stall.fromMs
    if (ms >= leastMs && (await stalls.serversDuring(stall)) === 'stood-still') return { fromMs: stall.fromMs, ms }
  }
  return undefined
}
