import { medianOf } from '../../results/samples.ts'

/**
 * How much larger samples are, as a factor: the median of all quotients of a sample and a baseline sample (the estimate
 * of Hodges and Lehmann, of logarithms). It uses every sample and minds no outlier, and so scatters less than a
 * quotient of two medians. NaN where a side is empty.
 */
export function factorBetween(baseline: readonly number[], samples: readonly number[]): number {
  return medianOf(samples.flatMap((sample) => baseline.map((base) => sample / base)))
}

/** The same as a difference. */
export function shiftBetween(baseline: readonly number[], samples: readonly number[]): number {
  return medianOf(samples.flatMap((sample) => baseline.map((base) => sample - base)))
}
