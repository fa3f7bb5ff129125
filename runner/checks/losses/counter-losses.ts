import type { History } from '../../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK } from '../../record/history-codes.ts'
import { type Losses, unreadKeys } from './losses.ts'

/**
 * Of counters: what is missing from the final value, counted in increments of the largest amount that was used, so at
 * least so many were lost.
 */
export function counterLosses({ ops, rows, keys }: History, finals: Int32Array): Losses {
  const least = new Float64Array(keys.length)
  const largest = new Float64Array(keys.length)
  const writesByKey = new Uint32Array(keys.length)
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.add) continue
    const key = ops.key[row] ?? 0
    const amount = ops.a[row] ?? 0
    const outcome = ops.outcome[row] ?? 0
    if (outcome === OUTCOME_OK) writesByKey[key] = (writesByKey[key] ?? 0) + 1
    // What may have been taken away makes a low value possible.
    if (outcome === OUTCOME_OK || (isIndeterminateCode(outcome) && amount < 0)) least[key] = (least[key] ?? 0) + amount
    if (amount > (largest[key] ?? 0)) largest[key] = amount
  }
  const losses: Losses = { count: 0, rows: [], shownBy: new Map(), samples: 0, unread: [], byKey: new Map(), finals }
  for (const [key, row] of finals.entries()) {
    if (row < 0) continue
    losses.samples += writesByKey[key] ?? 0
    const value = ops.r[row] ?? NIL
    const missing = (least[key] ?? 0) - (value === NIL ? 0 : value)
    if (missing <= 0) continue
    const count = Math.ceil(missing / Math.max(largest[key] ?? 1, 1))
    losses.byKey.set(key, count)
    losses.count += count
  }
  losses.unread = unreadKeys(writesByKey, finals)
  return losses
}
