import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import type { Hindsight } from '../steps/hindsight.ts'
import type { RunSettings } from './run-settings.ts'
import type { StallWatch } from './stall-watch.ts'

/** What scenarios set cluster-node-timeout to unless they say otherwise, for as long as no server was asked. */
const NODE_TIMEOUT_MS = 5000
/** In node time-outs, how long servers that stood still may make up for it: a lost election is tried again after four. */
const AFTERMATH = 4

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
      const timeoutMs = timing?.nodeTimeoutMs ?? NODE_TIMEOUT_MS
      const fromMs = Math.min(sinceMs, clock.nowMs() - AFTERMATH * timeoutMs)
      const stop = await longStop({ fromMs, leastMs: timeoutMs / 2, stalls, clock })
      if (stop) return shakenText(stop.ms, momentOf(stop.fromMs))
      const sleep = events
        .filter((event) => event.type === 'clock-stepped')
        .find(({ slept, byMs, seenMs }) => slept && byMs >= timeoutMs / 2 && seenMs >= recorder.timeOf(fromMs))
      return sleep && shakenText(sleep.byMs, sleep.seenMs - recorder.timeOf(startMs))
    },
    momentOf,
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

function shakenText(ms: number, momentMs: number): string {
  return `the servers stood still with this runner for ${formatDuration(ms)} from ${formatDuration(momentMs)} on, long enough to take each other for failed`
}
