import { setImmediate as othersTurn } from 'node:timers/promises'
import { clientSummaries } from '../checks/client-summaries.ts'
import { judgements, judgeScenario } from '../checks/judge.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { Scenario } from '../scenario/model.ts'
import type { Audit } from './audit.ts'
import type { RunSettings } from './run-settings.ts'
import {
  resultOfError,
  resultOfExpected,
  type ScenarioResult,
  withAudit,
  withChecks,
  worseOf,
} from './scenario-result.ts'

/** A failure seen while the platform was dead says nothing about the cluster. */
export async function doubtIfPlatformDied(result: ScenarioResult, settings: RunSettings): Promise<ScenarioResult> {
  if (result.verdict !== 'failed' && result.verdict !== 'inconclusive') return result
  try {
    await settings.platform.probe()
    return result
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return {
      ...resultOfExpected(error),
      reason: `${error.message} (seen when this was to be judged: ${result.reason ?? result.verdict})`,
    }
  }
}

/**
 * Judges the checks and records what came of each, once `temper` has seen it. A scenario that came to no verdict is not
 * judged. Between two checks whoever plays beside it has a turn: that must not stand still for as long as all take.
 */
export async function judged(
  result: ScenarioResult,
  { checks }: Scenario,
  index: number,
  { recorder, events, folder }: RunSettings,
  onBug: (error: unknown) => void,
  temper: (outcome: CheckOutcome) => CheckOutcome = (outcome) => outcome,
): Promise<ScenarioResult> {
  if (checks.length === 0 || result.verdict === 'error' || result.verdict === 'interrupted') return result
  try {
    const outcomes: CheckOutcome[] = []
    for (const some of judgements(events, index, folder.path)) {
      outcomes.push(...some.map(temper))
      await othersTurn()
    }
    for (const check of outcomes) recorder.record({ type: 'check-judged', scenario: index, check })
    return withChecks(result, outcomes)
  } catch (error) {
    return worseOf(result, resultOfError(error, onBug))
  }
}

/** Records what came of the client libraries that its workloads went through. */
export function clientsSummed(
  result: ScenarioResult,
  index: number,
  { recorder, events, folder }: RunSettings,
  onBug: (error: unknown) => void,
): ScenarioResult {
  if (result.verdict === 'error' || result.verdict === 'interrupted') return result
  try {
    for (const summary of clientSummaries(events, index, folder.path))
      recorder.record({ type: 'client-summed', scenario: index, ...summary })
    return result
  } catch (error) {
    return worseOf(result, resultOfError(error, onBug))
  }
}

/** The same for what nobody asked for. */
export function audited(
  result: ScenarioResult,
  audit: Audit,
  { events, folder }: RunSettings,
  onBug: (error: unknown) => void,
): ScenarioResult {
  if (result.verdict === 'error' || result.verdict === 'interrupted') return result
  try {
    return withAudit(result, audit.judge(events, folder.path))
  } catch (error) {
    return worseOf(result, resultOfError(error, onBug))
  }
}

/** What checks and audit will make of it, as far as it is seen by now; nothing is recorded. */
export function foreseen(
  result: ScenarioResult,
  { scenario, index, audit }: { scenario: Scenario; index: number; audit: Audit },
  { events, folder }: RunSettings,
): ScenarioResult {
  if (result.verdict !== 'passed') return result
  try {
    const checked =
      scenario.checks.length === 0 ? result : withChecks(result, judgeScenario(events, index, folder.path))
    return withAudit(checked, audit.foresee(events, folder.path))
  } catch (error) {
    // Judging it in earnest will meet the same, and tells it.
    return resultOfError(error, () => undefined)
  }
}
