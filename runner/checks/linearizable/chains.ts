import type { History } from '../../record/history.ts'
import { FN, outcomeClass, UNKNOWN } from '../../record/history-codes.ts'
import { SEEN, type ValueTable, WRITE } from '../values/value-table.ts'
import { momentText, valueText } from '../words.ts'
import { firstEnd, lastBegin } from './extremes.ts'
import type { Violation } from './violation.ts'
import type { Blocks } from './zones.ts'

/** The blocks of a history: its values, tied into chains where a compare-and-set put one in the place of another. */
export interface Chains {
  /** By the number of a chain's first value; the places of its other values hold an empty block. */
  blocks: Blocks
  /** The values of a block, in order. */
  valuesOf(block: number): number[]
}

type Report = (violation: Violation) => void

/**
 * Ties the values of a history into chains: a compare-and-set that was carried out stands directly behind the value it
 * expected, so both are one block. Reports what is wrong within a chain: two that expected the same value, which was
 * there only once, a value that nobody wrote, an order that real time forbids.
 */
export function chainsOf(history: History, table: ValueTable, report: Report): Chains {
  if (history.type !== 'cas') return singles(table)
  const links = new Links(history, table, report)
  return links.chains()
}

function singles(table: ValueTable): Chains {
  const { count } = table
  const beganMs = new Float64Array(count)
  const lastedMs = new Float64Array(count)
  for (let value = 0; value < count; value += 1) {
    beganMs[value] = table.shownMs(value)
    const readMs = table.lastReadMs(value)
    const invokeMs = table.invokeMs(value)
    lastedMs[value] = readMs > invokeMs ? readMs : invokeMs
  }
  const keyOf = (value: number) => table.key(value)
  return { blocks: { count, keyOf, beganMs, lastedMs }, valuesOf: (block) => [block] }
}

const NONE = -1

class Links {
  readonly #history: History
  readonly #table: ValueTable
  readonly #report: Report
  /** The value that each value's compare-and-set expected. */
  readonly #before: Int32Array
  readonly #after: Int32Array

  constructor(history: History, table: ValueTable, report: Report) {
    this.#history = history
    this.#table = table
    this.#report = report
    this.#before = new Int32Array(table.count).fill(NONE)
    this.#after = new Int32Array(table.count).fill(NONE)
    for (let value = 0; value < table.count; value += 1) {
      if (table.shownMs(value) !== Number.POSITIVE_INFINITY) this.#link(value)
    }
  }

  chains(): Chains {
    const { blocks } = singles(this.#table)
    const reached = new Uint8Array(blocks.count)
    for (let value = 0; value < blocks.count; value += 1) {
      if (this.#before[value] === NONE) this.#join(value, blocks, reached)
    }
    for (let value = 0; value < blocks.count; value += 1) {
      if (reached[value] === 0) this.#reportCircle(value)
    }
    return { blocks, valuesOf: (block) => this.#valuesFrom(block) }
  }

  /**
   * Ties a value that was carried out for certain to the one that it replaced, which was then carried out too, and so
   * on.
   */
  #link(last: number): void {
    for (let value = last; value !== NONE && this.#before[value] === NONE; ) {
      const row = this.#table.writeRow(value)
      if (row < 0 || this.#history.ops.fn[row] !== FN.cas) return
      const expected = this.#history.ops.b[row] ?? UNKNOWN
      const before = this.#table.find(this.#table.key(value), expected)
      if (before < 0 || this.#table.write(before) === WRITE.failed) {
        this.#reportMissing(row, expected, before)
        return
      }
      const rival = this.#after[before] ?? NONE
      if (rival !== NONE) {
        this.#reportRivals(expected, row, this.#table.writeRow(rival))
        return
      }
      this.#before[value] = before
      this.#after[before] = value
      value = before
    }
  }

  /** Makes one block of a chain, at the place of its first value. */
  #join(head: number, { beganMs, lastedMs }: Blocks, reached: Uint8Array): void {
    reached[head] = 1
    for (let value = this.#after[head] ?? NONE, latest = head; value !== NONE; value = this.#after[value] ?? NONE) {
      reached[value] = 1
      const began = beganMs[value] ?? 0
      if (began < (lastedMs[head] ?? 0)) this.#reportOrder(latest, value)
      if ((lastedMs[value] ?? 0) > (lastedMs[head] ?? 0)) {
        latest = value
        lastedMs[head] = lastedMs[value] ?? 0
      }
      if (began < (beganMs[head] ?? 0)) beganMs[head] = began
      beganMs[value] = Number.POSITIVE_INFINITY
      lastedMs[value] = Number.NEGATIVE_INFINITY
    }
  }

  /** The chain that begins with a value; a circle ends where it began. */
  #valuesFrom(head: number): number[] {
    const values = [head]
    for (let value = this.#after[head] ?? NONE; value !== NONE && value !== head; value = this.#after[value] ?? NONE) {
      values.push(value)
    }
    return values
  }

  #reportMissing(row: number, expected: number, before: number): void {
    const text = valueText(this.#history, expected)
    const failed = before === SEEN.nothing ? NONE : this.#table.writeRow(before)
    const why =
      failed < 0
        ? `a compare-and-set found ${text}, which nobody had written to it`
        : `a compare-and-set found ${text}, whose write had definitely failed (${outcomeClass(this.#history.ops.outcome[failed] ?? 0)})`
    this.#reportRows(failed < 0 ? [row] : [failed, row], why)
  }

  #reportRivals(expected: number, row: number, rival: number): void {
    const why = `two compare-and-sets replaced ${valueText(this.#history, expected)}, which was there only once`
    this.#reportRows([rival, row], why)
  }

  #reportOrder(earlier: number, later: number): void {
    const [first, second] = [earlier, later].map((value) => valueText(this.#history, this.#table.value(value)))
    const rows = [lastBegin(this.#history, this.#table, earlier), firstEnd(this.#history, this.#table, later)]
    const why =
      `compare-and-sets put ${second} behind ${first}, but ${second} was there by ${momentText(this.#table.shownMs(later))}, ` +
      `and ${first} still, or again, after ${momentText(Math.max(this.#table.invokeMs(earlier), this.#table.lastReadMs(earlier)))}`
    this.#reportRows(rows, why)
  }

  #reportCircle(value: number): void {
    const row = this.#table.writeRow(value)
    const before = this.#table.writeRow(this.#before[value] ?? 0)
    this.#reportRows(
      [row, before],
      'compare-and-sets replaced each other in a circle: none of them can have been the first',
    )
  }

  #reportRows(rows: number[], why: string): void {
    const real = [...new Set(rows.filter((row) => row >= 0))]
    this.#report({ key: this.#history.ops.key[real[0] ?? 0] ?? 0, rows: real, why })
  }
}
