/**
 * The rank-sum test of Mann and Whitney: whether samples tend to be larger than those of a baseline. It asks nothing of how
 * they are distributed, and failover times are far from normal: a floor, a uniform delay, now and then a lost election.
 */

/** Up to so many samples in all, p is exact; beyond, the normal approximation is off by less than a hundredth of it. */
const MOST_EXACT = 80

/**
 * The chance of ranks as high as those of `samples`, or higher, were both drawn from the same: one-sided, for only
 * growing counts as a regression. Ties share their ranks; the exact distribution is that of the ranks as they are.
 * 1 if either side is empty.
 */
export function largerP(baseline: readonly number[], samples: readonly number[]): number {
  if (baseline.length === 0 || samples.length === 0) return 1
  const ranks = doubledRanks([...baseline, ...samples])
  const observed = sum(ranks.slice(baseline.length))
  return ranks.length <= MOST_EXACT ? exactP(ranks, samples.length, observed) : normalP(ranks, samples.length, observed)
}

/** The smallest p that so many samples can give: full separation. */
export function smallestP(baseline: number, samples: number): number {
  let ways = 1
  for (let k = 1; k <= samples; k += 1) ways *= (baseline + k) / k
  return 1 / ways
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

function exactP(ranks: readonly number[], count: number, observed: number): number {
  const sorted = [...ranks].sort((a, b) => a - b)
  const key = `${count}: ${sorted.join(' ')}`
  const known = distributions.get(key)
  const shares = known ?? distributionOf(sorted, count)
  if (known === undefined) {
    if (distributions.size >= MOST_KEPT) distributions.clear()
    distributions.set(key, shares)
  }
  let p = 0
  for (let total = observed; total < shares.length; total += 1) p += shares[total] ?? 0
  return Math.min(p, 1)
}

/**
 * Rank by rank: among the first i ranks, the share of choices of k of them with each sum. Shares instead of counts, which would
 * leave the range of whole numbers: choosing rank i with chance (k / i) draws every choice alike.
 */
function distributionOf(ranks: readonly number[], count: number): Float64Array {
  const width = sum(ranks) + 1
  let rows = Array.from({ length: count + 1 }, () => new Float64Array(width))
  const first = rows[0]
  if (first) first[0] = 1
  for (const [place, rank] of ranks.entries()) {
    const among = place + 1
    rows = rows.map((_, chosen) => {
      const next = new Float64Array(width)
      if (chosen > among) return next
      const [without, within] = [rows[chosen], rows[chosen - 1]]
      const share = chosen / among
      for (let total = 0; total < width; total += 1) {
        const kept = chosen < among ? (without?.[total] ?? 0) * (1 - share) : 0
        next[total] = kept + (total >= rank ? (within?.[total - rank] ?? 0) * share : 0)
      }
      return next
    })
  }
  return rows[count] ?? new Float64Array(width)
}

/** With a correction for ties, and for the sum being whole. */
function normalP(ranks: readonly number[], count: number, observed: number): number {
  const all = ranks.length
  const mean = (count * sum(ranks)) / all
  const spread = sum(ranks.map((rank) => (rank - sum(ranks) / all) ** 2))
  const variance = (count * (all - count) * spread) / (all * (all - 1))
  if (variance === 0) return 1
  return upperTail((observed - 1 - mean) / Math.sqrt(variance))
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

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}
