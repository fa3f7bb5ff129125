import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import { defineCheck } from './check.ts'
import type { Evidence } from './evidence.ts'
import { durationOf, durationText, duringKey, mustHold, scopeText } from './limits.ts'
import { Expiries, mayExpireMs, mustExpireMs } from './values/expiries.ts'
import { readsAt } from './values/reads.ts'
import { witnessOf } from './witness.ts'
import { momentText, valueText } from './words.ts'

/**
 * How far from its time a key may vanish when a scenario does not say: clocks of servers are read in ms and drift a
 * little.
 */
const DEFAULT_TOLERANCE = '100ms'

const limit = z
  .union([
    mustHold,
    z.strictObject({
      early: durationText.optional().describe('How long before its time a key may vanish; 100ms unless given'),
      late: durationText.optional().describe('How long after its time a key may still be read; 100ms unless given'),
      during: duringKey,
    }),
  ])
  .meta({
    title: 'Limit of lifetimes',
    description: 'That it must hold: true; or by how much it may be missed, and when',
  })

type ExpiryLimit = z.infer<typeof limit>

/** A read that shows a promise broken, and the value it is about. */
interface Broken {
  row: number
  value: number
  /** How long before its time it was gone, or after it still there, ms. */
  byMs: number
  kind: 'early' | 'late'
}

export const expiry = defineCheck<ExpiryLimit>({
  name: 'expiry',
  summary: 'Keys live as long as their TTL says, and no longer, also after a failover',
  examples: ['true', '{ early: 200ms, late: 500ms }'],
  workloads: ['expiry'],
  limit,
  limitText(written) {
    const { early, late } = tolerances(written)
    return `at most ${formatDuration(durationOf(early))} early, ${formatDuration(durationOf(late))} late${written === true ? '' : scopeText(written)}`
  },
  measure(written, evidence) {
    const { early, late } = tolerances(written)
    const phase = evidence.phase(written === true ? undefined : written.during)
    const { broken, samples } = brokenPromises(evidence, phase, {
      earlyMs: durationOf(early),
      lateMs: durationOf(late),
    })
    const amount = { value: `${broken.length} of ${samples} reads`, amount: broken.length, samples }
    const [first] = broken
    if (!first)
      return {
        ...amount,
        finding: 'holds',
        explanation: `${plural(samples, 'read')} found each key as long as its TTL said, and no longer.`,
      }
    const texts = broken.map((each) => brokenText(evidence, each))
    const counts = (kind: Broken['kind']) => broken.filter((each) => each.kind === kind).length
    return {
      ...amount,
      finding: 'violated',
      explanation: `${plural(counts('early'), 'read')} missed a key before its time, ${plural(counts('late'), 'read')} found one after it: ${listed(texts, 2)}.`,
      details: texts.slice(0, 10),
      witness: witnessOf(
        evidence.history,
        texts[0] ?? '',
        [evidence.table.writeRow(first.value), first.row],
        broken.length - 1,
      ),
    }
  },
})

function tolerances(limit: ExpiryLimit): { early: string; late: string } {
  const { early = DEFAULT_TOLERANCE, late = DEFAULT_TOLERANCE } = limit === true ? {} : limit
  return { early, late }
}

function brokenPromises(
  { history, table }: Evidence,
  phase: number | undefined,
  { earlyMs, lateMs }: { earlyMs: number; lateMs: number },
): { broken: Broken[]; samples: number } {
  const { ops, rows, keys } = history
  const expiries = new Expiries(history, table)
  const broken: Broken[] = []
  let samples = 0
  for (let row = 0; row < rows; row += 1) {
    const value = table.ofRow[row] ?? -1
    if (value < 0 || !readsAt(ops, row) || (phase !== undefined && ops.phase[row] !== phase)) continue
    samples += 1
    if (value >= keys.length) {
      const byMs = (ops.invokeMs[row] ?? 0) - mustExpireMs(history, table, value)
      if (byMs > lateMs) broken.push({ row, value, byMs, kind: 'late' })
      continue
    }
    const [gone] = expiries.goneTooEarly(row, earlyMs)
    if (gone !== undefined)
      broken.push({
        row,
        value: gone,
        byMs: mayExpireMs(history, table, gone) - (ops.completeMs[row] ?? 0),
        kind: 'early',
      })
  }
  return { broken, samples }
}

function brokenText({ history, table }: Evidence, { row, value, byMs, kind }: Broken): string {
  const node = history.nodes[history.ops.node[row] ?? -1]
  const from = node === undefined ? '' : ` on ${node}`
  const what = `${valueText(history, table.value(value))} of ${history.keys[table.key(value)]}`
  const how = Number.isFinite(byMs)
    ? `${formatDuration(byMs)} ${kind === 'early' ? 'before' : 'after'} its time`
    : 'although it has no TTL'
  return `${what} was ${kind === 'early' ? 'gone' : 'there'}${from} at ${momentText(history.ops.completeMs[row] ?? 0)}, ${how}`
}
