import type { ScenarioEvent } from '../record/events.ts'

/** A time in which the clients of the workloads stood still with the runner, ms from the scenario's start. */
export interface LoadStall {
  startMs: number
  endMs: number
  /** The servers stood still as well: nobody lost anything. */
  together: boolean
}

/** The stalls of the load's thread, in order. What the servers did meanwhile is known from the runner's, which asks. */
export function loadStalls(events: readonly ScenarioEvent[], startMs: number): LoadStall[] {
  const stalls = events.filter((event) => event.type === 'stall-seen')
  const together = stalls.filter(({ who, servers }) => who === 'runner' && servers === 'stood-still')
  return stalls
    .filter(({ who }) => who === 'load')
    .map(({ fromMs, toMs }) => ({
      startMs: fromMs - startMs,
      endMs: toMs - startMs,
      together: together.some((one) => Math.min(one.toMs, toMs) - Math.max(one.fromMs, fromMs) > (toMs - fromMs) / 2),
    }))
    .sort((a, b) => a.startMs - b.startMs)
}
