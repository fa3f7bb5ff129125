import { listed, plural } from '../base/text.ts'
import { listOf } from '../record/history.ts'
import { FN, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type PropertyLimit, propertyLimit, propertyText } from './limits.ts'
import { endMs } from './linearizable/stages.ts'
import { readsAt } from './values/reads.ts'
import { witnessOf } from './witness.ts'
import { readText, valueText } from './words.ts'

/** Two elements that stand in an order they cannot have been appended in, or that two reads tell differently. */
interface Disorder {
  rows: number[]
  text: string
}

export const listOrder = defineCheck<PropertyLimit>({
  name: 'list_order',
  summary:
    'Elements stand in the order in which they were appended, and all reads tell the same order; lost elements do not count here',
  examples: ['true'],
  workloads: ['list'],
  watchesFailovers: 'writes',
  limit: propertyLimit,
  limitText: propertyText,
  measure(limit, evidence) {
    const { disorders, samples } = disordersOf(evidence, evidence.phase(limit === true ? undefined : limit.during))
    const amount = { value: `${disorders.length} of ${samples} reads out of order`, amount: disorders.length, samples }
    const [first] = disorders
    if (!first)
      return {
        ...amount,
        finding: 'holds',
        explanation: `${plural(samples, 'read')} of lists showed their elements in the order in which they were appended.`,
      }
    const texts = disorders.map(({ text }) => text)
    return {
      ...amount,
      finding: 'violated',
      explanation: `${plural(disorders.length, 'read')} showed elements out of order: ${listed(texts, 2)}.`,
      details: texts.slice(0, 10),
      witness: witnessOf(evidence.history, first.text, first.rows, disorders.length - 1),
    }
  },
})

function disordersOf(evidence: Evidence, phase: number | undefined): { disorders: Disorder[]; samples: number } {
  const { history } = evidence
  const { ops, rows, keys } = history
  const pushes = keys.map(() => new Map<number, number>())
  for (let row = 0; row < rows; row += 1)
    if (ops.fn[row] === FN.push) pushes[ops.key[row] ?? 0]?.set(ops.a[row] ?? UNKNOWN, row)
  const longest = longestReads(evidence)
  const disorders: Disorder[] = []
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || (phase !== undefined && ops.phase[row] !== phase)) continue
    samples += 1
    const key = ops.key[row] ?? 0
    const found = againstTime(evidence, row, pushes[key] ?? new Map()) ?? againstOther(evidence, row, longest[key])
    if (found) disorders.push(found)
  }
  return { disorders, samples }
}

/** The longest read of each key, and the place of each element in it. */
function longestReads({ history }: Evidence): { row: number; places: Map<number, number> }[] {
  const { ops, rows, keys } = history
  const longest = keys.map(() => -1)
  const lengthOf = (row: number) => (row < 0 ? -1 : listOf(history, ops.r[row] ?? -1).length)
  for (let row = 0; row < rows; row += 1) {
    const key = ops.key[row] ?? 0
    if (readsAt(ops, row) && lengthOf(row) > lengthOf(longest[key] ?? -1)) longest[key] = row
  }
  return longest.map((row) => {
    const places = new Map<number, number>()
    if (row >= 0) for (const [place, element] of listOf(history, ops.r[row] ?? -1).entries()) places.set(element, place)
    return { row, places }
  })
}

/** An element that stands behind another whose append began only after its own had ended. */
function againstTime({ history }: Evidence, row: number, pushes: ReadonlyMap<number, number>): Disorder | undefined {
  const { ops } = history
  let latest = -1
  for (const element of listOf(history, ops.r[row] ?? -1)) {
    const push = pushes.get(element)
    if (push === undefined) continue
    if (latest >= 0 && endMs(ops, push) < (ops.invokeMs[latest] ?? 0)) {
      const [early, late] = [valueText(history, ops.a[push] ?? UNKNOWN), valueText(history, ops.a[latest] ?? UNKNOWN)]
      return {
        rows: [push, latest, row],
        text: `${late} stood before ${early} in ${readText(history, row)}, although its append began after that of ${early} was acknowledged`,
      }
    }
    if (latest < 0 || (ops.invokeMs[push] ?? 0) > (ops.invokeMs[latest] ?? 0)) latest = push
  }
  return undefined
}

/** Two elements that the longest read has the other way round. */
function againstOther(
  { history }: Evidence,
  row: number,
  longest: { row: number; places: ReadonlyMap<number, number> } | undefined,
): Disorder | undefined {
  let before: { element: number; place: number } | undefined
  for (const element of listOf(history, history.ops.r[row] ?? -1)) {
    const place = longest?.places.get(element)
    if (place === undefined) continue
    if (before && place < before.place) {
      const [one, other] = [valueText(history, before.element), valueText(history, element)]
      return {
        rows: [row, longest?.row ?? row],
        text: `${one} stood before ${other} in ${readText(history, row)}, and behind it in another read`,
      }
    }
    before = { element, place }
  }
  return undefined
}
