import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import { FLAG, UNKNOWN } from '../record/history-codes.ts'
import { defineCheck } from './check.ts'
import { cachedReads } from './client-lies.ts'
import { comparisonKeys, HALF_A_COMPARISON, isWholeComparison, WHOLE_COMPARISON } from './comparison.ts'
import type { Evidence } from './evidence.ts'
import { AT_MOST, count, durationOf, durationText, duringKey, scopeText } from './limits.ts'
import { type StaleRead, staleOfCounters, staleOfMembers, staleOfValues } from './stale/stale.ts'
import { readsAt } from './values/reads.ts'
import { witnessOf } from './witness.ts'
import { momentText } from './words.ts'

const limit = z
  .union([
    count,
    z
      .strictObject({
        at_most: count.optional().describe(AT_MOST),
        max_age: durationText
          .optional()
          .describe('How old a value may be when it is read: since when something newer had been acknowledged'),
        during: duringKey,
        ...comparisonKeys,
      })
      .refine(isWholeComparison, HALF_A_COMPARISON)
      .refine(({ at_most, max_age }) => at_most !== undefined || max_age !== undefined, {
        error: 'say how many reads may be stale (at_most), or how old what they tell may be (max_age), or both',
      })
      .meta({ ...WHOLE_COMPARISON, allOf: [{ anyOf: [{ required: ['at_most'] }, { required: ['max_age'] }] }] }),
  ])
  .meta({ title: 'Limit of staleness', description: 'How many reads may be stale; or how many, how stale, when' })

type StaleReadsLimit = z.infer<typeof limit>

export const staleReads = defineCheck<StaleReadsLimit>({
  name: 'stale_reads',
  summary: 'Reads that returned something older than what had been acknowledged, or read, before they began',
  examples: ['0', '{ max_age: 2s }'],
  workloads: ['register', 'cas', 'transaction', 'set', 'list', 'counter'],
  limit,
  limitText(written) {
    if (typeof written === 'number') return String(written)
    const { at_most, max_age } = written
    const parts = [
      ...(at_most === undefined ? [] : [`at most ${at_most}`]),
      ...(max_age === undefined ? [] : [`none older than ${formatDuration(durationOf(max_age))}`]),
    ]
    return `${parts.join(', ')}${scopeText(written)}`
  },
  measure(written, evidence) {
    const {
      at_most = Number.POSITIVE_INFINITY,
      max_age,
      during,
    } = typeof written === 'number' ? { at_most: written } : written
    const { stale, reads } = staleReadsOf(evidence, evidence.phase(during))
    const oldest = stale.reduce<StaleRead | undefined>(
      (best, read) => (best && best.ageMs >= read.ageMs ? best : read),
      undefined,
    )
    const ageMs = oldest?.ageMs ?? 0
    const tooOld = max_age !== undefined && ageMs > durationOf(max_age)
    const value = oldest ? `${stale.length}, up to ${formatDuration(ageMs)} old` : '0'
    const amount = { value, amount: stale.length, samples: reads }
    if (!oldest)
      return {
        ...amount,
        finding: 'holds',
        explanation: freshText(evidence, evidence.phase(during), reads),
      }
    return {
      ...amount,
      finding: stale.length > at_most || tooOld ? 'violated' : 'holds',
      explanation: staleText(evidence, stale, oldest),
      details: nodesText(evidence, stale),
      witness: witnessOf(
        evidence.history,
        'what was acknowledged, and the read that returned something older',
        oldest.rows,
        stale.length - 1,
      ),
    }
  },
})

function staleReadsOf(evidence: Evidence, phase: number | undefined): { stale: StaleRead[]; reads: number } {
  const { type } = evidence.history
  if (type === 'counter') return staleOfCounters(evidence, phase)
  return type === 'set' || type === 'list' ? staleOfMembers(evidence, phase) : staleOfValues(evidence, phase)
}

/** What was read at the end is counted in, and told: it is no load that a client had. */
function freshText({ history: { ops, rows } }: Evidence, phase: number | undefined, reads: number): string {
  let finals = 0
  for (let row = 0; row < rows; row += 1) {
    const isFinal = ((ops.flags[row] ?? 0) & FLAG.final) !== 0 && readsAt(ops, row)
    if (isFinal && (phase === undefined || ops.phase[row] === phase)) finals += 1
  }
  const atTheEnd = finals === 0 ? '' : `, ${finals} of them after the load,`
  return `None of ${plural(reads, 'read')}${atTheEnd} is known to have returned something older than what had been acknowledged before it began.`
}

function staleText(evidence: Evidence, stale: readonly StaleRead[], { row, ageMs }: StaleRead): string {
  const { history } = evidence
  const { ops } = history
  const node = history.nodes[ops.node[row] ?? -1]
  const from = node === undefined ? '' : ` from ${node}`
  const key = history.keys[ops.key[row] ?? 0]
  const replicas = stale.filter((read) => ((ops.flags[read.row] ?? 0) & FLAG.replica) !== 0).length
  const asked =
    replicas === 0
      ? ''
      : replicas === stale.length
        ? ', all of them from replicas'
        : `, ${replicas} of them from replicas`
  const were = stale.length === 1 ? 'was' : 'were'
  return (
    `${plural(stale.length, 'read')} ${were} stale${asked}: older than what had been acknowledged before. The oldest, of ${key}${from} at ` +
    `${momentText(ops.completeMs[row] ?? 0)}, returned what had been replaced ${formatDuration(ageMs)} before it was sent.${cachedReads(evidence, stale)}`
  )
}

function nodesText({ history }: Evidence, stale: readonly StaleRead[]): string[] {
  const byNode = new Map<string, StaleRead[]>()
  for (const read of stale) {
    const node = history.nodes[history.ops.node[read.row] ?? UNKNOWN] ?? 'a node that is not known'
    byNode.set(node, [...(byNode.get(node) ?? []), read])
  }
  return [...byNode].map(([node, reads]) => {
    const ages = reads.map(({ ageMs }) => ageMs)
    const keys = [...new Set(reads.map(({ row }) => history.keys[history.ops.key[row] ?? 0] ?? ''))]
    const oldest = formatDuration(ages.reduce((most, ageMs) => Math.max(most, ageMs), 0))
    return `${node}: ${plural(reads.length, 'stale read')} of ${listed(keys, 3)}, up to ${oldest} old`
  })
}
