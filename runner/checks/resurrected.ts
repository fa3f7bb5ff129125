import { listed, plural } from '../base/text.ts'
import { FLAG, NIL } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type CountLimit, countLimit, countOf, countText } from './limits.ts'
import { seenReplacedMs } from './values/freshness.ts'
import { readsAt, valueReadBy } from './values/reads.ts'
import { witnessOf } from './witness.ts'
import { momentText, valueText } from './words.ts'

/** A value that a master told after its replacement, or its end, had been read. */
interface Return {
  value: number
  read: number
}

export const resurrected = defineCheck<CountLimit>({
  name: 'resurrected',
  summary: 'Values that masters returned again after a newer value, or their end, had been read',
  examples: ['0'],
  workloads: ['register', 'cas', 'transaction', 'expiry'],
  watchesFailovers: 'writes',
  limit: countLimit,
  limitText: countText,
  measure(limit, evidence) {
    const { at_most, during } = countOf(limit)
    const { returns, reads } = returnsOf(evidence, evidence.phase(during))
    const amount = { value: String(returns.length), amount: returns.length, samples: reads }
    const finding = returns.length > at_most ? 'violated' : 'holds'
    const [first] = returns
    if (!first)
      return {
        ...amount,
        finding,
        explanation: `In ${plural(reads, 'read')} from masters no value came back after it had been seen replaced.`,
      }
    return { ...amount, finding, ...describe(evidence, returns, first) }
  },
})

function returnsOf(evidence: Evidence, phase: number | undefined): { returns: Return[]; reads: number } {
  const { history, table } = evidence
  const { ops, rows } = history
  const gone = history.type === 'expiry' ? seenExpiredMs(evidence) : seenReplacedMs(table, history.keys.length)
  const returns = new Map<number, number>()
  let reads = 0
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || ((ops.flags[row] ?? 0) & FLAG.replica) !== 0) continue
    if (phase !== undefined && ops.phase[row] !== phase) continue
    reads += 1
    const value = table.ofRow[row] ?? -1
    if (value < 0 || (history.type === 'expiry' && value < history.keys.length)) continue
    if ((ops.invokeMs[row] ?? 0) > (gone[value] ?? 0) && !returns.has(value)) returns.set(value, row)
  }
  return { returns: [...returns].map(([value, read]) => ({ value, read })), reads }
}

/** From when each value was seen replaced, or seen gone: a read that began after it was there found nothing. */
function seenExpiredMs({ history, table }: Evidence): Float64Array {
  const { ops, rows, keys } = history
  const seen = seenReplacedMs(table, keys.length)
  const empties = keys.map((): { invokeMs: number; completeMs: number }[] => [])
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || valueReadBy(history, row) !== NIL) continue
    empties[ops.key[row] ?? 0]?.push({ invokeMs: ops.invokeMs[row] ?? 0, completeMs: ops.completeMs[row] ?? 0 })
  }
  for (let value = keys.length; value < table.count; value += 1) {
    const wasThereMs = table.shownMs(value)
    const its = empties[table.key(value)] ?? []
    // Reads stand in the order of completion, so the first that began late enough is the first to have ended.
    const empty = its[firstBegunAfter(its, wasThereMs)]
    if (empty) seen[value] = Math.min(seen[value] ?? Number.POSITIVE_INFINITY, empty.completeMs)
  }
  return seen
}

function firstBegunAfter(reads: readonly { invokeMs: number; completeMs: number }[], ms: number): number {
  let [low, high] = [0, reads.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((reads[middle]?.completeMs ?? 0) > ms) high = middle
    else low = middle + 1
  }
  while (low < reads.length && (reads[low]?.invokeMs ?? 0) <= ms) low += 1
  return low
}

function describe(evidence: Evidence, returns: readonly Return[], first: Return) {
  const { history, table } = evidence
  const { ops } = history
  const texts = returns.map(({ value, read }) => {
    const node = history.nodes[ops.node[read] ?? -1]
    const from = node === undefined ? '' : ` from ${node}`
    const text = valueText(history, table.value(value))
    return `${text} of ${history.keys[table.key(value)]} was read${from} at ${momentText(ops.completeMs[read] ?? 0)}`
  })
  const came = returns.length === 1 ? 'came back' : 'came back, each'
  return {
    explanation: `${plural(returns.length, 'value')} ${came} after a newer value, or its end, had been read: ${listed(texts, 3)}.`,
    details: texts.slice(0, 10),
    witness: witnessOf(
      history,
      'a value, what was read after it, and the read that returned it again',
      [table.writeRow(first.value), proofOf(evidence, first), first.read].filter((row) => row >= 0),
    ),
  }
}

/** The read that had shown the value replaced, or gone. */
function proofOf({ history, table }: Evidence, { value, read }: Return): number {
  const { ops, rows } = history
  const wasThereMs = table.shownMs(value)
  for (let row = 0; row < rows; row += 1) {
    const seen = table.ofRow[row] ?? -1
    if (seen < 0 || !readsAt(ops, row) || table.key(seen) !== table.key(value)) continue
    if ((ops.completeMs[row] ?? 0) >= (ops.invokeMs[read] ?? 0)) continue
    const isEmpty = seen < history.keys.length
    if (isEmpty ? (ops.invokeMs[row] ?? 0) > wasThereMs : table.invokeMs(seen) > wasThereMs) return row
  }
  return -1
}
