import { type ChaosError, describeBug } from '../base/errors.ts'
import { expectedError } from '../base/surroundings.ts'
import type { AuditOutcome } from '../record/audit-outcome.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { ScenarioVerdict } from '../record/events.ts'
import { isOpen, isVoid, verdictOfAudit, verdictOfChecks, verdictOfSteps } from '../results/verdict.ts'
import { Interrupted } from './interrupt.ts'
import type { Played } from './step-player.ts'

/** How a scenario ended, and why. */
export interface ScenarioResult {
  verdict: ScenarioVerdict
  reason?: string
  hint?: string
}

/** What the steps make of it; the first of those that weigh most says why. */
export function resultOfSteps(played: readonly Played[], signal: AbortSignal): ScenarioResult {
  const verdict = verdictOfSteps(played.map(({ outcome }) => outcome.verdict))
  const culprit = played.find(({ outcome }) => outcome.verdict === verdict)
  if (signal.aborted && signal.reason instanceof Interrupted)
    return { verdict: 'interrupted', reason: signal.reason.message }
  if (verdict === 'passed' || !culprit) return { verdict }
  const { planned, outcome } = culprit
  return {
    verdict,
    reason: `step ${planned.path}, ${planned.name}: ${outcome.error?.message ?? verdict}`,
    ...(outcome.error?.hint === undefined ? {} : { hint: outcome.error.hint }),
  }
}

/** What an error outside the steps makes of it: there is no verdict. */
export function resultOfError(error: unknown, onBug: (error: unknown) => void): ScenarioResult {
  const expected = expectedError(error)
  if (expected !== undefined) return resultOfExpected(expected)
  onBug(error)
  return { verdict: 'error', reason: describeBug(error) }
}

export function resultOfExpected(error: ChaosError): ScenarioResult {
  const { stepVerdict } = error
  const verdict = stepVerdict === 'interrupted' || stepVerdict === 'failed' ? stepVerdict : 'error'
  return { verdict, reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

/**
 * What the checks make of it: a limit that was broken, or never evaluated, fails a scenario; the first of those that
 * weigh most says why.
 */
export function withChecks(result: ScenarioResult, outcomes: readonly CheckOutcome[]): ScenarioResult {
  const verdict = verdictOfChecks(outcomes)
  const [culprit, ...others] = outcomes.filter((outcome) => verdictOfChecks([outcome]) === verdict)
  const weighsMore = result.verdict === 'passed' || (result.verdict === 'inconclusive' && verdict === 'failed')
  if (verdict === 'passed' || !culprit || !weighsMore) return result
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return { verdict, reason: `check ${culprit.name} of ${culprit.on}: ${culprit.explanation}${more}` }
}

/**
 * What the audit makes of it: the first finding of those that weigh most, which the scenario does not pardon, says why.
 * Where somebody else had a hand in it, that is said, and nothing failed.
 */
export function withAudit(result: ScenarioResult, audit: AuditOutcome | undefined): ScenarioResult {
  const rules = audit?.rules ?? []
  const verdict = verdictOfAudit(rules)
  const open = rules
    .filter((rule) => rule.verdict === verdict)
    .flatMap(({ rule, findings }) => findings.filter(isOpen).map((finding) => ({ rule, ...finding })))
  const isVoided = isVoid(rules)
  const [culprit, ...others] = isVoided ? open.filter(({ voids }) => voids) : open
  const weighsMore = result.verdict === 'passed' || (result.verdict === 'inconclusive' && verdict === 'failed')
  if (verdict === 'passed' || !culprit || !(weighsMore || isVoided)) return result
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const hint = culprit.hint === undefined ? {} : { hint: culprit.hint }
  return { verdict, reason: `audit, ${culprit.rule}: ${culprit.text}${more}`, ...hint }
}

/** What was seen first stays, unless the second is about to turn a pass into something else. */
export function worseOf(first: ScenarioResult, second: ScenarioResult): ScenarioResult {
  return first.verdict === 'passed' ? second : first
}
