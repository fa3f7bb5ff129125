import type { ComparisonKey } from '../../record/comparison.ts'
import { medianOf } from '../../results/samples.ts'

/** One measure over the nights of a window, the oldest first; the last is the night that is judged. */
export interface Course extends ComparisonKey {
  nights: readonly Samples[]
}

/** What one night measured, as logarithms of what was measured: what slows down, slows down by a factor. */
export interface Samples {
  /** Of the pass over all scenarios. */
  first: readonly number[]
  /** Of the plays that were added for scenarios that looked suspicious, and for their controls. */
  again: readonly number[]
  /** Of `first`; NaN without samples. */
  level: number
  /** Played again to know the machine, and not because it looked suspicious. */
  isControl: boolean
  /** Which of the night's machines played it, from 1; 0 where it was one. */
  part: number
}

/** Zero has no logarithm. Measures are in ms and counts, and a tenth of either is nothing. */
const LEAST = 0.1

export const NO_SAMPLES: Samples = { first: [], again: [], level: Number.NaN, isControl: false, part: 0 }

/** From what was measured, ms. */
export function samplesOf(
  first: readonly number[],
  again: readonly number[] = [],
  isControl = false,
  part = 0,
): Samples {
  const logs = first.map(logOf)
  return { first: logs, again: again.map(logOf), level: medianOf(logs), isControl, part }
}

function logOf(value: number): number {
  return Math.log(Math.max(value, LEAST))
}

/** The scenarios on one server: one build on one platform, which one factor of the machine holds for. */
export function groupKey({ server, platform }: ComparisonKey): string {
  return `${server}, ${platform}`
}
