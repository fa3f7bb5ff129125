import type { History } from '../../record/history.ts'
import { FN, outcomeClass, UNKNOWN } from '../../record/history-codes.ts'
import { readsAt } from '../values/reads.ts'
import { SEEN, type ValueTable, WRITE } from '../values/value-table.ts'
import { momentText, valueText } from '../words.ts'
import { type Chains, chainsOf } from './chains.ts'
import { firstEnd, lastBegin } from './extremes.ts'
import type { Violation } from './violation.ts'
import { type Contradiction, contradictions } from './zones.ts'

/**
 * Judges registers (and groups of keys that are written together) where every value is written once, in near-linear
 * time and exactly: each value's write and reads are one block, compare-and-sets tie blocks into chains, and blocks
 * must have an order (`zones.ts`). A write without an answer counts from its invocation on if anybody saw its value,
 * and not at all otherwise. Compare-and-sets that found a value which is not told are taken as not carried out, no
 * more. One violation for each key that has any.
 */
export function judgeUniqueValues(history: History, table: ValueTable): Violation[] {
  const found = new Map<number, Violation>()
  const report = (violation: Violation) => {
    if (!found.has(violation.key)) found.set(violation.key, violation)
  }
  reportImpossibleReads(history, table, report)
  reportImpossibleValues(history, table, report)
  const chains = chainsOf(history, table, report)
  contradictions(chains.blocks, history.keys.length, (pair) => report(contradictionOf(pair, chains, history, table)))
  return [...found.values()]
}

type Report = (violation: Violation) => void

/** Reads of what nobody wrote, and answers that contradict themselves. */
function reportImpossibleReads(history: History, table: ValueTable, report: Report): void {
  const { ops, rows } = history
  const { ofRow } = table
  for (let row = 0; row < rows; row += 1) {
    const seen = ofRow[row] ?? 0
    const key = ops.key[row] ?? 0
    if (seen === SEEN.foreign) {
      report({
        key,
        rows: [row],
        why: `${valueText(history, ops.r[row] ?? UNKNOWN)} was read, which nobody had written to it`,
      })
    } else if (seen === SEEN.mixed) {
      report({
        key,
        rows: [row],
        why: 'one transaction read different values from keys that are only ever written together',
      })
    }
  }
  if (history.type === 'cas') reportFalseAnswers(history, report)
}

function reportFalseAnswers(history: History, report: Report): void {
  const { ops, rows } = history
  for (let row = 0; row < rows; row += 1) {
    const before = ops.r[row] ?? UNKNOWN
    if (ops.fn[row] !== FN.cas || before === UNKNOWN) continue
    const said = outcomeClass(ops.outcome[row] ?? 0)
    const matches = before === ops.b[row]
    if ((said === 'ok' && matches) || (said === 'mismatch' && !matches)) continue
    if (said !== 'ok' && said !== 'mismatch') continue
    const what = said === 'ok' ? 'succeeded' : 'was refused'
    const why = `a compare-and-set that expected ${valueText(history, ops.b[row] ?? UNKNOWN)} ${what} although it found ${valueText(history, before)}`
    report({ key: ops.key[row] ?? 0, rows: [row], why })
  }
}

/** Values that were read although their write failed, or before it began. */
function reportImpossibleValues(history: History, table: ValueTable, report: Report): void {
  for (let value = 0; value < table.count; value += 1) {
    const readMs = table.firstReadMs(value)
    if (readMs === Number.POSITIVE_INFINITY) continue
    const failed = table.write(value) === WRITE.failed
    if (!failed && readMs >= table.invokeMs(value)) continue
    const row = table.writeRow(value)
    const text = valueText(history, table.value(value))
    const why = failed
      ? `${text} was read, whose write had definitely failed (${outcomeClass(history.ops.outcome[row] ?? 0)})`
      : `${text} was read before its write had begun`
    report({ key: table.key(value), rows: [row, firstEnd(history, table, value, readsAt)], why })
  }
}

function contradictionOf(pair: Contradiction, chains: Chains, history: History, table: ValueTable): Violation {
  const [first, second] = [spanOf(pair[0], chains, history, table), spanOf(pair[1], chains, history, table)]
  const [old, young] = first.beganMs <= second.beganMs ? [first, second] : [second, first]
  const cameBack = `${young.began} was there by ${momentText(young.beganMs)}, before an operation began (at ${momentText(old.lastedMs)}) that still saw ${old.lasted}`
  const why =
    old.beganMs === Number.NEGATIVE_INFINITY
      ? `${cameBack}, the state of a key that nobody has written`
      : `${old.began} was there by ${momentText(old.beganMs)}, before the last operation on ${young.lasted} began (at ${momentText(young.lastedMs)}), ` +
        `so ${young.lasted} came later; but ${cameBack}: it came back after it had been replaced`
  return { key: table.key(pair[0]), why, rows: [...new Set([...old.rows, ...young.rows])] }
}

/** What shows that a block had begun by `beganMs` and had not ended by `lastedMs`. */
interface BlockSpan {
  beganMs: number
  lastedMs: number
  /** The values that show it, in words. */
  began: string
  lasted: string
  rows: number[]
}

function spanOf(block: number, chains: Chains, history: History, table: ValueTable): BlockSpan {
  const values = chains.valuesOf(block)
  const earliest = values.reduce((best, value) => (table.shownMs(value) < table.shownMs(best) ? value : best))
  const latest = values.reduce((best, value) => (lastMs(table, value) > lastMs(table, best) ? value : best))
  const text = (value: number) => valueText(history, table.value(value))
  const writes = [earliest, latest].map((value) => table.writeRow(value))
  const rows = [...writes, firstEnd(history, table, earliest), lastBegin(history, table, latest)]
  return {
    beganMs: table.shownMs(earliest),
    lastedMs: lastMs(table, latest),
    began: text(earliest),
    lasted: text(latest),
    rows: rows.filter((row) => row >= 0),
  }
}

/** The last begin of an operation that shows the value. */
function lastMs(table: ValueTable, value: number): number {
  return Math.max(table.invokeMs(value), table.lastReadMs(value))
}
