import type { History } from '../../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import type { RowProblem } from './register-problem.ts'
import { IMPOSSIBLE } from './search.ts'
import { endMs } from './stages.ts'

/** The operations of one counter, with any amounts, as a problem for the search. */
export function counterProblem({ ops }: History, rowsOfKey: readonly number[]): RowProblem {
  const rows = rowsOfKey.filter((row) => {
    const outcome = ops.outcome[row] ?? 0
    if (ops.fn[row] === FN.read) return outcome === OUTCOME_OK && ops.r[row] !== UNKNOWN
    return outcome === OUTCOME_OK || isIndeterminateCode(outcome)
  })
  return {
    rows,
    count: rows.length,
    invokeMs: Float64Array.from(rows, (row) => ops.invokeMs[row] ?? 0),
    completeMs: Float64Array.from(rows, (row) => endMs(ops, row)),
    initial: 0,
    isRead: (operation) => ops.fn[rows[operation] ?? -1] === FN.read,
    step(state, operation) {
      const row = rows[operation] ?? -1
      const result = ops.r[row] ?? UNKNOWN
      const after = ops.fn[row] === FN.read ? state : state + (ops.a[row] ?? 0)
      const isTold = result !== UNKNOWN && ops.outcome[row] === OUTCOME_OK
      return !isTold || after === (result === NIL ? 0 : result) ? after : IMPOSSIBLE
    },
  }
}
