import type { History } from '../../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import { looksAt, valueReadBy } from '../values/reads.ts'
import { IMPOSSIBLE, type Problem } from './search.ts'

/** A problem made of some rows of a history. */
export interface RowProblem extends Problem {
  /** The row of each operation. */
  rows: readonly number[]
}

/** No value: what the keys of a group hold when they differ. */
const MIXED = IMPOSSIBLE + 1

/**
 * The operations of one key, a register with compare-and-set, as a problem for the search. Left out is what tells
 * nothing: reads without an answer, writes that definitely failed, and writes without an answer whose value nobody can
 * have met.
 */
export function registerProblem(history: History, rowsOfKey: readonly number[]): RowProblem {
  const { fn, a, b, r, outcome, invokeMs, completeMs } = history.ops
  const met = valuesMet(history, rowsOfKey)
  const rows = rowsOfKey.filter((row) => {
    const ended = outcome[row] ?? 0
    if (looksAt(history.ops, row)) return fn[row] === FN.cas || r[row] !== UNKNOWN
    if (fn[row] === FN.read) return false
    return ended === OUTCOME_OK || (isIndeterminateCode(ended) && (met === undefined || met.has(a[row] ?? 0)))
  })
  const steps = rows.map((row): ((state: number) => number) => {
    const [value, expected, found] = [a[row] ?? 0, b[row] ?? UNKNOWN, r[row] ?? UNKNOWN]
    if (fn[row] === FN.write) return () => value
    if (fn[row] === FN.read) {
      const read = valueReadBy(history, row) ?? MIXED
      return (state) => (state === read ? state : IMPOSSIBLE)
    }
    if (looksAt(history.ops, row)) {
      return (state) => (state !== expected && (found === UNKNOWN || found === state) ? state : IMPOSSIBLE)
    }
    return (state) => (state === expected && (found === UNKNOWN || found === state) ? value : IMPOSSIBLE)
  })
  return {
    rows,
    count: rows.length,
    invokeMs: Float64Array.from(rows, (row) => invokeMs[row] ?? 0),
    completeMs: Float64Array.from(rows, (row) =>
      isIndeterminateCode(outcome[row] ?? 0) ? Number.POSITIVE_INFINITY : (completeMs[row] ?? 0),
    ),
    initial: NIL,
    step: (state, operation) => steps[operation]?.(state) ?? IMPOSSIBLE,
    isRead: (operation) => looksAt(history.ops, rows[operation] ?? -1),
  }
}

/**
 * The values that some operation found or expected; undefined if one found a value that is not told, which can be any.
 */
function valuesMet(history: History, rows: readonly number[]): ReadonlySet<number> | undefined {
  const { fn, b, r } = history.ops
  const met = new Set<number>()
  for (const row of rows) {
    if (fn[row] === FN.cas) met.add(b[row] ?? UNKNOWN)
    if (!looksAt(history.ops, row)) continue
    if (fn[row] === FN.cas && r[row] === UNKNOWN) return undefined
    const value = valueReadBy(history, row)
    if (value !== undefined) met.add(value)
  }
  return met
}
