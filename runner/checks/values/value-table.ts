import type { History } from '../../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import { readsAt, valueReadBy } from './reads.ts'
import { ValueIndex } from './value-index.ts'

/** What came of the write of a value. The initial state (NIL) of a key was written by nobody. */
export const WRITE = { initial: 0, acknowledged: 1, indeterminate: 2, failed: 3 } as const

/** What a read saw, where it is no value of the table. */
export const SEEN = {
  /** Not a read, or one that tells nothing. */
  nothing: -1,
  /** A value that nobody wrote to this key. */
  foreign: -2,
  /** The keys of a group with different values. */
  mixed: -3,
} as const

/**
 * Every value of every key, with when it was written and between what times it was certainly there. Values are numbered; the
 * first numbers, one a key, are the initial state NIL. Times are ms from the scenario's start.
 */
export interface ValueTable {
  count: number
  key: Uint32Array
  value: Int32Array
  write: Uint8Array
  /** The row of the write; -1 for the initial state. */
  writeRow: Int32Array
  /** When the write began; -Infinity for the initial state. */
  invokeMs: Float64Array
  /** When it was acknowledged; Infinity if it was not. */
  ackMs: Float64Array
  /** The first completion of a read of the value; Infinity without reads. */
  firstReadMs: Float64Array
  /** The last invocation of a read of the value; -Infinity without reads. */
  lastReadMs: Float64Array
  /** For each row: the value that it read (where it is a read that tells something), else that it wrote, or SEEN. */
  ofRow: Int32Array
  /** The first row that wrote a value which its key had been given before; -1 if every value is unique. */
  rewriteRow: number
  /** The number of a key's value; -1 if the key never had it. */
  find(key: number, value: number): number
}

/** For histories of register, cas, expiry and transaction (whose key is a group of keys). Takes time and memory in proportion to the history. */
export function valueTable(history: History): ValueTable {
  const table = emptyTable(history.keys.length, history.keys.length + countWrites(history), history.rows)
  const index = new ValueIndex(table)
  addInitialStates(history.keys.length, table, index)
  addWrites(history, table, index)
  addReads(history, table, index)
  return table
}

/** When the value was surely there, at the latest: the end of the first operation that shows it. Infinity if none does. */
export function shownMs(table: ValueTable, value: number): number {
  const ackMs = table.ackMs[value] ?? 0
  const readMs = table.firstReadMs[value] ?? 0
  return ackMs < readMs ? ackMs : readMs
}

function countWrites({ ops, rows }: History): number {
  const { fn } = ops
  let count = 0
  for (let row = 0; row < rows; row += 1) {
    if (fn[row] === FN.write || fn[row] === FN.cas) count += 1
  }
  return count
}

function emptyTable(keys: number, most: number, rows: number): ValueTable {
  let index: ValueIndex | undefined
  return {
    count: keys,
    key: new Uint32Array(most),
    value: new Int32Array(most),
    write: new Uint8Array(most),
    writeRow: new Int32Array(most).fill(-1),
    invokeMs: new Float64Array(most),
    ackMs: new Float64Array(most),
    firstReadMs: new Float64Array(most).fill(Number.POSITIVE_INFINITY),
    lastReadMs: new Float64Array(most).fill(Number.NEGATIVE_INFINITY),
    ofRow: new Int32Array(rows).fill(SEEN.nothing),
    rewriteRow: -1,
    find(key, value) {
      // Few ask, and an index takes much memory.
      index ??= indexOf(this)
      return index.find(key, value)
    },
  }
}

function indexOf(table: ValueTable): ValueIndex {
  const index = new ValueIndex(table)
  for (let number = 0; number < table.count; number += 1) index.add(number)
  return index
}

function addInitialStates(keys: number, table: ValueTable, index: ValueIndex): void {
  for (let key = 0; key < keys; key += 1) {
    table.key[key] = key
    table.value[key] = NIL
    index.add(key)
    table.write[key] = WRITE.initial
    table.invokeMs[key] = Number.NEGATIVE_INFINITY
    table.ackMs[key] = Number.NEGATIVE_INFINITY
  }
}

function addWrites({ ops, rows }: History, table: ValueTable, index: ValueIndex): void {
  const { fn, key, a, invokeMs, completeMs, outcome } = ops
  for (let row = 0; row < rows; row += 1) {
    if (fn[row] !== FN.write && fn[row] !== FN.cas) continue
    const number = table.count
    table.key[number] = key[row] ?? 0
    table.value[number] = a[row] ?? 0
    const known = index.add(number)
    table.ofRow[row] = known
    if (known !== number) {
      if (table.rewriteRow < 0) table.rewriteRow = row
      continue
    }
    const ended = outcome[row] ?? 0
    table.count += 1
    table.writeRow[number] = row
    table.write[number] = writeState(ended)
    table.invokeMs[number] = invokeMs[row] ?? 0
    table.ackMs[number] = ended === OUTCOME_OK ? (completeMs[row] ?? 0) : Number.POSITIVE_INFINITY
  }
}

function writeState(outcome: number): number {
  if (outcome === OUTCOME_OK) return WRITE.acknowledged
  return isIndeterminateCode(outcome) ? WRITE.indeterminate : WRITE.failed
}

function addReads(history: History, table: ValueTable, index: ValueIndex): void {
  const { ops, rows } = history
  const { key, invokeMs, completeMs } = ops
  const { firstReadMs, lastReadMs, ofRow } = table
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row)) continue
    const value = valueReadBy(history, row)
    if (value === UNKNOWN) continue
    const number = value === undefined ? SEEN.mixed : index.find(key[row] ?? 0, value)
    // A compare-and-set that did not match counts as a read of what it found.
    ofRow[row] = number === -1 ? SEEN.foreign : number
    if (number < 0) continue
    const ended = completeMs[row] ?? 0
    const began = invokeMs[row] ?? 0
    if (ended < (firstReadMs[number] ?? 0)) firstReadMs[number] = ended
    if (began > (lastReadMs[number] ?? 0)) lastReadMs[number] = began
  }
}
