import { type History, listOf } from '../../record/history.ts'
import { FN, OUTCOME_OK, outcomeCode, UNKNOWN } from '../../record/history-codes.ts'
import type { OperationColumns } from '../../record/history-columns.ts'

const MISMATCH = outcomeCode('mismatch', false)

/**
 * True for an operation that tells what was there: a read that was answered, or a compare-and-set that did not match
 * and says why.
 */
export function readsAt({ fn, outcome, r }: OperationColumns, row: number): boolean {
  if (fn[row] === FN.read) return outcome[row] === OUTCOME_OK
  return fn[row] === FN.cas && outcome[row] === MISMATCH && r[row] !== UNKNOWN
}

/**
 * As `readsAt`, and true as well for a compare-and-set that did not match and does not say why: that tells what was not
 * there.
 */
export function looksAt({ fn, outcome }: OperationColumns, row: number): boolean {
  return fn[row] === FN.read ? outcome[row] === OUTCOME_OK : fn[row] === FN.cas && outcome[row] === MISMATCH
}

/**
 * The value that the read at `row` returned: NIL, a value, or UNKNOWN. Of a transaction, the value that all keys of the
 * group had; undefined if they had different ones.
 */
export function valueReadBy(history: History, row: number): number | undefined {
  const result = history.ops.r[row] ?? UNKNOWN
  if (history.type !== 'transaction' || result === UNKNOWN) return result
  const values = listOf(history, result)
  const [first = UNKNOWN] = values
  for (const value of values) if (value !== first) return undefined
  return first
}
