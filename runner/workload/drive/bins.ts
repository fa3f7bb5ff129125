import type { LoadSeries } from '../../record/load-series.ts'
import { Histogram } from './histogram.ts'

/** Width of a bin, ms. */
const BIN_MS = 100
/** Bins that are told of at once. */
const BINS_A_SERIES = 10

/** Counts operations into bins, and hands them out in rows of ten. */
export class Bins {
  readonly #onSeries: (series: LoadSeries) => void
  readonly #latencies = new Histogram()
  #errors = new Map<string, number>()
  #failed = 0
  #indeterminate = 0
  /** Which bin is being filled, from the scenario's start. */
  #bin = -1
  #series: LoadSeries | undefined

  constructor(onSeries: (series: LoadSeries) => void) {
    this.#onSeries = onSeries
  }

  ok(latencyMs: number, atMs: number): void {
    this.#turnTo(atMs)
    this.#latencies.add(latencyMs)
  }

  failed(failure: string, indeterminate: boolean, atMs: number): void {
    this.#turnTo(atMs)
    if (indeterminate) this.#indeterminate += 1
    else this.#failed += 1
    this.#errors.set(failure, (this.#errors.get(failure) ?? 0) + 1)
  }

  /** Ends all bins that lie before `nowMs`, also when nothing happens. */
  tick(nowMs: number): void {
    if (this.#bin >= 0) this.#turnTo(nowMs)
  }

  /** Hands out what is left. */
  finish(): void {
    if (this.#bin >= 0) this.#endBin()
    this.#bin = -1
    this.#handOut()
  }

  #turnTo(atMs: number): void {
    const bin = Math.floor(atMs / BIN_MS)
    if (bin <= this.#bin) return
    if (this.#bin < 0) this.#bin = bin
    for (; this.#bin < bin; this.#bin += 1) this.#endBin()
  }

  #endBin(): void {
    this.#series ??= emptySeries(this.#bin * BIN_MS)
    const series = this.#series
    const { total, maxMs } = this.#latencies
    series.ok.push(total)
    series.failed.push(this.#failed)
    series.indeterminate.push(this.#indeterminate)
    series.p50.push(tidy(this.#latencies.quantile(0.5)))
    series.p99.push(tidy(this.#latencies.quantile(0.99)))
    series.max.push(tidy(total === 0 ? undefined : maxMs))
    for (const [failure, count] of this.#errors) {
      series.errors[failure] ??= series.ok.slice(1).map(() => 0)
      series.errors[failure].push(count)
    }
    for (const counts of Object.values(series.errors)) if (counts.length < series.ok.length) counts.push(0)
    this.#latencies.clear()
    this.#errors.clear()
    this.#failed = 0
    this.#indeterminate = 0
    if (series.ok.length >= BINS_A_SERIES) this.#handOut()
  }

  #handOut(): void {
    const series = this.#series
    this.#series = undefined
    if (series && series.ok.length > 0) this.#onSeries(series)
  }
}

function emptySeries(fromMs: number): LoadSeries {
  const empty = { ok: [], failed: [], indeterminate: [], p50: [], p99: [], max: [] }
  return { fromMs, binMs: BIN_MS, ...empty, errors: {} }
}

/** Microseconds are the finest that the clock tells with sense. */
function tidy(durationMs: number | undefined): number | null {
  return durationMs === undefined ? null : Math.round(durationMs * 1000) / 1000
}
