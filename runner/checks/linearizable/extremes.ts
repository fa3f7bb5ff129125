import type { History } from '../../record/history.ts'
import { OUTCOME_OK } from '../../record/history-codes.ts'
import type { OperationColumns } from '../../record/history-columns.ts'
import { readsAt } from '../values/reads.ts'
import type { ValueTable } from '../values/value-table.ts'

const NONE = -1

/** The row of the operation that showed the value first: its acknowledged write, or the read of it that ended first; -1 without any. */
export function firstEnd(
  { ops, rows }: History,
  table: ValueTable,
  value: number,
  counts: (ops: OperationColumns, row: number) => boolean = (all, row) =>
    all.outcome[row] === OUTCOME_OK || readsAt(all, row),
): number {
  let best = NONE
  for (let row = 0; row < rows; row += 1) {
    if (table.ofRow[row] !== value || !counts(ops, row)) continue
    if (best === NONE || (ops.completeMs[row] ?? 0) < (ops.completeMs[best] ?? 0)) best = row
  }
  return best
}

/** The row of the operation that shows the value and began last: its write, or a read of it; -1 without any. */
export function lastBegin({ ops, rows }: History, table: ValueTable, value: number): number {
  let best = NONE
  for (let row = 0; row < rows; row += 1) {
    if (table.ofRow[row] !== value) continue
    if (best === NONE || (ops.invokeMs[row] ?? 0) > (ops.invokeMs[best] ?? 0)) best = row
  }
  return best
}
