import type { History } from '../../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import type { OperationColumns } from '../../record/history-columns.ts'
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

const NO_ROW = -1

/**
 * Every value of every key, with when it was written and between what times it was certainly there. Values are
 * numbered; the first numbers, one a key, are the initial state NIL; then those written, in the order of their rows.
 * Times are ms from the scenario's start. Of a value it keeps the rows that tell of it, no more: of ten million
 * operations, copies of their times would take more memory than all else here.
 */
export class ValueTable {
  /** For each row: the value that it read (where it is a read that tells something), else that it wrote, or SEEN. */
  readonly ofRow: Int32Array
  readonly #ops: OperationColumns
  readonly #writeRow: Int32Array
  readonly #firstRead: Int32Array
  readonly #lastRead: Int32Array
  #count: number
  #rewriteRow = NO_ROW
  #index: ValueIndex | undefined

  /**
   * For histories of register, cas, expiry and transaction (whose key is a group of keys). Takes time and memory in
   * proportion to the history.
   */
  constructor(history: History) {
    const keys = history.keys.length
    const most = keys + countWrites(history)
    this.#ops = history.ops
    this.#count = keys
    this.ofRow = new Int32Array(history.rows).fill(SEEN.nothing)
    this.#writeRow = new Int32Array(most).fill(NO_ROW)
    this.#firstRead = new Int32Array(most).fill(NO_ROW)
    this.#lastRead = new Int32Array(most).fill(NO_ROW)
    const index = new ValueIndex(this, most)
    for (let key = 0; key < keys; key += 1) index.add(key)
    this.#addWrites(history.rows, index)
    this.#addReads(history, index)
  }

  get count(): number {
    return this.#count
  }

  /** The first row that wrote a value which its key had been given before; -1 if every value is unique. */
  get rewriteRow(): number {
    return this.#rewriteRow
  }

  key(value: number): number {
    const row = this.writeRow(value)
    return row < 0 ? value : (this.#ops.key[row] ?? 0)
  }

  /** The value as it was written. */
  value(value: number): number {
    const row = this.writeRow(value)
    return row < 0 ? NIL : (this.#ops.a[row] ?? NIL)
  }

  /** One of WRITE. */
  write(value: number): number {
    const row = this.writeRow(value)
    if (row < 0) return WRITE.initial
    const outcome = this.#ops.outcome[row] ?? 0
    if (outcome === OUTCOME_OK) return WRITE.acknowledged
    return isIndeterminateCode(outcome) ? WRITE.indeterminate : WRITE.failed
  }

  /** The row of the write; -1 for the initial state. */
  writeRow(value: number): number {
    return this.#writeRow[value] ?? NO_ROW
  }

  /** When the write began; -Infinity for the initial state. */
  invokeMs(value: number): number {
    const row = this.writeRow(value)
    return row < 0 ? Number.NEGATIVE_INFINITY : (this.#ops.invokeMs[row] ?? 0)
  }

  /** When it was acknowledged: -Infinity for the initial state, Infinity if it was not. */
  ackMs(value: number): number {
    const row = this.writeRow(value)
    if (row < 0) return Number.NEGATIVE_INFINITY
    return this.#ops.outcome[row] === OUTCOME_OK ? (this.#ops.completeMs[row] ?? 0) : Number.POSITIVE_INFINITY
  }

  /** The first completion of a read of the value; Infinity without reads. */
  firstReadMs(value: number): number {
    const row = this.#firstRead[value] ?? NO_ROW
    return row < 0 ? Number.POSITIVE_INFINITY : (this.#ops.completeMs[row] ?? 0)
  }

  /** The last invocation of a read of the value; -Infinity without reads. */
  lastReadMs(value: number): number {
    const row = this.#lastRead[value] ?? NO_ROW
    return row < 0 ? Number.NEGATIVE_INFINITY : (this.#ops.invokeMs[row] ?? 0)
  }

  /**
   * When the value was surely there, at the latest: the end of the first operation that shows it. Infinity if none
   * does.
   */
  shownMs(value: number): number {
    const ackMs = this.ackMs(value)
    const readMs = this.firstReadMs(value)
    return ackMs < readMs ? ackMs : readMs
  }

  /** The number of a key's value; -1 if the key never had it. */
  find(key: number, value: number): number {
    // Few ask, and an index takes much memory.
    this.#index ??= this.#indexOfAll()
    return this.#index.find(key, value)
  }

  #indexOfAll(): ValueIndex {
    const index = new ValueIndex(this, this.#count)
    for (let number = 0; number < this.#count; number += 1) index.add(number)
    return index
  }

  #addWrites(rows: number, index: ValueIndex): void {
    const { fn } = this.#ops
    for (let row = 0; row < rows; row += 1) {
      if (fn[row] !== FN.write && fn[row] !== FN.cas) continue
      const number = this.#count
      this.#writeRow[number] = row
      const known = index.add(number)
      this.ofRow[row] = known
      if (known === number) {
        this.#count += 1
      } else {
        this.#writeRow[number] = NO_ROW
        if (this.#rewriteRow < 0) this.#rewriteRow = row
      }
    }
  }

  #addReads(history: History, index: ValueIndex): void {
    const { ops, rows } = history
    for (let row = 0; row < rows; row += 1) {
      if (!readsAt(ops, row)) continue
      const value = valueReadBy(history, row)
      if (value === UNKNOWN) continue
      const number = value === undefined ? SEEN.mixed : index.find(ops.key[row] ?? 0, value)
      // A compare-and-set that did not match counts as a read of what it found.
      this.ofRow[row] = number === -1 ? SEEN.foreign : number
      if (number < 0) continue
      if ((ops.completeMs[row] ?? 0) < this.firstReadMs(number)) this.#firstRead[number] = row
      if ((ops.invokeMs[row] ?? 0) > this.lastReadMs(number)) this.#lastRead[number] = row
    }
  }
}

function countWrites({ ops, rows }: History): number {
  const { fn } = ops
  let count = 0
  for (let row = 0; row < rows; row += 1) {
    if (fn[row] === FN.write || fn[row] === FN.cas) count += 1
  }
  return count
}
