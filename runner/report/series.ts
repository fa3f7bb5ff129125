import type { History } from '../record/history.ts'
import { FLAG, FN, OUTCOME_OK, outcomeClass } from '../record/history-codes.ts'

/** Bins are at most so wide, ms: a failover's shape shows. */
const WIDEST_BIN_MS = 100

/** What no client waited for. */
const MOMENTS: ReadonlySet<number> = new Set([FN.deliver, FN.subscribe, FN.unsubscribe])

/** What one workload's clients saw, in bins of equal width from `startMs` on. */
export interface Series {
  workload: string
  type: string
  binMs: number
  /** ms from the scenario's start. */
  startMs: number
  /** Operations that completed well, by the bin of their completion. */
  ok: number[]
  /** The same for each class of error that was met, the most frequent first. */
  errors: { name: string; counts: number[] }[]
  /** Latency of what completed well, ms; null where nothing did. */
  p50: (number | null)[]
  p99: (number | null)[]
  max: (number | null)[]
  operations: number
  /** Still under way at the end: they have no bin. */
  unfinished: number
}

/**
 * Counts and latencies of a history in bins of `binMs` (at most 100), reads after the run aside. A percentile of a bin is the smallest latency that so
 * many of its operations did not exceed (nearest rank). Latency runs from when an operation was due: what a client waited
 * for, and not only what the server took.
 */
export function seriesOf(history: History, binMs = WIDEST_BIN_MS): Series {
  const { workload, type, rows, ops } = history
  const width = Math.min(binMs, WIDEST_BIN_MS)
  const [firstMs, lastMs] = spanOf(history)
  const startMs = Math.floor(firstMs / width) * width
  const bins = rows === 0 ? 0 : Math.floor((lastMs - startMs) / width) + 1
  const ok: number[] = Array.from({ length: bins }, () => 0)
  const errors = new Map<string, number[]>()
  let operations = 0
  let unfinished = 0
  for (let row = 0; row < rows; row += 1) {
    if (!isLoad(history, row)) continue
    operations += 1
    const completeMs = ops.completeMs[row] ?? Number.POSITIVE_INFINITY
    if (!Number.isFinite(completeMs)) {
      unfinished += 1
      continue
    }
    const bin = Math.floor((completeMs - startMs) / width)
    const counts = ops.outcome[row] === OUTCOME_OK ? ok : countsOf(errors, outcomeClass(ops.outcome[row] ?? 0), bins)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return {
    ...{ workload, type, binMs: width, startMs, ok, operations, unfinished },
    errors: [...errors].map(([name, counts]) => ({ name, counts })).sort((a, b) => sum(b.counts) - sum(a.counts)),
    ...latencies(history, ok, startMs, width),
  }
}

function isLoad({ ops }: History, row: number): boolean {
  return ((ops.flags[row] ?? 0) & FLAG.final) === 0 && !MOMENTS.has(ops.fn[row] ?? 0)
}

function spanOf(history: History): [number, number] {
  const { rows, ops } = history
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (let row = 0; row < rows; row += 1) {
    if (!isLoad(history, row)) continue
    first = Math.min(first, ops.invokeMs[row] ?? first)
    const completeMs = ops.completeMs[row] ?? 0
    if (Number.isFinite(completeMs)) last = Math.max(last, completeMs)
  }
  return Number.isFinite(first) ? [first, Math.max(last, first)] : [0, 0]
}

function countsOf(errors: Map<string, number[]>, name: string, bins: number): number[] {
  const known = errors.get(name)
  if (known) return known
  const counts = Array.from({ length: bins }, () => 0)
  errors.set(name, counts)
  return counts
}

/** Latencies gathered bin by bin in one array: the place of each bin follows from the counts. */
function latencies(history: History, ok: readonly number[], startMs: number, width: number) {
  const { rows, ops } = history
  const starts = new Uint32Array(ok.length + 1)
  for (const [bin, count] of ok.entries()) starts[bin + 1] = (starts[bin] ?? 0) + count
  const all = new Float64Array(starts[ok.length] ?? 0)
  const next = starts.slice()
  for (let row = 0; row < rows; row += 1) {
    if (ops.outcome[row] !== OUTCOME_OK || !Number.isFinite(ops.completeMs[row]) || !isLoad(history, row)) continue
    const completeMs = ops.completeMs[row] ?? 0
    const bin = Math.floor((completeMs - startMs) / width)
    const at = next[bin] ?? 0
    next[bin] = at + 1
    all[at] = completeMs - (ops.invokeMs[row] ?? 0) + (ops.lateMs[row] ?? 0)
  }
  const perBin = ok.map((count, bin) => all.subarray(starts[bin] ?? 0, (starts[bin] ?? 0) + count).sort())
  const rank = (share: number) => perBin.map((bin) => tidy(bin[Math.ceil(bin.length * share) - 1]))
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}

function tidy(latencyMs: number | undefined): number | null {
  return latencyMs === undefined ? null : Number(latencyMs.toPrecision(4))
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0)
}
