import { z } from 'zod'
import { capitalized } from '../base/text.ts'
import type { CheckOutcome, CheckVerdict, Finding, Witness } from '../record/check-outcome.ts'
import type { WorkloadType } from '../record/history-codes.ts'
import { calmEvidence, shakenBy } from './calm.ts'
import { type Compared, compare, comparedWith } from './comparison.ts'
import { driverTrouble } from './driver-trouble.ts'
import type { Evidence } from './evidence.ts'
import type { Watched } from './failover-windows.ts'
import { duringKey, shards } from './limits.ts'
import { failoverDoubt, phaseDoubt } from './windows.ts'

/** What a check found, before its verdict. */
export interface Measured {
  /** Whether the limit holds. */
  finding: Finding
  /** What was found, for people. */
  value: string
  /** The same as a number; durations in ms. */
  amount?: number
  /** How many operations, reads, … were judged. */
  samples: number
  /** What was found tells of itself, however few operations showed it: an outage, a rate. */
  isManifest?: true
  explanation: string
  details?: string[]
  witness?: Witness
}

/** A check as its file defines it: pure, from a history and the facts of its scenario to what was found. */
export interface CheckSpec<Limit> {
  /** As it stands in a scenario: `lost_writes`. */
  name: string
  /** One sentence, for documentation and completion. */
  summary: string
  /** Limits as a scenario has them, each one in YAML. */
  examples: readonly string[]
  workloads: readonly WorkloadType[]
  /** One limit, as written. */
  limit: z.ZodType<Limit>
  limitText(limit: Limit): string
  /** What must have been acknowledged around each failover, if the check is a claim about those, too. */
  watchesFailovers?: Watched
  /** It tells how clients were served, which servers that stood still, all at once, may spoil for a while. */
  tellsOfService?: true
  measure(limit: Limit, evidence: Evidence): Measured
}

/** The evidence of another workload of the scenario; undefined if there is none. */
type OtherEvidence = (workload: string) => Evidence | undefined

/** A check whose limits are not yet read. */
export interface Check {
  name: string
  summary: string
  examples: readonly string[]
  workloads: readonly WorkloadType[]
  limit: z.ZodType
  /** One limit, or a list of them. */
  limits: z.ZodType
  /** Judges each limit. `others`: of the workloads that limits compare with. Throws ZodError if `limits` would not accept what is `written`. */
  judge(on: string, written: unknown, evidence: Evidence, others: OtherEvidence): CheckOutcome[]
}

export function defineCheck<Limit>(spec: CheckSpec<Limit>): Check {
  const { name, summary, examples, workloads, limit } = spec
  const limits = z.union([spec.limit, z.array(spec.limit).min(1)]).describe(summary)
  return {
    name,
    summary,
    examples,
    workloads,
    limit,
    limits,
    judge(on, written, evidence, others) {
      const list = z.array(spec.limit).safeParse(written)
      const wanted = list.success ? list.data : [spec.limit.parse(written)]
      return wanted.map((limit) => {
        const named = { on, name, limit: spec.limitText(limit) }
        const measured = measuredCalmly(spec, limit, evidence)
        const inVain = undone(measured, evidence)
        if (inVain !== undefined) return { ...named, ...inVain, ...(evidence.load && { load: evidence.load }) }
        const compared = comparisonOf(spec, limit, measured, others)
        const doubt =
          evidence.doubt ??
          windowDoubt(spec, limit, measured, evidence) ??
          (compared?.differs ? undefined : compared?.text)
        const told = compared?.differs
          ? { ...measured, explanation: `${measured.explanation} ${capitalized(compared.text)}.` }
          : measured
        const outcome = outcomeOf(named, told, doubt)
        return evidence.load ? { ...outcome, load: evidence.load } : outcome
      })
    },
  }
}

/** Where there is nothing to judge by because of the driver: that says nothing of the servers, nor of the scenario. */
function undone(
  { finding, samples }: Measured,
  evidence: Evidence,
): Pick<CheckOutcome, 'verdict' | 'value' | 'samples' | 'explanation'> | undefined {
  const trouble = samples === 0 && finding !== 'violated' ? driverTrouble(evidence) : undefined
  if (trouble === undefined) return undefined
  const explanation = `There is nothing to judge by: ${trouble}.`
  return { verdict: 'inconclusive', value: 'not known', samples, explanation }
}

/** What was found; a violation that servers that stood still explain, or a driver that hung, shows nothing. */
function measuredCalmly<Limit>(spec: CheckSpec<Limit>, limit: Limit, evidence: Evidence): Measured {
  const measured = spec.measure(limit, evidence)
  const trouble = measured.finding === 'violated' && spec.tellsOfService ? driverTrouble(evidence) : undefined
  if (trouble !== undefined)
    return { ...measured, finding: 'unknown', explanation: `${measured.explanation} Yet ${trouble}.` }
  const calm = measured.finding === 'violated' && spec.tellsOfService ? calmEvidence(evidence) : undefined
  if (calm === undefined || spec.measure(limit, calm).finding === 'violated') return measured
  const why = shakenBy(evidence.facts, { startMs: 0, endMs: evidence.facts.durationMs })
  return { ...measured, finding: 'unknown', explanation: `${measured.explanation} Yet ${why}.` }
}

/** How the workload that a limit compares with fared; undefined if it compares with none. */
function comparisonOf<Limit>(
  spec: CheckSpec<Limit>,
  limit: Limit,
  measured: Measured,
  others: OtherEvidence,
): Compared | undefined {
  const against = comparedWith(limit)
  if (against === undefined) return undefined
  const other = others(against)
  return compare(against, measured, other && spec.measure(limit, other))
}

/** Why a claim about a phase, or about failovers, rests on too little of what was done in it. */
function windowDoubt<Limit>(
  { watchesFailovers }: CheckSpec<Limit>,
  limit: Limit,
  { samples, isManifest }: Measured,
  evidence: Evidence,
): string | undefined {
  if (isManifest) return undefined
  const { during, shards } = scope.safeParse(limit).data ?? {}
  if (during !== undefined) return phaseDoubt(evidence, during, samples)
  return watchesFailovers && failoverDoubt(evidence, watchesFailovers, shards)
}

/** When and where a limit counts, if it says so. */
const scope = z.object({ during: duringKey, shards })

/**
 * The verdict on what was found. Nothing to judge is no pass; and too little to judge by, or a history of which a part
 * is missing, may show a violation, but cannot show that there is none. `doubt` says so in words.
 */
export function outcomeOf(
  named: Pick<CheckOutcome, 'on' | 'name' | 'limit'>,
  measured: Measured,
  doubt: string | undefined,
): CheckOutcome {
  const { finding, explanation, isManifest: _, ...rest } = measured
  const verdict = verdictOf(finding, measured.samples, doubt)
  if (verdict !== 'inconclusive' || finding !== 'holds' || doubt === undefined)
    return { ...named, verdict, ...rest, explanation }
  return { ...named, verdict, ...rest, explanation: `${explanation} Yet ${doubt}.`, doubt }
}

function verdictOf(finding: Finding, samples: number, doubt: string | undefined): CheckVerdict {
  if (finding === 'violated') return 'failed'
  if (samples === 0) return 'not-evaluated'
  return finding === 'unknown' || doubt !== undefined ? 'inconclusive' : 'passed'
}
