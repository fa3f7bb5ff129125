import { z } from 'zod'
import { formatDuration, parseDuration } from '../base/duration.ts'
import { listed, plural } from '../base/text.ts'
import { isApplication } from './applications.ts'
import { defineCheck, type Measured } from './check.ts'
import { falseAcknowledgements } from './client-lies.ts'
import { comparisonKeys, HALF_A_COMPARISON, isWholeComparison, WHOLE_COMPARISON } from './comparison.ts'
import type { Evidence } from './evidence.ts'
import { AT_MOST, count, durationText, duringKey, scopeText } from './limits.ts'
import { oldestOf } from './losses/age.ts'
import { type Losses, samplesAmong } from './losses/losses.ts'
import { lossDetail, lossesByShard, lossSentence, lostNames } from './losses/story.ts'
import { shapeOf } from './losses/suffix.ts'
import { witnessOf } from './witness.ts'

const limit = z
  .union([
    count,
    z
      .strictObject({
        at_most: count.optional().describe(AT_MOST),
        shape: z
          .literal('suffix')
          .optional()
          .describe('What is lost must be the tail of what the old master acknowledged'),
        within: durationText
          .optional()
          .describe('What is lost must have been acknowledged at most so long before the fault, or while it went on'),
        during: duringKey,
        ...comparisonKeys,
      })
      .refine(isWholeComparison, HALF_A_COMPARISON)
      .refine(({ at_most, shape, within }) => (at_most ?? shape ?? within) !== undefined, {
        error:
          'say how many may be lost (at_most), of which shape what is lost must be (shape), or how long before the fault it may have been acknowledged (within)',
      })
      .meta({
        ...WHOLE_COMPARISON,
        allOf: [{ anyOf: [{ required: ['at_most'] }, { required: ['shape'] }, { required: ['within'] }] }],
      }),
  ])
  .meta({
    title: 'Limit of losses',
    description: 'How many may be lost; or how many, of which shape, when, beside whom',
  })

type LostWritesLimit = z.infer<typeof limit>

export const lostWrites = defineCheck<LostWritesLimit>({
  name: 'lost_writes',
  summary: 'Acknowledged writes that are gone, or replaced by something older',
  examples: ['0', '{ at_most: 20, shape: suffix }', '{ within: 2s }', '{ at_most: 0, against: plain, must: differ }'],
  workloads: ['register', 'cas', 'counter', 'set', 'list', 'transaction', 'expiry'],
  watchesFailovers: 'writes',
  limit,
  limitText(written) {
    if (typeof written === 'number') return String(written)
    const { at_most, shape, within } = written
    const parts = [
      ...(at_most === undefined ? [] : [`at most ${at_most}`]),
      ...(shape === undefined ? [] : ['only a tail of what the old master acknowledged']),
      ...(within === undefined ? [] : [`only what was acknowledged within ${within} before the fault`]),
    ]
    return `${parts.join(', ')}${scopeText(written)}`
  },
  measure(written, evidence) {
    const {
      at_most = 0,
      shape,
      within,
      during,
    } = typeof written === 'number' ? { at_most: written } : { at_most: Infinity, ...written }
    const { losses, history } = evidence
    const counts = evidence.counts(during)
    const groups = lossesByShard(evidence, losses, counts ?? (() => true))
    const count = groups.reduce((sum, group) => sum + group.count, 0)
    const samples = counts === undefined ? losses.samples : samplesAmong(evidence, losses, counts)
    const amount = { value: String(count), amount: count, samples }
    if (count === 0) return { ...amount, ...nothingLost(evidence, losses, samples) }
    if (history.type === 'counter' && (counts ?? within) !== undefined) return { ...amount, ...undatable(count) }
    const rows = groups.flatMap((group) => group.rows)
    const common = {
      ...amount,
      details: [
        ...groups.flatMap((group) => [lossDetail(evidence, group), ...lostNames(evidence, group)]),
        ...unreadText(evidence, losses),
      ],
      witness: lossWitness(evidence, losses, rows),
    }
    const lies = falseAcknowledgements(evidence, rows, losses.shownBy)
    const sentences = groups.map((group) => lossSentence(evidence, losses, group)).join('. ')
    if (count > at_most) return { ...common, finding: 'violated', explanation: `${sentences}.${lies}` }
    const late = within === undefined ? undefined : tooOld(evidence, rows, within, sentences)
    if (late !== undefined) return { ...common, ...late }
    if (shape !== undefined) return { ...common, ...judgeShape(evidence, losses, sentences) }
    const finding = losses.unread.length > 0 ? 'unknown' : 'holds'
    return { ...common, finding, explanation: `${sentences}; the limit allows it.` }
  },
})

type Judgement = Pick<Measured, 'finding' | 'explanation'> & Partial<Measured>

function nothingLost(evidence: Evidence, losses: Losses, samples: number): Judgement {
  const { unread } = losses
  if (samples === 0) {
    const why = unread.length > 0 ? 'no key could be read back after the run' : 'there was no acknowledged write'
    return { finding: 'unknown', explanation: `It cannot be said whether writes were lost: ${why}.` }
  }
  const kept =
    samples === 1
      ? 'The one acknowledged write was there after the run, or had been overwritten by a later one'
      : `All ${samples} acknowledged writes were there after the run, or had been overwritten by later ones`
  if (unread.length === 0) return { finding: 'holds', explanation: `${kept}.` }
  return { finding: 'unknown', explanation: `${kept}; but ${unreadText(evidence, losses).join('')}.` }
}

/** Undefined when all that is lost was acknowledged within the time before its fault. */
function tooOld(evidence: Evidence, rows: readonly number[], within: string, sentences: string): Judgement | undefined {
  const oldest = oldestOf(evidence, rows)
  if (oldest === undefined || oldest.ageMs <= (parseDuration(within) ?? 0)) return undefined
  const why = Number.isFinite(oldest.ageMs)
    ? `One was acknowledged ${formatDuration(oldest.ageMs)} before the fault, and the limit is ${within}`
    : 'One was acknowledged when no fault of its shard went on, and none came later'
  return {
    finding: 'violated',
    explanation: `${sentences}. ${why}.`,
    witness: lossWitness(evidence, evidence.losses, [oldest.row]),
  }
}

function undatable(count: number): Judgement {
  const explanation = `${plural(count, 'increment')} of counters ${count === 1 ? 'was' : 'were'} lost, but of a counter nobody can say which increments are missing, nor in which phase they were made.`
  return { finding: 'unknown', explanation }
}

function unreadText(evidence: Evidence, { unread }: Losses): string[] {
  const { history } = evidence
  const from = isApplication(evidence) ? 'through the application' : 'from the masters'
  if (unread.length === 0) return []
  const names = listed(
    unread.map((key) => history.keys[key] ?? ''),
    3,
  )
  return [
    `${plural(unread.length, 'key')} with acknowledged writes could not be read back ${from} (${names}), so what became of ${unread.length === 1 ? 'its' : 'their'} writes is unknown`,
  ]
}

function judgeShape(evidence: Evidence, losses: Losses, sentences: string): Judgement {
  if (evidence.history.type === 'counter') {
    return {
      finding: 'unknown',
      explanation: `${sentences}. Of a counter nobody can say which increments are missing, so their shape is unknown.`,
    }
  }
  const { hole, unplaced } = shapeOf(evidence, losses)
  if (hole) {
    const rows = [hole.lost, hole.survivor]
    return {
      finding: 'violated',
      explanation:
        `${sentences}. What is lost is not a tail: a write was lost although a later one, acknowledged by the same master in the same shard, ` +
        'survived. Asynchronous replication cannot do that.',
      witness: witnessOf(
        evidence.history,
        'the first write is lost, the second, which began after it was acknowledged, is not',
        rows,
      ),
    }
  }
  if (unplaced > 0) {
    return {
      finding: 'unknown',
      explanation: `${sentences}. It is not known which node acknowledged ${unplaced} of them, so their shape is unknown.`,
    }
  }
  return {
    finding: 'holds',
    explanation: `${sentences}. All of it is the tail of what the old master had acknowledged, as asynchronous replication allows.`,
  }
}

function lossWitness({ history }: Evidence, losses: Losses, rows: readonly number[]) {
  const [first] = rows
  if (first === undefined) {
    const reads = [...losses.byKey.keys()].map((key) => losses.finals[key] ?? -1)
    return witnessOf(history, 'what was read back after the run', reads)
  }
  const shown = [first, losses.shownBy.get(first) ?? first]
  return witnessOf(history, 'the oldest lost write, and the read that shows it gone', shown, rows.length - 1)
}
