import type { History } from '../../record/history.ts'
import { OUTCOME_OK } from '../../record/history-codes.ts'
import type { OperationColumns } from '../../record/history-columns.ts'
import { rowsOf } from '../values/by-key.ts'
import { readsAt } from '../values/reads.ts'
import type { ValueTable } from '../values/value-table.ts'

const NONE = -1

/**
 * The row of the operation that showed the value first: its acknowledged write, or the read of it that ended first; -1
 * without any.
 */
export function firstEnd(
  history: History,
  table: ValueTable,
  value: number,
  counts: (ops: OperationColumns, row: number) => boolean = (all, row) =>
    all.outcome[row] === OUTCOME_OK || readsAt(all, row),
): number {
  const { ops } = history
  let best = NONE
  for (const row of rowsOf(history, table.key(value))) {
    if (table.ofRow[row] !== value || !counts(ops, row)) continue
    if (best === NONE || (ops.completeMs[row] ?? 0) < (ops.completeMs[best] ?? 0)) best = row
  }
  return best
}

/** The row of the operation that shows the value and began last: its write, or a read of it; -1 without any. */
export function lastBegin(history: History, table: ValueTable, value: number): number {
  const { ops } = history
  let best = NONE
  for (const row of rowsOf(history, table.key(value))) {
    if (table.ofRow[row] !== value) continue
    if (best === NONE || (ops.invokeMs[row] ?? 0) > (ops.invokeMs[best] ?? 0)) best = row
  }
  return best
}
