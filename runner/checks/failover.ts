import { z } from 'zod'
import type { CheckOutcome } from '../record/check-outcome.ts'
import { formatDuration } from '../record/duration.ts'
import type { FailoverFact, RunFacts } from '../record/run-facts.ts'
import { type Measured, outcomeOf } from './check.ts'
import { atMostText, durationOf, durationText } from './limits.ts'
import { momentText, plural } from './words.ts'

/** The name under which checks of failovers stand in a scenario, beside those of workloads. */
export const FAILOVER = 'failover'

const limit = z.union([
  durationText,
  z.strictObject({
    at_most: durationText,
    shards: z.array(z.int().min(1)).min(1).optional().describe('Only failovers of these shards'),
    wanted: z
      .boolean()
      .optional()
      .describe('Only those that CLUSTER FAILOVER asked for (true), or only the others (false)'),
  }),
])

type FailoverLimit = z.infer<typeof limit>

/** A check of failovers. */
export interface FailoverCheck {
  name: string
  summary: string
  /** One limit, or a list of them. */
  limits: z.ZodType
  /** Judges each limit. Throws ZodError if `limits` would not accept what is `written`. */
  judge(written: unknown, facts: RunFacts): CheckOutcome[]
}

interface Part {
  name: string
  summary: string
  /** What took that long, for prose. */
  noun: string
  lengthMs(failover: FailoverFact): number | undefined
}

const PARTS: readonly Part[] = [
  {
    name: 'time',
    summary: 'How long a failover took, from its cause to the new master',
    noun: 'failover',
    lengthMs: ({ totalMs }) => totalMs,
  },
  {
    name: 'detection',
    summary: 'How long it took until a majority agreed that the master had failed',
    noun: 'detection',
    lengthMs: ({ detectionMs }) => detectionMs,
  },
  {
    name: 'election',
    summary: 'How long it took from there to the new master',
    noun: 'election',
    lengthMs: ({ electionMs }) => electionMs,
  },
  {
    name: 'client_outage',
    summary: 'How long writes to the shard were refused',
    noun: 'refusal of writes',
    lengthMs: ({ clientOutageMs }) => clientOutageMs,
  },
]

export const failoverChecks: readonly FailoverCheck[] = PARTS.map((part) => {
  const limits = z.union([limit, z.array(limit).min(1)]).describe(part.summary)
  return {
    ...{ name: part.name, summary: part.summary, limits },
    judge(written, { failovers }) {
      const list = z.array(limit).safeParse(written)
      const wanted = list.success ? list.data : [limit.parse(written)]
      return wanted.map((one) =>
        outcomeOf({ on: FAILOVER, name: part.name, limit: limitText(one) }, measure(part, one, failovers), undefined),
      )
    },
  }
})

function limitText(written: FailoverLimit): string {
  if (typeof written === 'string') return atMostText(written)
  const { at_most, shards, wanted } = written
  const which = wanted === undefined ? '' : wanted ? ', of those asked for' : ', of those not asked for'
  return `${atMostText(at_most)}${shards === undefined ? '' : `, of shard ${shards.join(', ')}`}${which}`
}

function measure(part: Part, written: FailoverLimit, failovers: readonly FailoverFact[]): Measured {
  const { at_most, shards, wanted } = typeof written === 'string' ? { at_most: written } : written
  const asked = failovers.filter(
    (failover) =>
      failover.outcome !== 'given up' &&
      (shards === undefined || shards.includes(failover.shard)) &&
      (wanted === undefined || wanted === (failover.wanted ?? false)),
  )
  const timed = asked.flatMap((failover) => {
    const lengthMs = part.lengthMs(failover)
    return lengthMs === undefined ? [] : [{ failover, lengthMs }]
  })
  const longest = timed.reduce<(typeof timed)[number] | undefined>(
    (best, one) => (best && best.lengthMs >= one.lengthMs ? best : one),
    undefined,
  )
  if (!longest) {
    const explanation =
      asked.length === 0
        ? 'No failover was seen.'
        : `The ${part.noun} of ${plural(asked.length, 'failover')} was not seen.`
    return { finding: 'unknown', value: 'none', samples: 0, explanation }
  }
  const { failover, lengthMs } = longest
  const never = asked.find(({ outcome }) => outcome === 'not promoted')
  const base = {
    value: formatDuration(lengthMs),
    amount: lengthMs,
    samples: timed.length,
    details: timed.map((one) => line(one.failover, one.lengthMs)),
  }
  if (never && part.name === 'time') {
    return {
      ...base,
      finding: 'violated',
      explanation: `No replica took over in shard ${never.shard} within ${formatDuration(never.totalMs)}; it was caused by ${never.cause}.`,
    }
  }
  const others = timed.length > 1 ? `, the longest of ${timed.length},` : ''
  return {
    ...base,
    finding: lengthMs > durationOf(at_most) ? 'violated' : 'holds',
    explanation: `The ${part.noun} took ${formatDuration(lengthMs)}${others} in shard ${failover.shard}, caused by ${failover.cause}: ${whoText(failover)}.`,
  }
}

function whoText({ from, to, startMs, totalMs }: FailoverFact): string {
  const replaced = from === '' ? '' : ` in the place of ${from}`
  return `${to} became master${replaced} at ${momentText(startMs + totalMs)}`
}

function line(failover: FailoverFact, lengthMs: number): string {
  return `shard ${failover.shard}: ${formatDuration(lengthMs)}, ${failover.cause}, ${whoText(failover)}`
}
