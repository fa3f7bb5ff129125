import { groupByKey, mostOfAKey } from './by-key.ts'
import { firstAfter, sortByTime } from './time-sort.ts'
import type { ValueTable } from './value-table.ts'

/**
 * For each value of a table, the time from which a newer one was certainly in its place, ms; Infinity if that cannot be
 * said. A value is newer for certain if its write began after the older one was there. Whoever asks after that time
 * must not be told the old value.
 */
export function replacedMs(table: ValueTable, keys: number): Float64Array {
  return earliestNewer(table, keys, (value) => table.shownMs(value))
}

/** The same, from when a newer value was read: somebody has seen the old one gone. */
export function seenReplacedMs(table: ValueTable, keys: number): Float64Array {
  return earliestNewer(table, keys, (value) => table.firstReadMs(value))
}

/** For each value the earliest `evidentMs` of a value of its key that is newer for certain. */
function earliestNewer(table: ValueTable, keys: number, evidentMs: (value: number) => number): Float64Array {
  const groups = groupByKey((value) => table.key(value), table.count, keys)
  const { ids, offsets } = groups
  const began = (value: number) => table.invokeMs(value)
  const earliest = new Float64Array(table.count)
  const fromHere = new Float64Array(mostOfAKey(groups) + 1)
  for (let key = 0; key < keys; key += 1) {
    const from = offsets[key] ?? 0
    const to = offsets[key + 1] ?? 0
    sortByTime(ids, from, to, began)
    fromHere[to - from] = Number.POSITIVE_INFINITY
    for (let place = to - 1; place >= from; place -= 1) {
      const later = fromHere[place - from + 1] ?? Number.POSITIVE_INFINITY
      fromHere[place - from] = Math.min(evidentMs(ids[place] ?? 0), later)
    }
    for (let place = from; place < to; place += 1) {
      const value = ids[place] ?? 0
      earliest[value] = fromHere[firstAfter(ids, from, to, began, table.shownMs(value)) - from] ?? 0
    }
  }
  return earliest
}

/**
 * Of writes in the order of their beginning, those that are certainly newer than a value; if nobody wrote that, the
 * last ones.
 */
export function newerThan(table: ValueTable, writes: Uint32Array, value: number): Uint32Array {
  if (value < 0) return lastOnes(table, writes)
  return writes.subarray(firstAfter(writes, 0, writes.length, (write) => table.invokeMs(write), table.shownMs(value)))
}

/** The writes that no other certainly followed. */
function lastOnes(table: ValueTable, writes: Uint32Array): Uint32Array {
  const lastBeganMs = table.invokeMs(writes.at(-1) ?? -1)
  return writes.filter((value) => table.ackMs(value) >= lastBeganMs)
}
