import { listed, plural } from '../base/text.ts'
import { listOf } from '../record/history.ts'
import { FN, isIndeterminateCode, OUTCOME_OK, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type PropertyLimit, propertyLimit, propertyText } from './limits.ts'
import { readsAt } from './values/reads.ts'
import { witnessOf } from './witness.ts'
import { readText, valueText } from './words.ts'

interface WrongRead {
  row: number
  /** The addition that is missing; absent where something is there that cannot be. */
  add?: number
  text: string
}

export const set = defineCheck<PropertyLimit>({
  name: 'set',
  summary: 'Every read of a set holds what had been added before it began, and nothing that nobody had begun to add',
  examples: ['true'],
  workloads: ['set'],
  watchesFailovers: 'writes',
  limit: propertyLimit,
  limitText: propertyText,
  measure(limit, evidence) {
    const { wrong, samples } = wrongReads(evidence, evidence.phase(limit === true ? undefined : limit.during))
    const amount = { value: `${wrong.length} of ${samples} reads wrong`, amount: wrong.length, samples }
    const [first] = wrong
    if (!first)
      return {
        ...amount,
        finding: 'holds',
        explanation: `${plural(samples, 'read')} had every member that had been acknowledged before, and no other than had begun to be added.`,
      }
    const texts = wrong.map(({ text }) => text)
    return {
      ...amount,
      finding: 'violated',
      explanation: `${plural(wrong.length, 'read')} of sets ${wrong.length === 1 ? 'was' : 'were'} wrong: ${listed(texts, 2)}.`,
      details: texts.slice(0, 10),
      witness: witnessOf(
        evidence.history,
        first.text,
        first.add === undefined ? [first.row] : [first.add, first.row],
        wrong.length - 1,
      ),
    }
  },
})

function wrongReads(evidence: Evidence, phase: number | undefined): { wrong: WrongRead[]; samples: number } {
  const { history } = evidence
  const { ops, rows } = history
  const adds = history.keys.map(() => new Map<number, number>())
  for (let row = 0; row < rows; row += 1)
    if (ops.fn[row] === FN.add) adds[ops.key[row] ?? 0]?.set(ops.a[row] ?? UNKNOWN, row)
  const wrong: WrongRead[] = []
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || (phase !== undefined && ops.phase[row] !== phase)) continue
    samples += 1
    const its = adds[ops.key[row] ?? 0] ?? new Map<number, number>()
    const found = strangerIn(evidence, row, its) ?? missingFrom(evidence, row, its)
    if (found) wrong.push(found)
  }
  return { wrong, samples }
}

function strangerIn({ history }: Evidence, row: number, adds: ReadonlyMap<number, number>): WrongRead | undefined {
  const { ops } = history
  for (const member of listOf(history, ops.r[row] ?? -1)) {
    const add = adds.get(member)
    const outcome = ops.outcome[add ?? -1] ?? 0
    const mayBeThere =
      add !== undefined &&
      (outcome === OUTCOME_OK || isIndeterminateCode(outcome)) &&
      (ops.invokeMs[add] ?? 0) <= (ops.completeMs[row] ?? 0)
    if (!mayBeThere)
      return {
        row,
        text: `${readText(history, row)} held ${valueText(history, member)}, which nobody had begun to add, or whose addition had failed`,
      }
  }
  return undefined
}

function missingFrom({ history }: Evidence, row: number, adds: ReadonlyMap<number, number>): WrongRead | undefined {
  const { ops } = history
  const members = new Set(listOf(history, ops.r[row] ?? -1))
  const missing = [...adds].filter(
    ([member, add]) =>
      ops.outcome[add] === OUTCOME_OK && (ops.completeMs[add] ?? 0) < (ops.invokeMs[row] ?? 0) && !members.has(member),
  )
  const [first] = missing
  if (!first) return undefined
  const names = listed(
    missing.map(([member]) => valueText(history, member)),
    3,
  )
  return { row, add: first[1], text: `${readText(history, row)} lacked ${names}, acknowledged before` }
}
