import type { History } from '../../record/history.ts'
import { FN, isIndeterminateCode, NIL, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import { unfilled } from './gaps.ts'
import { outOfOrder, type Stage } from './stages.ts'
import type { Violation } from './violation.ts'

/**
 * Judges one counter that is only ever raised by the same amount, where every increment that was carried out tells the
 * value after it. Exact: values put the operations in order, and each gap is the work of an increment without an
 * answer. Undefined where it fits; `'unfit'` for counters that are used in another way. `rows`: the operations of the
 * key.
 */
export function judgeCounter(history: History, key: number, rows: Uint32Array): Violation | 'unfit' | undefined {
  const { ops } = history
  const adds = [...rows].filter((row) => ops.fn[row] === FN.add && !hasFailed(history, row))
  const amount = ops.a[adds[0] ?? -1] ?? 1
  if (amount <= 0 || adds.some((row) => ops.a[row] !== amount)) return 'unfit'
  const carriedOut = adds.filter((row) => ops.outcome[row] === OUTCOME_OK)
  if (carriedOut.some((row) => ops.r[row] === UNKNOWN)) return 'unfit'
  const reads = [...rows].filter(
    (row) => ops.fn[row] === FN.read && ops.outcome[row] === OUTCOME_OK && ops.r[row] !== UNKNOWN,
  )
  const readValue = (row: number) => (ops.r[row] === NIL ? 0 : (ops.r[row] ?? 0))
  const odd = [...reads, ...carriedOut].find(
    (row) => readValue(row) % amount !== 0 || readValue(row) < (ops.fn[row] === FN.add ? amount : 0),
  )
  if (odd !== undefined)
    return { key, rows: [odd], why: `${readValue(odd)} was read, which increments of ${amount} cannot make` }
  const byPlace = new Map<number, number>()
  for (const row of carriedOut) {
    const place = readValue(row) / amount
    const rival = byPlace.get(place)
    if (rival !== undefined) return { key, rows: [rival, row], why: `two increments both made it ${readValue(row)}` }
    byPlace.set(place, row)
  }
  const last = [...reads, ...carriedOut].reduce((most, row) => Math.max(most, readValue(row) / amount), 0)
  // More gaps than increments that could fill them: no use building an order as long as a wild value.
  const spare = adds.filter((row) => ops.outcome[row] !== OUTCOME_OK)
  if (last - carriedOut.length > spare.length) return tooHigh(history, key, [...reads, ...carriedOut], readValue)
  const stages = Array.from(
    { length: 2 * last + 1 },
    (_, index): Stage => ({ text: `it was ${Math.ceil(index / 2) * amount}`, rows: [] }),
  )
  for (const [place, row] of byPlace) stages[2 * place - 1]?.rows.push(row)
  for (const row of reads) stages[2 * (readValue(row) / amount)]?.rows.push(row)
  return outOfOrder(key, stages, ops) ?? unfilled(key, { stages, known: byPlace, spare }, ops)
}

function hasFailed({ ops }: History, row: number): boolean {
  const outcome = ops.outcome[row] ?? 0
  return outcome !== OUTCOME_OK && !isIndeterminateCode(outcome)
}

function tooHigh({ ops }: History, key: number, rows: number[], readValue: (row: number) => number): Violation {
  const highest = rows.reduce((best, row) => (readValue(row) > readValue(best) ? row : best), rows[0] ?? 0)
  return {
    key,
    rows: [highest],
    why: `${readValue(highest)} was read at ${ops.completeMs[highest]?.toFixed(0)} ms, more than all increments together can have made`,
  }
}
