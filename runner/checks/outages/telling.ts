/** A length of which both ends have an error, ms. */
export interface Uncertain {
  ms: number
  errorMs: number
  /** False: it lasted at least so long. */
  ended: boolean
  /** It is that of a single operation: nobody tried again before the recording was over. */
  isSingle?: boolean
}

interface Telling<T> {
  one: T
  finding: 'holds' | 'violated' | 'unknown'
  /** None is longer, by the middle of what is possible. */
  isLongest: boolean
}

/** Twice what an operation waits for, unless a workload says otherwise, ms. */
const BRIEF_MS = 2000

/**
 * The one that decides a limit, and what it says of it: the longest of those that are longer for certain; else that
 * which may be longer than any other of those that may be longer than the limit; else the longest. Undefined without
 * any.
 *
 * One that had not ended may have gone on for ever. It decides nothing where what was seen of it is no more than half of
 * the limit, and either no longer than another one that did end, or a single operation that was under way for `BRIEF_MS`
 * at most: the recording has to end at some time.
 */
export function mostTelling<T>(
  all: readonly T[],
  mostMs: number,
  lengthOf: (one: T) => Uncertain,
): Telling<T> | undefined {
  const longest = largest(all, (one) => lengthOf(one).ms)
  if (longest === undefined) return undefined
  const telling = (one: T, finding: Telling<T>['finding']): Telling<T> => {
    return { one, finding, isLongest: lengthOf(one).ms >= lengthOf(longest).ms }
  }
  const surely = all.filter((one) => lengthOf(one).ms - lengthOf(one).errorMs > mostMs)
  const violating = largest(surely, (one) => lengthOf(one).ms)
  if (violating !== undefined) return telling(violating, 'violated')
  const endedMs = Math.max(0, ...all.filter((one) => lengthOf(one).ended).map((one) => lengthOf(one).ms))
  const isOpen = (one: T) => {
    const { ms, errorMs, ended, isSingle = false } = lengthOf(one)
    return !ended && (ms + errorMs > mostMs / 2 || ms > Math.max(endedMs, isSingle ? BRIEF_MS : 0))
  }
  const open = largest(all.filter(isOpen), (one) => lengthOf(one).ms)
  if (open !== undefined) return telling(open, 'unknown')
  const maybe = largest(all, (one) => lengthOf(one).ms + lengthOf(one).errorMs)
  if (maybe !== undefined && lengthOf(maybe).ms + lengthOf(maybe).errorMs > mostMs) return telling(maybe, 'unknown')
  return telling(longest, 'holds')
}

function largest<T>(all: readonly T[], sizeOf: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>(
    (best, one) => (best !== undefined && sizeOf(best) >= sizeOf(one) ? best : one),
    undefined,
  )
}
