import type { History } from '../../record/history.ts'
import { NIL, UNKNOWN } from '../../record/history-codes.ts'
import { type ByKey, groupByKey, slice } from './by-key.ts'
import { firstNotBefore, sortByTime } from './time-sort.ts'
import { type ValueTable, WRITE } from './value-table.ts'

/** When a value may be gone at the earliest, ms: its TTL counted from before it was written. Infinity without a TTL. */
export function mayExpireMs(history: History, table: ValueTable, value: number): number {
  return table.invokeMs(value) + ttlMs(history, table, value)
}

/** When a value must be gone, ms: its TTL counted from when it was there at the latest. Infinity without a TTL. */
export function mustExpireMs(history: History, table: ValueTable, value: number): number {
  return table.shownMs(value) + ttlMs(history, table, value)
}

function ttlMs({ ops }: History, table: ValueTable, value: number): number {
  const row = table.writeRow(value)
  const ttl = row < 0 ? NIL : (ops.b[row] ?? NIL)
  return ttl === NIL || ttl === UNKNOWN ? Number.POSITIVE_INFINITY : ttl
}

/** Tells of a read that found nothing whether that can be right, in a workload whose values have TTLs. */
export class Expiries {
  readonly #history: History
  readonly #table: ValueTable
  /** Values that were written, or may have been, of each key, by the beginning of their writes. */
  readonly #values: ByKey
  /** At each place of those, the latest that a value up to it was surely there, ms. */
  readonly #shownSofarMs: Float64Array

  constructor(history: History, table: ValueTable) {
    this.#history = history
    this.#table = table
    this.#values = groupByKey((value) => table.key(value), table.count, history.keys.length)
    const { ids, offsets } = this.#values
    this.#shownSofarMs = new Float64Array(ids.length)
    for (let key = 0; key + 1 < offsets.length; key += 1) {
      sortByTime(ids, offsets[key] ?? 0, offsets[key + 1] ?? 0, (value) => table.invokeMs(value))
      let sofarMs = Number.NEGATIVE_INFINITY
      for (let place = offsets[key] ?? 0; place < (offsets[key + 1] ?? 0); place += 1) {
        const value = ids[place] ?? 0
        if (table.write(value) !== WRITE.failed) sofarMs = Math.max(sofarMs, table.shownMs(value))
        this.#shownSofarMs[place] = sofarMs
      }
    }
  }

  /**
   * The writes that can have been the last before the read at row `read`, if each of them was certainly there and had
   * more than `toleranceMs` left when it ended: then it should have been found. Empty if one may have run out, or may
   * never have been.
   */
  goneTooEarly(read: number, toleranceMs: number): number[] {
    const { ops } = this.#history
    const table = this.#table
    const key = ops.key[read] ?? 0
    const endMs = (ops.completeMs[read] ?? 0) + toleranceMs
    const values = slice(this.#values, key)
    const first = this.#values.offsets[key] ?? 0
    const last: number[] = []
    for (
      let place =
        firstNotBefore(values, 0, values.length, (value) => table.invokeMs(value), ops.completeMs[read] ?? 0) - 1;
      place >= 0;
      place -= 1
    ) {
      const value = values[place] ?? 0
      if (table.write(value) === WRITE.failed) continue
      if (table.shownMs(value) >= (ops.invokeMs[read] ?? 0) || mayExpireMs(this.#history, table, value) <= endMs)
        return []
      last.push(value)
      const earlierMs = place > 0 ? (this.#shownSofarMs[first + place - 1] ?? 0) : Number.NEGATIVE_INFINITY
      if (earlierMs < table.invokeMs(value)) return last.filter((one) => table.write(one) !== WRITE.initial)
    }
    return []
  }
}
