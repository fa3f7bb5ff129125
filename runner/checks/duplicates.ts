import { listed, plural } from '../base/text.ts'
import { listOf } from '../record/history.ts'
import { FN, isIndeterminateCode, OUTCOME_OK, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type CountLimit, countLimit, countOf, countText } from './limits.ts'
import { witnessOf } from './witness.ts'
import { momentText, valueText } from './words.ts'

/** Something that was done once and shows more often. */
interface Duplicate {
  rows: number[]
  text: string
  /** How often too often. */
  excess: number
}

interface Found {
  duplicates: Duplicate[]
  samples: number
}

export const duplicates = defineCheck<CountLimit>({
  name: 'duplicates',
  summary: 'Elements that stand in a list twice, messages delivered twice, increments that count twice',
  examples: ['0'],
  workloads: ['list', 'counter', 'pubsub'],
  watchesFailovers: 'writes',
  limit: countLimit,
  limitText: countText,
  measure(limit, evidence) {
    const { at_most, during } = countOf(limit)
    const phase = evidence.phase(during)
    const { type } = evidence.history
    const find = type === 'list' ? inLists : type === 'counter' ? inCounters : inDeliveries
    const { duplicates: found, samples } = find(evidence, phase)
    const count = found.reduce((sum, { excess }) => sum + excess, 0)
    const amount = { value: String(count), amount: count, samples }
    const finding = count > at_most ? 'violated' : 'holds'
    const [first] = found
    if (!first)
      return {
        ...amount,
        finding,
        explanation: `Nothing was there more often than it was written, in ${plural(samples, NOUN[type] ?? 'read')}.`,
      }
    const texts = found.map(({ text }) => text)
    return {
      ...amount,
      finding,
      explanation: `${plural(count, 'duplicate')}: ${listed(texts, 3)}.`,
      details: texts.slice(0, 10),
      witness: witnessOf(evidence.history, first.text, first.rows),
    }
  },
})

const NOUN: Record<string, string> = { list: 'read', counter: 'read', pubsub: 'message' }

function inLists({ history }: Evidence, phase: number | undefined): Found {
  const { ops, rows, keys } = history
  const found = new Map<string, Duplicate>()
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.read || ops.outcome[row] !== OUTCOME_OK) continue
    if (phase !== undefined && ops.phase[row] !== phase) continue
    samples += 1
    const counts = new Map<number, number>()
    for (const element of listOf(history, ops.r[row] ?? -1)) counts.set(element, (counts.get(element) ?? 0) + 1)
    if (counts.size === listOf(history, ops.r[row] ?? -1).length) continue
    for (const [element, count] of counts) {
      if (count < 2) continue
      const key = keys[ops.key[row] ?? 0] ?? ''
      const text = `${valueText(history, element)} stands in ${key} ${count} times`
      found.set(`${key} ${element}`, { rows: [row], text, excess: count - 1 })
    }
  }
  return { duplicates: [...found.values()], samples }
}

/** Counters that were read higher than all increments that had begun can have made them. */
function inCounters({ history }: Evidence, phase: number | undefined): Found {
  const { ops, rows, keys } = history
  const most = new Float64Array(keys.length)
  const highest = new Int32Array(keys.length).fill(-1)
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    const key = ops.key[row] ?? 0
    const outcome = ops.outcome[row] ?? 0
    const isOk = outcome === OUTCOME_OK
    if (ops.fn[row] === FN.add && (isOk || isIndeterminateCode(outcome)))
      most[key] = (most[key] ?? 0) + Math.max(ops.a[row] ?? 0, 0)
    if (!isOk || ops.r[row] === UNKNOWN || (phase !== undefined && ops.phase[row] !== phase)) continue
    samples += 1
    if ((ops.r[row] ?? 0) > (ops.r[highest[key] ?? -1] ?? Number.NEGATIVE_INFINITY)) highest[key] = row
  }
  const found = keys.flatMap((name, key): Duplicate[] => {
    const row = highest[key] ?? -1
    const value = ops.r[row] ?? 0
    const excess = value - (most[key] ?? 0)
    if (row < 0 || excess <= 0) return []
    return [
      {
        rows: [row],
        excess,
        text: `${name} was ${value} at ${momentText(ops.completeMs[row] ?? 0)}, although all increments together make ${most[key] ?? 0}`,
      },
    ]
  })
  return { duplicates: found, samples }
}

/** Messages that one subscriber was given more than once. */
function inDeliveries({ history }: Evidence, phase: number | undefined): Found {
  const { ops, rows, keys } = history
  const first = keys.map(() => new Map<number, Map<number, number>>())
  const found = new Map<number, Duplicate>()
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (ops.fn[row] !== FN.deliver || (phase !== undefined && ops.phase[row] !== phase)) continue
    const key = ops.key[row] ?? 0
    const subscriber = ops.client[row] ?? 0
    const message = ops.a[row] ?? UNKNOWN
    const messages = first[key]?.get(subscriber) ?? new Map<number, number>()
    first[key]?.set(subscriber, messages)
    const before = messages.get(message)
    if (before === undefined) {
      messages.set(message, row)
      samples += 1
      continue
    }
    const known = found.get(before) ?? { rows: [before], text: '', excess: 0 }
    known.rows.push(row)
    known.excess += 1
    known.text = `message ${valueText(history, message)} of ${keys[key]} came to subscriber ${subscriber} ${known.excess + 1} times`
    found.set(before, known)
  }
  return { duplicates: [...found.values()], samples }
}
