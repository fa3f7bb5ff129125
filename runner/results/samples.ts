/** Numbers that were measured again and again, in few words. */
export interface SampleSummary {
  count: number
  min: number
  median: number
  /** 95 of 100 do not exceed it. With fewer than 20 samples it is the largest. */
  p95: number
  max: number
}

/** Undefined without samples. */
export function summaryOf(samples: readonly number[]): SampleSummary | undefined {
  const sorted = [...samples].sort((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return undefined
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? max
  return { count: sorted.length, min, median: medianOf(sorted), p95, max }
}

/** The middle one, or half-way between the two in the middle. NaN without samples. */
export function medianOf(samples: ArrayLike<number>): number {
  const sorted = Float64Array.from(samples).sort()
  const half = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[half - 1], sorted[half]]
  return sorted.length % 2 === 1 ? high : (low + high) / 2
}

/** How many samples lie in each of `bins` equal stretches from the smallest to the largest. */
export interface Histogram {
  from: number
  to: number
  counts: number[]
}

/** Undefined without samples. Samples that are all equal lie in one bin. */
export function histogramOf(samples: readonly number[], bins: number): Histogram | undefined {
  if (samples.length === 0) return undefined
  const [from, to] = [Math.min(...samples), Math.max(...samples)]
  if (from === to) return { from, to, counts: [samples.length] }
  const counts = Array.from({ length: bins }, () => 0)
  for (const sample of samples) {
    const bin = Math.min(Math.floor(((sample - from) / (to - from)) * bins), bins - 1)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return { from, to, counts }
}
