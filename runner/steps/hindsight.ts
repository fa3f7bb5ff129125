import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { type Stall, stoodStillMs } from '../base/pulse.ts'
import type { LogObservation } from '../record/observations.ts'

/** What can be known of a time in which a step did not look. */
export interface Hindsight {
  /** What servers logged of failovers between two moments of the clock, for certain. */
  logged(fromMs: number, toMs: number): LogObservation[]
  /** What the servers did while the runner stood still; undefined if nobody can say. */
  serversDuring(stall: Stall): Promise<'ran' | 'stood-still' | undefined>
  /**
   * Why what failed since `sinceMs` may not be the scenario's doing, in words: the servers stood still, all at once, and
   * for so long that they may have taken each other for failed. Undefined if they did not.
   */
  shaken(sinceMs: number): Promise<string | undefined>
  /** A moment of the clock as ms from the scenario's start. */
  momentOf(nowMs: number): number
  /** When a line was logged, as ms from the scenario's start. */
  momentOfLine(line: LogObservation): number
}

/** `this runner stood still for 12.0 s from 3.40 s on`. */
export function stallText({ fromMs, toMs }: Stall, { momentOf }: Pick<Hindsight, 'momentOf'>): string {
  return `this runner stood still for ${formatDuration(toMs - fromMs)} from ${formatDuration(momentOf(fromMs))} on`
}

/**
 * Why nobody can say whether something was in time that was seen after a stall: with the stall it took longer than its
 * limit, without it not. Undefined if it can be said: servers that stood still as well lost no time.
 */
export async function doubtOfTime(stall: Stall | undefined, hindsight: Hindsight): Promise<string | undefined> {
  if (stall === undefined || (await hindsight.serversDuring(stall)) === 'stood-still') return undefined
  return `nobody can say whether it was in time: ${stallText(stall, hindsight)}`
}

/** The stall that explains why something was in time only by the running time; undefined if it was in time, or late. */
export function stallBeyond(limitMs: number, began: Began, clock: Clock): Stall | undefined {
  const nowMs = clock.nowMs()
  if (nowMs - began.nowMs <= limitMs || clock.ranMs() - began.ranMs > limitMs) return undefined
  return clock.stallsSince(began.nowMs).findLast((stall) => stoodStillMs([stall], began.nowMs, nowMs) > 0)
}

/** When something began, by both ways to count. */
export interface Began {
  nowMs: number
  ranMs: number
}
