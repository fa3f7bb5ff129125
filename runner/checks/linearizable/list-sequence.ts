import { type History, listOf } from '../../record/history.ts'
import { FN, isIndeterminateCode, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import { plural, valueText } from '../words.ts'
import { outOfOrder, type Stage } from './stages.ts'
import type { Violation } from './violation.ts'

/**
 * Judges one list that is only ever appended to, every element once. Exact: the longest read gives the order of all elements in it away, so every other read must
 * be a beginning of it, and each append and each read has its place. `rows`: the operations of the key.
 */
export function judgeList(history: History, key: number, rows: Uint32Array): Violation | undefined {
  const { ops } = history
  const reads = [...rows].filter((row) => ops.fn[row] === FN.read && ops.outcome[row] === OUTCOME_OK)
  const longest = reads.reduce(
    (best, row) => (lengthOf(history, row) > lengthOf(history, best) ? row : best),
    reads[0] ?? -1,
  )
  const order = longest < 0 ? new Int32Array(0) : listOf(history, ops.r[longest] ?? -1)
  const pushes = pushesOf(history, rows)
  return (
    strangers(history, key, order, longest, pushes) ??
    disagreement(history, key, reads, order, longest) ??
    placed(history, key, { reads, order, pushes })
  )
}

function lengthOf(history: History, row: number): number {
  return row < 0 ? -1 : listOf(history, history.ops.r[row] ?? -1).length
}

/** The append of each element. */
function pushesOf({ ops }: History, rows: Uint32Array): Map<number, number> {
  const pushes = new Map<number, number>()
  for (const row of rows) if (ops.fn[row] === FN.push) pushes.set(ops.a[row] ?? UNKNOWN, row)
  return pushes
}

/** An element that nobody appended, or whose append had failed, or that stands in the list twice. */
function strangers(
  history: History,
  key: number,
  order: Int32Array,
  longest: number,
  pushes: Map<number, number>,
): Violation | undefined {
  const seen = new Set<number>()
  for (const element of order) {
    const push = pushes.get(element)
    const text = valueText(history, element)
    if (seen.has(element))
      return {
        key,
        rows: [...(push === undefined ? [] : [push]), longest],
        why: `${text} was appended once and stands in the list twice`,
      }
    seen.add(element)
    if (push === undefined) return { key, rows: [longest], why: `${text} was read, which nobody had appended` }
    const outcome = history.ops.outcome[push] ?? 0
    if (outcome !== OUTCOME_OK && !isIndeterminateCode(outcome)) {
      return { key, rows: [push, longest], why: `${text} was read, whose append had definitely failed` }
    }
  }
  return undefined
}

/** A read that is no beginning of the longest one. */
function disagreement(
  history: History,
  key: number,
  reads: readonly number[],
  order: Int32Array,
  longest: number,
): Violation | undefined {
  for (const read of reads) {
    const elements = listOf(history, history.ops.r[read] ?? -1)
    const place = elements.findIndex((element, index) => element !== order[index])
    if (place < 0) continue
    const texts = [elements[place] ?? UNKNOWN, order[place] ?? UNKNOWN].map((element) => valueText(history, element))
    return { key, rows: [read, longest], why: `two reads differ at place ${place + 1}: ${texts.join(' and ')}` }
  }
  return undefined
}

interface Sequence {
  reads: readonly number[]
  order: Int32Array
  pushes: Map<number, number>
}

/** Gives each operation its place, and sees whether real time allows it. */
function placed(history: History, key: number, { reads, order, pushes }: Sequence): Violation | undefined {
  const { ops } = history
  const stages: Stage[] = [{ text: 'the list was empty', rows: [] }]
  for (const [index, element] of order.entries()) {
    const push = pushes.get(element) ?? -1
    const length = ops.r[push] ?? UNKNOWN
    if (ops.outcome[push] === OUTCOME_OK && length !== UNKNOWN && length !== index + 1) {
      const why = `the append of ${valueText(history, element)} answered that the list then had ${plural(length, 'element')}, but it stands at place ${index + 1}`
      return { key, rows: [push], why }
    }
    stages.push({ text: `${valueText(history, element)} was appended`, rows: [push] })
    stages.push({ text: `the list had ${plural(index + 1, 'element')}`, rows: [] })
  }
  for (const read of reads) stages[2 * lengthOf(history, read)]?.rows.push(read)
  const known = new Set(order)
  const later = [...pushes].filter(([element, row]) => !known.has(element) && ops.outcome[row] === OUTCOME_OK)
  const lengthAfter = ([, row]: readonly [number, number]) => ops.r[row] ?? UNKNOWN
  const told = later.filter((push) => lengthAfter(push) !== UNKNOWN).sort((a, b) => lengthAfter(a) - lengthAfter(b))
  const untold = later.filter((push) => lengthAfter(push) === UNKNOWN)
  return (
    takenPlace(history, key, told, order.length) ??
    outOfOrder(key, [...stages, ...told.map((push) => laterStage(history, [push]))], ops) ??
    // Where the place is not told, any place behind the longest read will do.
    outOfOrder(key, [...stages, laterStage(history, untold)], ops)
  )
}

/** Acknowledged appends that no read shows came after all that was read, at the place that their answers tell. */
function laterStage(history: History, pushed: readonly (readonly [number, number])[]): Stage {
  const [first] = pushed
  const text = `${valueText(history, first?.[0] ?? UNKNOWN)} was appended, which no read shows`
  return { text, rows: pushed.map(([, row]) => row) }
}

/** An append whose answer names a place at which another element stands. */
function takenPlace(
  history: History,
  key: number,
  told: readonly (readonly [number, number])[],
  length: number,
): Violation | undefined {
  const { ops } = history
  for (const [index, [element, row]] of told.entries()) {
    const place = ops.r[row] ?? UNKNOWN
    const text = `the append of ${valueText(history, element)} answered that it stands at place ${place}`
    if (place <= length) return { key, rows: [row], why: `${text}, where another element was read` }
    const before = told[index - 1]?.[1]
    if (before !== undefined && ops.r[before] === place) {
      return { key, rows: [before, row], why: `${text}, which another append was told too` }
    }
  }
  return undefined
}
