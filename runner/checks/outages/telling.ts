/** A length of which both ends have an error, ms. */
export interface Uncertain {
  ms: number
  errorMs: number
  /** False: it lasted at least so long. */
  ended: boolean
}

/**
 * The one that decides a limit: that which is longer for certain; else the one that may be the longest, if it may be
 * longer than the limit; else the longest. Undefined without any.
 */
export function mostTelling<T>(all: readonly T[], mostMs: number, lengthOf: (one: T) => Uncertain): T | undefined {
  const surely = largest(all, (one) => lengthOf(one).ms - lengthOf(one).errorMs)
  if (surely !== undefined && findingOn(lengthOf(surely), mostMs) === 'violated') return surely
  const maybe = largest(all, (one) => mayBe(lengthOf(one)))
  if (maybe !== undefined && mayBe(lengthOf(maybe)) > mostMs) return maybe
  return largest(all, (one) => lengthOf(one).ms)
}

/** What it says of a limit. */
export function findingOn(length: Uncertain, mostMs: number): 'holds' | 'violated' | 'unknown' {
  if (length.ms - length.errorMs > mostMs) return 'violated'
  return mayBe(length) <= mostMs ? 'holds' : 'unknown'
}

function mayBe({ ms, errorMs, ended }: Uncertain): number {
  return ended ? ms + errorMs : Number.POSITIVE_INFINITY
}

function largest<T>(all: readonly T[], sizeOf: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>(
    (best, one) => (best !== undefined && sizeOf(best) >= sizeOf(one) ? best : one),
    undefined,
  )
}
