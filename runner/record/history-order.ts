import type { History } from './history.ts'
import { COLUMN_NAMES, type OperationColumns, operationColumns } from './history-columns.ts'

/**
 * Puts the rows of a history in the order of completion, which checks rely on. Clients take the time of a completion
 * before they record it, so rows may have changed places; mostly none have, and then this only looks.
 */
export function inOrderOfCompletion(history: History): History {
  const { ops, rows } = history
  if (isSorted(ops.completeMs, rows)) return history
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => (ops.completeMs[a] ?? 0) - (ops.completeMs[b] ?? 0) || a - b,
  )
  const places = new Uint32Array(rows)
  for (const [place, row] of order.entries()) places[row] = place
  const { attempts } = history
  return {
    ...history,
    ops: reordered(ops, order),
    attempts: { ...attempts, row: attempts.row.map((row) => places[row] ?? row) },
  }
}

function isSorted(timesMs: Float64Array, rows: number): boolean {
  for (let row = 1; row < rows; row += 1) if ((timesMs[row - 1] ?? 0) > (timesMs[row] ?? 0)) return false
  return true
}

function reordered(ops: OperationColumns, order: Uint32Array): OperationColumns {
  const sorted = operationColumns(order.length + (order.length % 2))
  for (const name of COLUMN_NAMES) {
    const [column, source] = [sorted[name], ops[name]]
    for (const [place, row] of order.entries()) column[place] = source[row] ?? 0
  }
  return sorted
}
