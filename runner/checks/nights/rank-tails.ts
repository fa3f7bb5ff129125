import { distributionOf, tailsOf, upperTail } from '../regression/mann-whitney.ts'

/** Up to so large a product of the smaller side and all samples, tails are exact; beyond, normal: p is then too large. */
const MOST_EXACT = 1800
/** Distributions that are kept; each has some thousand numbers. */
const MOST_KEPT = 1500

/** Two groups of samples, as the ranks of all of them together. */
export interface Ranked {
  /** Samples of the later group. */
  count: number
  all: number
  /** Twice the sum of the ranks of the later group: tied values share the mean of theirs. */
  doubledSum: number
  /** Twice the rank of each sample, where some are tied. */
  tied?: readonly number[]
}

/**
 * The chances that ranks lie as far up, and as far down, as those of the later group, or farther, if both were drawn
 * from the same: one-sided, Mann and Whitney. 1 where a side is empty.
 */
export function rankTails({ count, all, doubledSum, tied }: Ranked): [up: number, down: number] {
  if (count === 0 || count === all) return [1, 1]
  if (tied !== undefined) return tailsOf(tied, count, doubledSum)
  const fewer = Math.min(count, all - count)
  const mirrored = 2 * (all + 1) * fewer
  if (fewer * all > MOST_EXACT) {
    const deviation = Math.sqrt((count * (all - count) * (all + 1)) / 3)
    const above = doubledSum - count * (all + 1)
    return [upperTail((above - 1) / deviation), upperTail((-above - 1) / deviation)]
  }
  const tail = upperTails(fewer, all)
  // Of the smaller side: where that is the earlier one, it lies low when the later one lies high.
  const sum = count === fewer ? doubledSum : mirrored - (all * (all + 1) - doubledSum)
  return [tail[sum] ?? 0, tail[mirrored - sum] ?? 0]
}

/** The smallest chance that groups of these sizes can give: all of one above all of the other. */
export function smallestTail(earlier: number, later: number): number {
  let ways = 1
  for (let k = 1; k <= later; k += 1) ways *= (earlier + k) / k
  return 1 / ways
}

const kept = new Map<number, Float64Array>()

/** By doubled sum of ranks, the chance of that or more, for `count` of `all` ranks without ties. */
function upperTails(count: number, all: number): Float64Array {
  const key = all * MOST_EXACT + count
  const known = kept.get(key)
  if (known !== undefined) return known
  const ranks = Array.from({ length: all }, (_, place) => 2 * (place + 1))
  const tail = distributionOf(ranks, count)
  for (let sum = tail.length - 2; sum >= 0; sum -= 1) tail[sum] = (tail[sum] ?? 0) + (tail[sum + 1] ?? 0)
  if (kept.size >= MOST_KEPT) kept.clear()
  kept.set(key, tail)
  return tail
}
