import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { capitalized } from '../base/text.ts'
import type { CheckOutcome, Finding } from '../record/check-outcome.ts'
import { type FailoverMetric, type FailoverValue, failoverValues } from '../results/failovers/metrics.ts'
import type { FailoverFact, RunFacts } from '../results/run-facts.ts'
import { type Measured, outcomeOf } from './check.ts'
import { atMostText, durationOf, durationText } from './limits.ts'
import { momentText } from './words.ts'

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
  name: FailoverMetric
  summary: string
  /** What took that long, for prose. */
  noun: string
}

const PARTS: readonly Part[] = [
  { name: 'time', summary: 'How long a failover took, from its cause to the new master', noun: 'failover' },
  {
    name: 'detection',
    summary: 'How long it took until a majority agreed that the master had failed',
    noun: 'detection',
  },
  { name: 'election', summary: 'How long it took from there to the new master', noun: 'election' },
  { name: 'client_outage', summary: 'How long writes to the shard were refused', noun: 'refusal of writes' },
]

export const failoverChecks: readonly FailoverCheck[] = PARTS.map((part) => {
  const limits = z.union([limit, z.array(limit).min(1)]).describe(part.summary)
  return {
    name: part.name,
    summary: part.summary,
    limits,
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

/** A value that was seen: `open` if it is the least that it was. */
type Timed = FailoverValue & { valueMs: number }

/**
 * The worst of the values decides. One that had not come to its end when watching ended leaves open whether the limit
 * holds, and so does one that was not seen.
 */
function measure(part: Part, written: FailoverLimit, failovers: readonly FailoverFact[]): Measured {
  const { at_most, shards, wanted } = typeof written === 'string' ? { at_most: written } : written
  const asked = failovers.filter(
    (failover) =>
      (shards === undefined || shards.includes(failover.shard)) &&
      (wanted === undefined || wanted === (failover.wanted ?? false)),
  )
  const values = failoverValues(asked, part.name).filter(
    // A request that its server gave up replaced nobody, so nothing was timed.
    ({ failover }) => part.name !== 'time' || failover.outcome !== 'given up',
  )
  const timed = values.filter((value): value is Timed => value.valueMs !== undefined)
  const unseen = values.filter(({ valueMs }) => valueMs === undefined).map(unseenText)
  const mostMs = durationOf(at_most)
  const worst = worstOf(part, timed, mostMs)
  if (!worst) {
    const explanation = unseen[0] ?? (asked.length === 0 ? 'No failover was seen.' : `No ${part.noun} was seen.`)
    return { finding: 'unknown', value: 'none', samples: 0, explanation }
  }
  const [missed] = unseen
  const finding = findingOf(part, worst, mostMs)
  const isUnseen = finding === 'holds' && missed !== undefined
  return {
    finding: isUnseen ? 'unknown' : finding,
    value: lengthText(worst),
    amount: worst.valueMs,
    samples: timed.length,
    details: [...timed.map(line), ...unseen],
    explanation: isUnseen ? missed : explain(part, worst, { samples: timed.length, mostMs }),
  }
}

/**
 * A master that nobody replaced has not been replaced in time; clients that were not back yet may have come back in
 * time.
 */
function findingOf({ name }: Part, { open, valueMs }: Timed, mostMs: number): Finding {
  if (valueMs > mostMs || (open && name === 'time')) return 'violated'
  return open ? 'unknown' : 'holds'
}

/** A violation before what is open, and that before what holds; of those alike, the longest. */
function worstOf(part: Part, timed: readonly Timed[], mostMs: number): Timed | undefined {
  const rank = (one: Timed) => ['holds', 'unknown', 'violated'].indexOf(findingOf(part, one, mostMs))
  return timed.toSorted((a, b) => rank(b) - rank(a) || b.valueMs - a.valueMs)[0]
}

function unseenText({ failover, why }: FailoverValue): string {
  return `${capitalized(why ?? 'it was not seen')}: shard ${failover.shard}, ${failover.cause}.`
}

function explain(
  { name, noun }: Part,
  { failover, valueMs, open }: Timed,
  { samples, mostMs }: { samples: number; mostMs: number },
): string {
  const { shard, cause } = failover
  const tookMs = formatDuration(valueMs)
  if (open && name === 'time')
    return `No replica took over in shard ${shard} within ${tookMs}; it was caused by ${cause}.`
  const what = `caused by ${cause}: ${whoText(failover)}.`
  if (open) {
    const limit = valueMs > mostMs ? '' : ` The limit is ${formatDuration(mostMs)}.`
    return `Writes to shard ${shard} were refused for ${tookMs}, and still were when watching ended, ${what}${limit}`
  }
  const others = samples > 1 ? `, the longest of ${samples},` : ''
  return `The ${noun} took ${tookMs}${others} in shard ${shard}, ${what}`
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
