/** A length of which both ends have an error, ms. */
export interface Uncertain {
  ms: number
  errorMs: number
  /** False: it lasted at least so long. */
  ended: boolean
  /** It is that of a single operation: nobody tried again before the recording was over. */
  isSingle?: boolean
}

export interface Telling<T> {
  /** The one that decides. */
  one: T
  finding: 'holds' | 'violated' | 'unknown'
  /** The longest of all, by the middle of what is possible: often the same. */
  longest: T
}

/** Twice what an operation waits for, unless a workload says otherwise, ms. */
const BRIEF_MS = 2000

/**
 * The one that decides a limit, and what it says of it: the longest of those that are longer for certain; else that
 * which may be longer than any other of those that may be longer than the limit; else the longest. Undefined without
 * any.
 *
 * One that had not ended may have gone on for ever. It decides nothing only where it is a single operation that was under
 * way for `BRIEF_MS` and half of the limit at most: the recording has to end at some time, and nobody tried again.
 */
export function mostTelling<T>(
  all: readonly T[],
  mostMs: number,
  lengthOf: (one: T) => Uncertain,
): Telling<T> | undefined {
  const longest = largest(all, (one) => lengthOf(one).ms)
  if (longest === undefined) return undefined
  const surely = all.filter((one) => lengthOf(one).ms - lengthOf(one).errorMs > mostMs)
  const violating = largest(surely, (one) => lengthOf(one).ms)
  if (violating !== undefined) return { one: violating, finding: 'violated', longest }
  const isOpen = (one: T) => {
    const { ms, errorMs, ended, isSingle = false } = lengthOf(one)
    return !ended && !(isSingle && ms + errorMs <= Math.min(BRIEF_MS, mostMs / 2))
  }
  const open = largest(all.filter(isOpen), (one) => lengthOf(one).ms)
  if (open !== undefined) return { one: open, finding: 'unknown', longest }
  const maybe = largest(all, (one) => lengthOf(one).ms + lengthOf(one).errorMs)
  if (maybe !== undefined && lengthOf(maybe).ms + lengthOf(maybe).errorMs > mostMs)
    return { one: maybe, finding: 'unknown', longest }
  return { one: longest, finding: 'holds', longest }
}

/** Of one that had not ended it is not known how long it was: the longest that was seen is told, and that one beside it. */
export function shownOf<T extends Pick<Uncertain, 'ended'>>({ one, longest, finding }: Telling<T>): T {
  return finding === 'unknown' && !one.ended ? longest : one
}

function largest<T>(all: readonly T[], sizeOf: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>(
    (best, one) => (best !== undefined && sizeOf(best) >= sizeOf(one) ? best : one),
    undefined,
  )
}
