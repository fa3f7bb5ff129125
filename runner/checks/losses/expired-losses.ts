import type { History } from '../../record/history.ts'
import { NIL, UNKNOWN } from '../../record/history-codes.ts'
import { type ValueTable, WRITE } from '../values/value-table.ts'

/** When a value may be gone at the earliest, ms: its TTL counted from before it was written. Infinity without a TTL. */
export function mayExpireMs(history: History, table: ValueTable, value: number): number {
  const row = table.writeRow[value] ?? -1
  const ttlMs = row < 0 ? NIL : (history.ops.b[row] ?? NIL)
  return ttlMs === NIL || ttlMs === UNKNOWN ? Number.POSITIVE_INFINITY : (table.invokeMs[value] ?? 0) + ttlMs
}

/**
 * Of a key's values with TTLs, when a read found nothing: the writes that can have been the last before it. They are lost if every
 * one of them was acknowledged before the read and had time left when it ended; if one may have run out, all is as it should be.
 */
export function expiredLosses(history: History, table: ValueTable, values: Uint32Array, read: number): Uint32Array {
  const beganMs = history.ops.invokeMs[read] ?? 0
  const endMs = history.ops.completeMs[read] ?? 0
  const written = values.filter((value) => isWritten(table, value) && (table.invokeMs[value] ?? 0) < endMs)
  const before = written.filter((value) => (table.ackMs[value] ?? 0) < beganMs)
  const lastBeganMs = before.reduce(
    (latest, value) => Math.max(latest, table.invokeMs[value] ?? 0),
    Number.NEGATIVE_INFINITY,
  )
  const last = written.filter((value) => (table.ackMs[value] ?? 0) >= lastBeganMs)
  const stand = (value: number) =>
    (table.ackMs[value] ?? Number.POSITIVE_INFINITY) < beganMs && mayExpireMs(history, table, value) > endMs
  return last.every(stand) ? last : new Uint32Array(0)
}

function isWritten(table: ValueTable, value: number): boolean {
  const state = table.write[value]
  return state === WRITE.acknowledged || state === WRITE.indeterminate
}
