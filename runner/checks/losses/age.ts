import type { Evidence } from '../evidence.ts'
import { interventionNear } from '../faults.ts'

/** A lost write, and how long before a fault it was acknowledged. */
export interface Aged {
  row: number
  /** 0 for one that was acknowledged while the fault went on; Infinity where no fault explains the loss. */
  ageMs: number
}

/** Of lost writes, by row, the one that was acknowledged the longest before the fault in its shard. */
export function oldestOf({ history, shards, facts }: Evidence, rows: readonly number[]): Aged | undefined {
  const aged = rows.map((row): Aged => {
    const atMs = history.ops.completeMs[row] ?? 0
    const fault = interventionNear(facts, shards.ofKey[history.ops.key[row] ?? 0] ?? 0, atMs)
    if (fault === undefined || fault.endMs <= atMs) return { row, ageMs: Number.POSITIVE_INFINITY }
    return { row, ageMs: Math.max(fault.startMs - atMs, 0) }
  })
  return aged.reduce<Aged | undefined>((oldest, one) => (oldest && oldest.ageMs >= one.ageMs ? oldest : one), undefined)
}
