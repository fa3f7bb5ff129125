import { type History, listOf } from '../../record/history.ts'
import { FN, OUTCOME_OK } from '../../record/history-codes.ts'
import { type Losses, unreadKeys } from './losses.ts'

/** Of sets and lists: what was added for certain and is not in the final read. Nothing is ever taken out. */
export function memberLosses(history: History, finals: Int32Array): Losses {
  const { ops, rows, keys } = history
  const present = Array.from(finals, (row) => (row < 0 ? undefined : new Set(listOf(history, ops.r[row] ?? -1))))
  const writesByKey = new Uint32Array(keys.length)
  const losses: Losses = { count: 0, rows: [], shownBy: new Map(), samples: 0, unread: [], byKey: new Map(), finals }
  for (let row = 0; row < rows; row += 1) {
    const isWrite = ops.fn[row] === FN.add || ops.fn[row] === FN.push
    if (!isWrite || ops.outcome[row] !== OUTCOME_OK) continue
    const key = ops.key[row] ?? 0
    writesByKey[key] = (writesByKey[key] ?? 0) + 1
    const members = present[key]
    if (!members) continue
    losses.samples += 1
    if (members.has(ops.a[row] ?? 0)) continue
    losses.rows.push(row)
    losses.shownBy.set(row, finals[key] ?? -1)
    losses.byKey.set(key, (losses.byKey.get(key) ?? 0) + 1)
  }
  losses.count = losses.rows.length
  losses.unread = unreadKeys(writesByKey, finals)
  return losses
}
