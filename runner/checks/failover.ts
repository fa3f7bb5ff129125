import { z } from 'zod'
import { formatDuration, parseDuration } from '../base/duration.ts'
import { capitalized } from '../base/text.ts'
import type { CheckOutcome, Finding } from '../record/check-outcome.ts'
import { expectedRange, type FailoverMetric, type FailoverValue, failoverValues } from '../results/failovers/metrics.ts'
import { formatRange } from '../results/failovers/summary.ts'
import type { ExpectedRange } from '../results/failovers/timeline.ts'
import type { FailoverFact, RunFacts } from '../results/run-facts.ts'
import { calmMs, gapBehind } from './calm.ts'
import { type Measured, outcomeOf } from './check.ts'
import { measureLeast } from './failover-least.ts'
import { atMostText, durationOf, durationText } from './limits.ts'
import { overlapMs } from './outages/standstill.ts'
import { momentText } from './words.ts'

/** The name under which checks of failovers stand in a scenario, beside those of workloads. */
export const FAILOVER = 'failover'

/** As a limit: what the cluster's own settings and version let expect of that failover. */
const EXPECTED = 'expected'

const atMost = z
  .string()
  .refine((text) => text === EXPECTED || parseDuration(text) !== undefined, {
    error: ({ input }) => `\`${input}\` is not a duration; write it as 250ms, 15s or 2m, or as ${EXPECTED}`,
  })
  .meta({
    title: 'Duration or expected',
    description: 'A duration: 250ms, 15s, 2m, or expected',
    pattern: `^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h)|${EXPECTED})$`,
    examples: ['12s', EXPECTED],
  })

const limit = z
  .union([
    atMost,
    z
      .strictObject({
        at_most: atMost
          .optional()
          .describe(
            'A duration: 250ms, 15s, 2m, or expected; the longest that it may be, and expected is what the settings imply',
          ),
        at_least: durationText
          .optional()
          .describe('A duration: 250ms, 15s, 2m; the shortest that it may be, in the place of at_most'),
        shards: z.array(z.int().min(1)).min(1).optional().describe('Only failovers of these shards'),
        wanted: z
          .boolean()
          .optional()
          .describe('Only those that CLUSTER FAILOVER asked for (true), or only the others (false)'),
      })
      .refine(({ at_most, at_least }) => (at_most === undefined) !== (at_least === undefined), {
        error: 'give `at_most` or `at_least`; for both, a list of two limits',
      })
      .meta({ oneOf: [{ required: ['at_most'] }, { required: ['at_least'] }] }),
  ])
  .meta({ title: 'Limit of failovers', description: 'How long it may take; or how long, and of which failovers' })

/** Forms of its limits, for the schema of editors. */
export const failoverForms: readonly z.ZodType[] = [atMost, limit]

type FailoverLimit = z.infer<typeof limit>

/** A check of failovers. */
export interface FailoverCheck {
  name: string
  summary: string
  /** Limits as a scenario has them, each one in YAML. */
  examples: readonly string[]
  limit: z.ZodType
  /** One limit, or a list of them. */
  limits: z.ZodType
  /** Judges each limit. Throws ZodError if `limits` would not accept what is `written`. */
  judge(written: unknown, facts: RunFacts): CheckOutcome[]
}

interface Part {
  name: FailoverMetric
  summary: string
  examples: readonly string[]
  /** What took that long, for prose. */
  noun: string
}

const PARTS: readonly Part[] = [
  {
    name: 'time',
    summary: 'How long a failover took, from its cause to the new master',
    examples: ['12s', '{ at_most: 2s, wanted: true }'],
    noun: 'failover',
  },
  {
    name: 'detection',
    summary: 'How long it took until a majority agreed that the master had failed',
    examples: [EXPECTED, '8s'],
    noun: 'detection',
  },
  {
    name: 'election',
    summary: 'How long it took from there to the new master',
    examples: [EXPECTED, '2s'],
    noun: 'election',
  },
  {
    name: 'client_outage',
    summary: 'How long writes to the shard were refused',
    examples: ['15s', '{ at_most: 15s, shards: [1] }'],
    noun: 'refusal of writes',
  },
]

export const failoverChecks: readonly FailoverCheck[] = PARTS.map((part) => {
  const limits = z.union([limit, z.array(limit).min(1)]).describe(part.summary)
  return {
    name: part.name,
    summary: part.summary,
    examples: part.examples,
    limit,
    limits,
    judge(written, facts) {
      const list = z.array(limit).safeParse(written)
      const wanted = list.success ? list.data : [limit.parse(written)]
      return wanted.map((one) =>
        outcomeOf({ on: FAILOVER, name: part.name, limit: limitText(one) }, measure(part, one, facts), undefined),
      )
    },
  }
})

function limitText(written: FailoverLimit): string {
  if (typeof written === 'string') return mostText(written)
  const { at_most, at_least, shards, wanted } = written
  const which = wanted === undefined ? '' : wanted ? ', of those asked for' : ', of those not asked for'
  const length = at_most === undefined ? `at least ${formatDuration(durationOf(at_least ?? ''))}` : mostText(at_most)
  return `${length}${shards === undefined ? '' : `, of shard ${shards.join(', ')}`}${which}`
}

function mostText(atMost: string): string {
  return atMost === EXPECTED ? 'as expected' : atMostText(atMost)
}

/** A value that was seen, and what it is held against: `open` if it is the least that it was. */
interface Timed extends FailoverValue {
  valueMs: number
  mostMs: number
  /** Where the limit is what was expected. */
  expected?: ExpectedRange
  /** What else is known of the scenario. */
  facts: RunFacts
}

/**
 * The worst of the values decides. One that had not come to its end when watching ended leaves open whether the limit
 * holds, and so does one that was not seen.
 */
function measure(part: Part, written: FailoverLimit, facts: RunFacts): Measured {
  const { at_most, at_least, shards, wanted }: Exclude<FailoverLimit, string> =
    typeof written === 'string' ? { at_most: written } : written
  const asked = facts.failovers.filter(
    (failover) =>
      (shards === undefined || shards.includes(failover.shard)) &&
      (wanted === undefined || wanted === (failover.wanted ?? false)),
  )
  const seen = failoverValues(asked, part.name)
    // A request that its server gave up replaced nobody, so nothing was timed.
    .filter(({ failover }) => part.name !== 'time' || failover.outcome !== 'given up')
    // One that was asked for waits for nothing that settings rule.
    .filter(({ failover }) => part.name !== 'election' || at_most !== EXPECTED || failover.wanted !== true)
  if (at_most === undefined) return measureLeast(part.noun, durationOf(at_least ?? ''), seen)
  const values = seen.map((value) => ({ ...held(value, part, at_most), facts }))
  const timed = values.filter((value): value is Timed => value.valueMs !== undefined && value.mostMs !== undefined)
  const unseen = values.filter(({ why }) => why !== undefined).map(unseenText)
  const worst = worstOf(part, timed)
  if (!worst) {
    const explanation = unseen[0] ?? (asked.length === 0 ? 'No failover was seen.' : `No ${part.noun} was seen.`)
    return { finding: 'unknown', value: 'none', samples: 0, explanation }
  }
  const [missed] = unseen
  const finding = findingOf(part, worst)
  const isUnseen = finding === 'holds' && missed !== undefined
  return {
    finding: isUnseen ? 'unknown' : finding,
    value: lengthText(worst),
    amount: worst.valueMs,
    samples: timed.length,
    details: [...timed.map(line), ...unseen],
    explanation: isUnseen ? missed : explain(part, worst, timed.length) + gapText(part, worst),
  }
}

/** The value with its limit, or why there is none. */
function held(value: FailoverValue, { name }: Part, atMost: string): FailoverValue & Partial<Timed> {
  if (atMost !== EXPECTED) return { ...value, mostMs: durationOf(atMost) }
  const expected = expectedRange(value.failover, name)
  if (expected !== undefined) return { ...value, mostMs: expected.maxMs, expected }
  return { why: "it is not known what to expect: no node told the cluster's settings", ...value }
}

/**
 * A master that nobody replaced has not been replaced in time; clients that were not back yet may have come back in
 * time.
 */
function findingOf(part: Part, timed: Timed): Finding {
  const { open, valueMs, mostMs } = timed
  if (valueMs <= mostMs && !(open && part.name === 'time')) return open || isHidden(part, timed) ? 'unknown' : 'holds'
  return gapIn(part, timed) === undefined ? 'violated' : 'unknown'
}

/** The gap that may have made it too long, in words; undefined if it was too long without that time. */
function gapIn(part: Part, timed: Timed): string | undefined {
  const { failover, valueMs, mostMs, facts } = timed
  const { startMs, totalMs } = failover
  const span = { startMs, endMs: startMs + (isHidden(part, timed) ? Math.max(valueMs, totalMs) : valueMs) }
  // When clients were served again is known only by looking.
  const timedBy = part.name === 'client_outage' ? 'looks' : 'servers'
  return calmMs(facts, span, timedBy) > mostMs ? undefined : gapBehind(facts, span, timedBy)
}

/**
 * Whether clients may have been refused for longer than the limit before anyone saw it: the runner stood still until
 * the first refusal that it saw, or over all of the failover.
 */
function isHidden({ name }: Part, { failover, valueMs, mostMs, facts }: Timed): boolean {
  if (name !== 'client_outage') return false
  const { startMs, totalMs, moments = [] } = failover
  const seen = moments.find((one) => one.name === 'first error') ?? moments.find((one) => one.name === 'first write')
  const alone = (facts.runnerStalls ?? []).filter(({ together }) => !together)
  return valueMs + overlapMs(alone, startMs, seen?.atMs ?? startMs + totalMs) > mostMs
}

/** A violation before what is open, and that before what holds; of those alike, the longest. */
function worstOf(part: Part, timed: readonly Timed[]): Timed | undefined {
  const rank = (one: Timed) => ['holds', 'unknown', 'violated'].indexOf(findingOf(part, one))
  return timed.toSorted((a, b) => rank(b) - rank(a) || b.valueMs - a.valueMs)[0]
}

function unseenText({ failover, why }: FailoverValue): string {
  return `${capitalized(why ?? 'it was not seen')}: shard ${failover.shard}, ${failover.cause}.`
}

function explain({ name, noun }: Part, timed: Timed, samples: number): string {
  const { failover, valueMs, open, mostMs } = timed
  const { shard, cause } = failover
  const tookMs = formatDuration(valueMs)
  const beside = besideText(timed)
  if (open && name === 'time')
    return `No replica took over in shard ${shard} within ${tookMs}${beside}${whyText(failover)}; it was caused by ${cause}.`
  const what = `caused by ${cause}: ${whoText(failover)}.`
  if (open) {
    const limit = valueMs > mostMs || beside !== '' ? '' : ` The limit is ${formatDuration(mostMs)}.`
    const still =
      name === 'detection'
        ? `No majority agreed within ${tookMs} that the master of shard ${shard} had failed`
        : `Writes to shard ${shard} were refused for ${tookMs}, and still were when watching ended`
    return `${still}${beside}, ${what}${limit}`
  }
  const others = samples > 1 ? `, the longest of ${samples},` : ''
  return `The ${noun} took ${tookMs}${others} in shard ${shard}${beside}, ${what}`
}

function whyText({ why }: FailoverFact): string {
  return why === undefined ? '' : `, for ${why}`
}

function gapText(part: Part, timed: Timed): string {
  const isTooLong = timed.valueMs > timed.mostMs || (timed.open && part.name === 'time')
  const gap = isTooLong || isHidden(part, timed) ? gapIn(part, timed) : undefined
  return gap === undefined ? '' : ` Yet ${gap}.`
}

/** What the settings allow, beside what was found. */
function besideText({ expected, valueMs }: Timed): string {
  if (expected === undefined) return ''
  const range = formatRange(expected)
  return valueMs > expected.maxMs ? `, where the cluster's settings and version allow ${range}` : ` (expected ${range})`
}

function whoText({ from, to, outcome = 'promoted', startMs, totalMs }: FailoverFact): string {
  const at = momentText(startMs + totalMs)
  if (outcome === 'given up') return `${to} gave it up at ${at}`
  if (outcome === 'not promoted') return `nobody took over from ${from}`
  return `${to} became master${from === '' ? '' : ` in the place of ${from}`} at ${at}`
}

function lengthText({ valueMs, open }: Timed): string {
  return `${open ? 'at least ' : ''}${formatDuration(valueMs)}`
}

function line(timed: Timed): string {
  const { failover } = timed
  return `shard ${failover.shard}: ${lengthText(timed)}, ${failover.cause}, ${whoText(failover)}`
}
