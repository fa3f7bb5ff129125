import { medianOf } from '../../results/samples.ts'

/**
 * How much larger samples are, as a factor: the median of all quotients of a sample and a baseline sample (the estimate
 * of Hodges and Lehmann, of logarithms). It uses every sample and minds no outlier, and so scatters less than a
 * quotient of two medians. NaN where a side is empty.
 */
export function factorBetween(baseline: readonly number[], samples: readonly number[]): number {
  return medianOf(pairs(baseline, samples, (base, sample) => sample / base))
}

/** The same as a difference. */
export function shiftBetween(baseline: readonly number[], samples: readonly number[]): number {
  return medianOf(pairs(baseline, samples, (base, sample) => sample - base))
}

function pairs(
  baseline: readonly number[],
  samples: readonly number[],
  effect: (base: number, sample: number) => number,
): Float64Array {
  const effects = new Float64Array(baseline.length * samples.length)
  let place = 0
  for (const sample of samples) {
    for (const base of baseline) {
      effects[place] = effect(base, sample)
      place += 1
    }
  }
  return effects
}
