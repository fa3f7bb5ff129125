import { type History, listOf } from '../../record/history.ts'
import { NIL, UNKNOWN } from '../../record/history-codes.ts'
import type { Evidence } from '../evidence.ts'
import { type ByKey, groupByKey, slice } from '../values/by-key.ts'
import { Expiries } from '../values/expiries.ts'
import { valueReadBy } from '../values/reads.ts'
import { sortByTime } from '../values/time-sort.ts'
import { SEEN, type ValueTable, WRITE } from '../values/value-table.ts'
import { type Losses, unreadKeys } from './losses.ts'
import { newerThan } from './newer.ts'
import { rollbacks } from './rollbacks.ts'

/**
 * Of registers: an acknowledged write is lost if what is there after the run is certainly older, for nothing that came later can then have
 * overwritten it. Writes that were gone in between, and then overwritten, are found in the reads of the run (`rollbacks.ts`).
 */
export function valueLosses({ history, table, facts }: Evidence, finals: Int32Array): Losses {
  const acknowledged = acknowledgedOf(
    groupByKey((value) => table.key(value), table.count, history.keys.length),
    table,
  )
  const expiries = history.type === 'expiry' ? new Expiries(history, table) : undefined
  const shownBy = new Map<number, number>()
  const lose = (value: number, read: number) => {
    const row = table.writeRow(value)
    if (row >= 0 && !shownBy.has(row)) shownBy.set(row, read)
  }
  const writesByKey = new Uint32Array(finals.length)
  let samples = 0
  for (const [key, read] of finals.entries()) {
    const writes = slice(acknowledged, key)
    writesByKey[key] = writes.length
    if (read < 0) continue
    samples += writes.length
    const isEmpty = expiries !== undefined && valueReadBy(history, read) === NIL
    const lost = isEmpty ? expiries.goneTooEarly(read, 0) : lostAtTheEnd(history, table, writes, read)
    for (const value of lost) lose(value, read)
  }
  rollbacks(history, table, acknowledged, facts, lose)
  const rows = [...shownBy.keys()].sort((a, b) => (history.ops.completeMs[a] ?? 0) - (history.ops.completeMs[b] ?? 0))
  const byKey = new Map<number, number>()
  for (const row of rows) {
    const key = history.ops.key[row] ?? 0
    byKey.set(key, (byKey.get(key) ?? 0) + 1)
  }
  return { count: rows.length, rows, shownBy, samples, unread: unreadKeys(writesByKey, finals), byKey, finals }
}

/** The acknowledged writes of each key, by the beginning of each. */
function acknowledgedOf({ ids, offsets }: ByKey, table: ValueTable): ByKey {
  const kept = new Uint32Array(offsets.length)
  const writes = new Uint32Array(ids.length)
  let count = 0
  for (let key = 0; key + 1 < offsets.length; key += 1) {
    for (let place = offsets[key] ?? 0; place < (offsets[key + 1] ?? 0); place += 1) {
      const value = ids[place] ?? 0
      if (table.write(value) !== WRITE.acknowledged) continue
      writes[count] = value
      count += 1
    }
    kept[key + 1] = count
    sortByTime(writes, kept[key] ?? 0, count, (value) => table.invokeMs(value))
  }
  return { ids: writes, offsets: kept }
}

/** Of the acknowledged writes of a key, those that its final read shows lost. */
function lostAtTheEnd(history: History, table: ValueTable, writes: Uint32Array, read: number): Iterable<number> {
  const seen = valueReadBy(history, read)
  if (seen === UNKNOWN) return []
  if (seen !== undefined) return newerThan(table, writes, table.ofRow[read] ?? SEEN.foreign)
  const key = history.ops.key[read] ?? 0
  // The keys of a group differ: what is missing in any of them is lost.
  const parts = listOf(history, history.ops.r[read] ?? -1)
  return new Set([...parts].flatMap((part) => [...newerThan(table, writes, table.find(key, part))]))
}
