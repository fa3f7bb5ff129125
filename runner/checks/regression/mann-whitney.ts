/**
 * The rank-sum test of Mann and Whitney: whether samples tend to be larger, or smaller, than those of a baseline. It
 * asks nothing of how they are distributed, and failover times are far from normal: a floor, a uniform delay, now and
 * then a lost election.
 */

/** Up to so many samples in all, p is exact; beyond, the normal approximation is off by less than a hundredth of it. */
const MOST_EXACT = 80

/**
 * The chance of ranks that lie as far to one side as those of `samples`, or farther, were both drawn from the same;
 * two-sided, as p is told everywhere. Ties share their ranks; the exact distribution is that of the ranks as they are.
 * 1 if either side is empty.
 */
export function mannWhitneyP(baseline: readonly number[], samples: readonly number[]): number {
  if (baseline.length === 0 || samples.length === 0) return 1
  const ranks = doubledRanks([...baseline, ...samples])
  const observed = sum(ranks.slice(baseline.length))
  return Math.min(2 * Math.min(...tailsOf(ranks, samples.length, observed)), 1)
}

/** The chances of a doubled sum as high as that of `count` of these doubled ranks or higher, and as low or lower. */
export function tailsOf(ranks: readonly number[], count: number, observed: number): [high: number, low: number] {
  return ranks.length <= MOST_EXACT ? exactTails(ranks, count, observed) : normalTails(ranks, count, observed)
}

/** The smallest p that so many samples can give: full separation. */
export function smallestP(baseline: number, samples: number): number {
  let ways = 1
  for (let k = 1; k <= samples; k += 1) ways *= (baseline + k) / k
  return Math.min(2 / ways, 1)
}

/** Twice the rank of each value, from 2 on: tied values share the mean of theirs, and that is then whole. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, place) => place).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const ranks = values.map(() => 0)
  for (let first = 0; first < order.length; ) {
    let last = first
    while (last + 1 < order.length && values[order[last + 1] ?? 0] === values[order[first] ?? 0]) last += 1
    for (let place = first; place <= last; place += 1) ranks[order[place] ?? 0] = first + last + 2
    first = last + 1
  }
  return ranks
}

/** Shares of all choices of `count` ranks by their sum; kept, for without ties they depend on the counts alone. */
const distributions = new Map<string, Float64Array>()
const MOST_KEPT = 64

/** The chances of a sum of ranks as high or higher, and as low or lower. */
type Tails = (ranks: readonly number[], count: number, observed: number) => [high: number, low: number]

const exactTails: Tails = (ranks, count, observed) => {
  const sorted = [...ranks].sort((a, b) => a - b)
  const key = `${count}: ${sorted.join(' ')}`
  const known = distributions.get(key)
  const shares = known ?? distributionOf(sorted, count)
  if (known === undefined) {
    if (distributions.size >= MOST_KEPT) distributions.clear()
    distributions.set(key, shares)
  }
  return [sum(shares.subarray(observed)), sum(shares.subarray(0, observed + 1))]
}

/**
 * By doubled sum, its share among all choices of `count` of these doubled ranks, which ascend.
 *
 * Rank by rank: among the first i ranks, the share of choices of k of them with each sum. Shares instead of counts,
 * which would leave the range of whole numbers: taking rank i with chance (k / i) draws every choice alike.
 */
export function distributionOf(ranks: readonly number[], count: number): Float64Array {
  const width = sum(ranks.slice(-count)) + 1
  const rows = Array.from({ length: count + 1 }, () => new Float64Array(width))
  const first = rows[0]
  if (first) first[0] = 1
  for (const [place, rank] of ranks.entries()) {
    // From the most down: a row is made of itself and the one below, which is then still that of one rank less.
    for (let chosen = Math.min(count, place + 1); chosen >= 1; chosen -= 1) {
      addRank(rows[chosen], rows[chosen - 1], rank, chosen / (place + 1))
    }
  }
  return rows[count] ?? new Float64Array(width)
}

function addRank(row: Float64Array | undefined, below: Float64Array | undefined, rank: number, share: number): void {
  if (row === undefined || below === undefined) return
  for (let total = row.length - 1; total >= 0; total -= 1) {
    const taken = total >= rank ? (below[total - rank] ?? 0) * share : 0
    row[total] = (row[total] ?? 0) * (1 - share) + taken
  }
}

/** With a correction for ties, and for the doubled sum moving by two. */
const normalTails: Tails = (ranks, count, observed) => {
  const all = ranks.length
  const mean = (count * sum(ranks)) / all
  const spread = sum(ranks.map((rank) => (rank - sum(ranks) / all) ** 2))
  const variance = (count * (all - count) * spread) / (all * (all - 1))
  if (variance === 0) return [1, 1]
  const deviation = Math.sqrt(variance)
  return [upperTail((observed - 1 - mean) / deviation), upperTail((mean - observed - 1) / deviation)]
}

/**
 * P(Z ≥ z) of the standard normal distribution, with a relative error below 1.2e-7: erfc as in Numerical Recipes in C,
 * second edition, section 6.2.
 */
export function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.5 * x)
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ]
  const series = terms.reduceRight((rest, term) => term + t * rest, 0)
  const erfc = t * Math.exp(-x * x + series)
  return z >= 0 ? erfc / 2 : 1 - erfc / 2
}

function sum(values: ArrayLike<number>): number {
  let all = 0
  for (let place = 0; place < values.length; place += 1) all += values[place] ?? 0
  return all
}
