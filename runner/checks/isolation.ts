import { listed, plural } from '../base/text.ts'
import { listOf } from '../record/history.ts'
import { UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { type PropertyLimit, propertyLimit, propertyText } from './limits.ts'
import { readsAt, valueReadBy } from './values/reads.ts'
import { witnessOf } from './witness.ts'
import { momentText, valueText } from './words.ts'

export const isolation = defineCheck<PropertyLimit>({
  name: 'isolation',
  summary: 'No transaction sees another half done: keys that are only written together are read with one value',
  examples: ['true'],
  workloads: ['transaction'],
  watchesFailovers: 'writes',
  limit: propertyLimit,
  limitText: propertyText,
  measure(limit, evidence) {
    const { torn, samples } = tornReads(evidence, evidence.phase(limit === true ? undefined : limit.during))
    const { history } = evidence
    const amount = { value: `${torn.length} of ${samples} reads torn`, amount: torn.length, samples }
    const [first] = torn
    if (first === undefined)
      return {
        ...amount,
        finding: 'holds',
        explanation: `${plural(samples, 'transaction')} that read the keys of a group found all of them with one value.`,
      }
    const texts = torn.map((row) => tornText(evidence, row))
    return {
      ...amount,
      finding: 'violated',
      explanation: `${plural(torn.length, 'transaction')} saw others half done: ${listed(texts, 2)}.`,
      details: texts.slice(0, 10),
      witness: witnessOf(history, texts[0] ?? '', [...writersOf(evidence, first), first], torn.length - 1),
    }
  },
})

function tornReads({ history }: Evidence, phase: number | undefined): { torn: number[]; samples: number } {
  const { ops, rows } = history
  const torn: number[] = []
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    if (!readsAt(ops, row) || ops.r[row] === UNKNOWN || (phase !== undefined && ops.phase[row] !== phase)) continue
    samples += 1
    if (valueReadBy(history, row) === undefined) torn.push(row)
  }
  return { torn, samples }
}

function tornText({ history }: Evidence, row: number): string {
  const values = [...new Set(listOf(history, history.ops.r[row] ?? -1))].map((value) => valueText(history, value))
  return `the group ${history.keys[history.ops.key[row] ?? 0]} held ${listed(values)} at once at ${momentText(history.ops.completeMs[row] ?? 0)}`
}

/** The transactions that wrote what the read mixes. */
function writersOf({ history, table }: Evidence, row: number): number[] {
  const values = new Set(listOf(history, history.ops.r[row] ?? -1))
  return [...values]
    .map((value) => table.find(history.ops.key[row] ?? 0, value))
    .map((value) => (value < 0 ? -1 : table.writeRow(value)))
    .filter((writer) => writer >= 0)
}
