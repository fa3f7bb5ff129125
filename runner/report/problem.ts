import type { AuditRuleOutcome } from '../record/audit-outcome.ts'
import type { CheckReport, ScenarioReport, StepReport } from '../results/report-model.ts'

/** Something that kept a run from passing, in words; the same in every report, and in this order. */
export interface Problem {
  verdict: 'failed' | 'error' | 'inconclusive' | 'interrupted'
  /** For what is no verdict of a step or scenario: `regressed`, `flaky`. */
  word?: string
  /** Where: `failover-basic, step 5: redis-node1 is master`. */
  title: string
  /** What it is about, the same whenever it happens again; absent where a scenario, step or check tells. */
  about?: string
  /** Why, where that is known, else what went wrong; in plain words. */
  reason: string
  /** More of the same: other reasons, what is lost by shard. */
  details: string[]
  /** What was expected and what was seen, where the reason does not say it. */
  evidence: Fact[]
  /** What to do next; it follows from the reason. */
  hint?: string
  /** How it was looked at: how often, at which nodes. */
  facts: Fact[]
  /** `scenarios/basic/failover-basic.yaml:14`. */
  place?: string
  scenario?: ScenarioReport
  step?: StepReport
  check?: CheckReport
  /** The rule of the audit that found it. */
  rule?: AuditRuleOutcome
}

export interface Fact {
  label: string
  text: string
}

/**
 * The reason with what was expected and seen, and what to do, for where there is one line: `no replica can be elected:
 * …; expected: …; what next: …`.
 */
export function sentenceOf({ reason, evidence, hint }: Problem): string {
  const next = hint === undefined ? [] : [`what next: ${hint}`]
  return [reason.replace(/\.$/, ''), ...evidence.map(labelled), ...next].join('; ')
}

/** All there is to say below its title, a line each. */
export function linesOf(problem: Problem): string[] {
  const { reason, details, evidence, hint, facts, place } = problem
  return [
    reason,
    ...details,
    ...evidence.map(labelled),
    ...(hint === undefined ? [] : [`what next: ${hint}`]),
    ...facts.map(labelled),
    ...(place === undefined ? [] : [`at: ${place}`]),
  ]
}

function labelled({ label, text }: Fact): string {
  return `${label}: ${text}`
}
