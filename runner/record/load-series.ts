/**
 * What the clients of a workload saw, in bins by the time when operations completed: in each list a value for each bin.
 * Latencies are those of operations that were carried out, from when they were due, in ms; null where there were none.
 */
export interface LoadSeries {
  /** Begin of the first bin, ms from the scenario's start. */
  fromMs: number
  /** Width of a bin, ms. */
  binMs: number
  /** Operations that were carried out, definitely not carried out, and of which nobody knows. */
  ok: number[]
  failed: number[]
  indeterminate: number[]
  p50: (number | null)[]
  p99: (number | null)[]
  max: (number | null)[]
  /** How many of the others by class of error, for the classes that occurred: `timeout`, `CLUSTERDOWN`, … */
  errors: Record<string, number[]>
}
