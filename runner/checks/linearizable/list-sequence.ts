import { plural } from '../../base/text.ts'
import { type History, listOf } from '../../record/history.ts'
import { FN, isIndeterminateCode, OUTCOME_OK, UNKNOWN } from '../../record/history-codes.ts'
import { valueText } from '../words.ts'
import { unfilled } from './gaps.ts'
import { outOfOrder, type Stage } from './stages.ts'
import type { Violation } from './violation.ts'

/**
 * Judges one list that is only ever appended to, every element once. Exact: the longest read gives the order of all
 * elements in it away, so every other read must be a beginning of it, and each append and each read has its place.
 * `rows`: the operations of the key.
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
  const known = new Map<number, number>()
  for (const [index, element] of order.entries()) {
    const push = pushes.get(element) ?? -1
    const length = ops.r[push] ?? UNKNOWN
    if (ops.outcome[push] === OUTCOME_OK && length !== UNKNOWN && length !== index + 1) {
      const why = `the append of ${valueText(history, element)} answered that the list then had ${plural(length, 'element')}, but it stands at place ${index + 1}`
      return { key, rows: [push], why }
    }
    known.set(index + 1, push)
  }
  const read = new Set(order)
  const unread = [...pushes].filter(([element]) => !read.has(element)).map(([, row]) => row)
  const later = unread.filter((row) => ops.outcome[row] === OUTCOME_OK)
  const spare = unread.filter((row) => isIndeterminateCode(ops.outcome[row] ?? 0))
  // Where places are not told, any place behind the longest read will do.
  const untold = later.some((row) => ops.r[row] === UNKNOWN)
  const taken = untold ? undefined : takePlaces(history, key, later, known, order.length)
  const last = untold ? order.length : later.reduce((most, row) => Math.max(most, ops.r[row] ?? 0), order.length)
  if (taken) return taken
  if (last - known.size > spare.length) {
    return {
      key,
      rows: later.slice(-1),
      why: `an append answered that the list had ${plural(last, 'element')}, more than were ever appended`,
    }
  }
  const stages = stagesOf(history, known, last)
  for (const row of reads) stages[2 * lengthOf(history, row)]?.rows.push(row)
  const behind: Stage[] = untold ? [{ text: 'an element was appended that no read shows', rows: later }] : []
  return outOfOrder(key, [...stages, ...behind], ops) ?? unfilled(key, { stages, known, spare }, ops)
}

function stagesOf(history: History, known: ReadonlyMap<number, number>, last: number): Stage[] {
  const stages: Stage[] = [{ text: 'the list was empty', rows: [] }]
  for (let place = 1; place <= last; place += 1) {
    const push = known.get(place)
    const element = push === undefined ? 'an element' : valueText(history, history.ops.a[push] ?? UNKNOWN)
    stages.push({ text: `${element} was appended`, rows: push === undefined ? [] : [push] })
    stages.push({ text: `the list had ${plural(place, 'element')}`, rows: [] })
  }
  return stages
}

/**
 * Puts acknowledged appends that no read shows at the places that their answers tell. Returns what is wrong with one.
 */
function takePlaces(
  history: History,
  key: number,
  rows: readonly number[],
  known: Map<number, number>,
  length: number,
): Violation | undefined {
  for (const row of rows) {
    const place = history.ops.r[row] ?? UNKNOWN
    const text = `the append of ${valueText(history, history.ops.a[row] ?? UNKNOWN)} answered that it stands at place ${place}`
    if (place <= length) return { key, rows: [row], why: `${text}, where another element was read` }
    const rival = known.get(place)
    if (rival !== undefined) return { key, rows: [rival, row], why: `${text}, which another append got too` }
    known.set(place, row)
  }
  return undefined
}
