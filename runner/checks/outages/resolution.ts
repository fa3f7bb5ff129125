/**
 * How far any moment of an operation may be off, ms: a load looks once a millisecond at what is due, and answers that come
 * meanwhile are read after that. Half of it to either side.
 */
const RESOLUTION_MS = 0.5

/** The error of a moment, ms: what is known of it beside is never as good as that. */
export function momentError(errorMs: number): number {
  return Math.max(errorMs, RESOLUTION_MS)
}

/** The same of a length, which has two ends. */
export function lengthError(errorMs: number): number {
  return Math.max(errorMs, 2 * RESOLUTION_MS)
}
