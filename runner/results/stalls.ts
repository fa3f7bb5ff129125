import { formatDuration } from '../base/duration.ts'
import type { ScenarioEvent } from '../record/events.ts'

/** A time in which the runner, or the clients of its workloads, stood still, ms from the scenario's start. */
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

/** The stalls of the runner itself, in order: what it looks at was not seen then. */
export function runnerStalls(events: readonly ScenarioEvent[], startMs: number): LoadStall[] {
  return events
    .filter((event) => event.type === 'stall-seen')
    .filter(({ who }) => who === 'runner')
    .map(({ fromMs, toMs, servers }) => ({
      startMs: fromMs - startMs,
      endMs: toMs - startMs,
      together: servers === 'stood-still',
    }))
}

/** Spans in order, each moment once: a gap may come while another is not over. */
export function united(spans: readonly Pick<LoadStall, 'startMs' | 'endMs'>[]): { startMs: number; endMs: number }[] {
  const all: { startMs: number; endMs: number }[] = []
  for (const { startMs, endMs } of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    const last = all.at(-1)
    if (last === undefined || last.endMs < startMs) all.push({ startMs, endMs })
    else last.endMs = Math.max(last.endMs, endMs)
  }
  return all
}

/** A shorter stall is not worth a warning, ms. */
const WARNED_MS = 1000

/**
 * The stalls that whoever reads of times should know of, a sentence each: `the runner stood still for 4.00 s from 3.40 s
 * on: …`.
 */
export function stallWarnings(events: readonly ScenarioEvent[], startMs: number): string[] {
  const own = runnerStalls(events, startMs)
  return united([...own, ...loadStalls(events, startMs)])
    .map((gap) => ({ startMs: Math.max(gap.startMs, 0), endMs: gap.endMs }))
    .filter((gap) => gap.endMs - gap.startMs >= WARNED_MS)
    .map((gap) => {
      const stalls = own.filter((one) => one.startMs < gap.endMs && gap.startMs < one.endMs)
      const servers = stalls.some(({ together }) => together) ? ' and the servers' : ''
      const who = stalls.length === 0 ? 'the clients of its load' : `the runner${servers}`
      const what = stalls.length === 0 ? 'sent' : 'seen'
      return `${who} stood still for ${formatDuration(gap.endMs - gap.startMs)} from ${formatDuration(gap.startMs)} on: nothing was ${what} meanwhile, and a time that spans it may be too long`
    })
}

/** A time in which the servers stood still for so long that they may have taken each other for failed, all at once. */
export interface Shake {
  startMs: number
  /** How long they stood still. A machine that sleeps stops the clock, too: none of it lies behind `startMs` then. */
  stoodStillMs: number
  /** Until then they may make up for it. */
  untilMs: number
}

/** What scenarios set cluster-node-timeout to unless they say otherwise, for as long as no server was asked. */
export const USUAL_NODE_TIMEOUT_MS = 5000
/** In node time-outs, how long servers that stood still may make up for it: a lost election is tried again after four. */
const AFTERMATH = 4

/** How long all servers of a cluster must stand still to take each other for failed, and how long that tells, ms. */
export function shaking(nodeTimeoutMs: number): { leastMs: number; aftermathMs: number } {
  return { leastMs: nodeTimeoutMs / 2, aftermathMs: AFTERMATH * nodeTimeoutMs }
}

/** The times in which the servers stood still with the runner, long enough to be shaken by it, ms from the scenario's start. */
export function shakesOf(events: readonly ScenarioEvent[], startMs: number): Shake[] {
  const timing = events.filter((event) => event.type === 'timing-seen').at(-1)
  const { leastMs, aftermathMs } = shaking(timing?.nodeTimeoutMs ?? USUAL_NODE_TIMEOUT_MS)
  const shake = (fromMs: number, toMs: number, stoodStillMs: number): Shake => ({
    startMs: fromMs - startMs,
    stoodStillMs,
    untilMs: toMs - startMs + aftermathMs,
  })
  return events
    .flatMap((event) => {
      if (event.type === 'stall-seen' && event.who === 'runner' && event.servers === 'stood-still')
        return [shake(event.fromMs, event.toMs, event.toMs - event.fromMs)]
      if (event.type === 'clock-stepped' && event.slept) return [shake(event.seenMs, event.seenMs, event.byMs)]
      return []
    })
    .filter(({ stoodStillMs }) => stoodStillMs >= leastMs)
    .sort((a, b) => a.startMs - b.startMs)
}

/** `the servers stood still with this runner for 12.0 s from 3.40 s on, long enough to take each other for failed`. */
export function shakenText({ startMs, stoodStillMs }: Pick<Shake, 'startMs' | 'stoodStillMs'>): string {
  return `the servers stood still with this runner for ${formatDuration(stoodStillMs)} from ${formatDuration(startMs)} on, long enough to take each other for failed`
}
