import { smallestP, upperTail } from './mann-whitney.ts'

/** The slowdown that a comparison should be able to find, and how often. */
const SLOWDOWN = 1.15
const POWER = 0.8
const MOST_NEEDED = 1000

/** The samples that each side needs at least, for full separation to be significant at `alpha`. */
export function leastSamples(alpha: number): number {
  let count = 1
  while (count < MOST_NEEDED && smallestP(count, count) >= alpha) count += 1
  return count
}

/**
 * The samples that each side needs to find a slowdown of 15 % in 8 of 10 tries, from how much the baseline itself
 * scatters: Noether, Sample size determination for some common nonparametric tests, JASA 82 (1987), for groups of equal
 * size. Undefined where the baseline has too few to tell.
 */
export function samplesFor15Percent(baseline: readonly number[], alpha: number): number | undefined {
  if (baseline.length < 5) return undefined
  const above = chanceAbove(baseline, SLOWDOWN)
  if (above <= 0.5) return undefined
  const both = (quantile(alpha / 2) + quantile(1 - POWER)) ** 2 / (3 * (above - 0.5) ** 2)
  return Math.max(Math.ceil(both / 2), leastSamples(alpha))
}

/** How often a baseline sample, slowed down, exceeds another; ties count half. */
function chanceAbove(baseline: readonly number[], factor: number): number {
  let above = 0
  for (const [place, one] of baseline.entries()) {
    for (const [other, two] of baseline.entries()) {
      if (place === other) continue
      if (one * factor > two) above += 1
      else if (one * factor === two) above += 0.5
    }
  }
  return above / (baseline.length * (baseline.length - 1))
}

/** z with P(Z ≥ z) = p, by halving: to a millionth. */
function quantile(p: number): number {
  let [low, high] = [-8, 8]
  while (high - low > 1e-6) {
    const middle = (low + high) / 2
    if (upperTail(middle) > p) low = middle
    else high = middle
  }
  return low
}
