import { FormError } from '../cluster/form.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { ScenarioVerdict } from '../record/events.ts'
import { HistoryError } from '../record/history-format.ts'
import { verdictOfSteps } from '../results/verdict.ts'
import { LoadRefused } from '../workload/load.ts'
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

/** What an error outside the steps makes of it. What is neither the environment's nor the scenario's doing is a bug. */
export function resultOfError(error: unknown, onBug: (error: unknown) => void): ScenarioResult {
  if (error instanceof Interrupted) return { verdict: 'interrupted', reason: error.message }
  if (error instanceof PlatformError) return resultOfPlatformError(error)
  if (error instanceof LoadRefused) return resultOfPlatformError(error)
  if (error instanceof FormError || error instanceof HistoryError) return { verdict: 'error', reason: error.message }
  onBug(error)
  return { verdict: 'error', reason: `a bug of redis-chaos: ${error instanceof Error ? error.message : String(error)}` }
}

/** The environment failed, and says how to mend it. */
export function resultOfPlatformError(error: PlatformError | LoadRefused): ScenarioResult {
  return { verdict: 'error', reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

/** What the checks make of it: a limit that was broken, or never evaluated, fails a scenario; the first of those that weigh most says why. */
export function withChecks(result: ScenarioResult, outcomes: readonly CheckOutcome[]): ScenarioResult {
  const failed = outcomes.filter(({ verdict }) => verdict === 'failed' || verdict === 'not-evaluated')
  const doubtful = outcomes.filter(({ verdict }) => verdict === 'inconclusive')
  const [culprit, ...others] = failed.length > 0 ? failed : doubtful
  const verdict = failed.length > 0 ? 'failed' : 'inconclusive'
  const weighsMore = result.verdict === 'passed' || (result.verdict === 'inconclusive' && verdict === 'failed')
  if (!culprit || !weighsMore) return result
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return { verdict, reason: `check ${culprit.name} of ${culprit.on}: ${culprit.explanation}${more}` }
}

/** What was seen first stays, unless the second is about to turn a pass into something else. */
export function worseOf(first: ScenarioResult, second: ScenarioResult): ScenarioResult {
  return first.verdict === 'passed' ? second : first
}
