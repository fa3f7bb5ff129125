import { type Comparison, type ComparisonKey, type ComparisonVerdict, METRICS } from '../../record/comparison.ts'
import { medianOf } from '../../results/samples.ts'
import { factorBetween, shiftBetween } from './effect.ts'
import { mannWhitneyP, smallestP } from './mann-whitney.ts'
import { leastSamples, samplesFor15Percent } from './needed.ts'
import { sentenceOf } from './sentence.ts'

/** Chance of flagging anything without a reason, over all comparisons of a run together. */
const ALPHA = 0.01
/** What is less than so much larger is no regression, however certain it is. */
export const DEFAULT_THRESHOLD = 0.1
/** Differences below this are the runner's own, ms: of how often it looks, and of starting a process. */
const SMALLEST_CHANGE_MS = 50

export interface Compared extends ComparisonKey {
  samples: readonly number[]
  /** Empty when the baseline does not have it. */
  baseline: readonly number[]
  /** What else differs, for the sentence: `cluster-node-timeout was 5000 and is 5750`. */
  differences?: readonly string[]
}

interface Tested {
  p: number
  change: number
  isLarge: boolean
  isSmall: boolean
}

/**
 * Compares every measure of a run with its baseline. A regression is both significant (Mann–Whitney, two-sided, p below
 * `alpha` after Holm's correction for all that is compared) and larger by `threshold` (0.1 is 10 %) or more; counts by
 * one or more too.
 */
export function compareAll(
  all: readonly Compared[],
  { threshold = DEFAULT_THRESHOLD, alpha = ALPHA }: { threshold?: number; alpha?: number } = {},
): Comparison[] {
  const there = all.filter(({ samples, baseline }) => samples.length > 0 && baseline.length > 0)
  const tests = new Map(there.map((one) => [one, test(one, threshold)]))
  const corrected = holm(there.map((one) => tests.get(one)?.p ?? 1))
  return all.map((one) => {
    const place = there.indexOf(one)
    const tested = tests.get(one)
    if (tested === undefined) return comparisonOf(one, { verdict: 'missing' }, there.length)
    const p = corrected[place] ?? 1
    const verdict = judge(one, tested, { p, alpha, comparisons: there.length })
    const needed =
      verdict === 'too-few'
        ? leastSamples(alpha / there.length)
        : samplesFor15Percent(one.baseline, alpha / there.length)
    return comparisonOf(
      one,
      { verdict, p, change: tested.change, ...(needed !== undefined && { needed }) },
      there.length,
    )
  })
}

function judge(
  { samples, baseline }: Compared,
  { isLarge, isSmall }: Tested,
  { p, alpha, comparisons }: { p: number; alpha: number; comparisons: number },
): ComparisonVerdict {
  if (p < alpha && isLarge) return 'regressed'
  if (p < alpha && isSmall) return 'improved'
  return smallestP(baseline.length, samples.length) * comparisons >= alpha ? 'too-few' : 'same'
}

function test({ metric, samples, baseline }: Compared, threshold: number): Tested {
  const p = mannWhitneyP(baseline, samples)
  const shift = shiftBetween(baseline, samples)
  if (METRICS[metric].unit === 'count') {
    const least = Math.max(1, threshold * medianOf(baseline))
    return { p, change: shift, isLarge: shift >= least, isSmall: shift <= -least }
  }
  const factor = factorBetween(baseline, samples)
  const large = factor >= 1 + threshold && shift >= SMALLEST_CHANGE_MS
  const small = factor <= 1 / (1 + threshold) && shift <= -SMALLEST_CHANGE_MS
  return { p, change: factor - 1, isLarge: large, isSmall: small }
}

/**
 * Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979). `asked`: of
 * how many questions these are a part, at least as many.
 */
export function holm(ps: readonly number[], asked = ps.length): number[] {
  const order = ps.map((_, place) => place).sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1))
  const adjusted = ps.map(() => 1)
  let largest = 0
  for (const [step, place] of order.entries()) {
    largest = Math.max(largest, Math.min((asked - step) * (ps[place] ?? 1), 1))
    adjusted[place] = largest
  }
  return adjusted
}

function comparisonOf(
  { samples, baseline, differences = [], scenario, server, platform, metric }: Compared,
  found: Pick<Comparison, 'verdict' | 'p' | 'change' | 'needed'>,
  comparisons: number,
): Comparison {
  const comparison = { scenario, server, platform, metric, ...found, samples: [...samples], baseline: [...baseline] }
  return { ...comparison, sentence: sentenceOf(comparison, differences, comparisons) }
}
