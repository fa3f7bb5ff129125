import { scenarioEvents } from '../results/scenario-results.ts'
import { twinResult } from '../results/twins.ts'
import type { Scenario } from '../scenario/model.ts'
import type { RunSettings } from './run-settings.ts'
import type { ScenarioResult } from './scenario-result.ts'

/** Whether a step of a twin has failed: whatever else would be found of it changes nothing, and is not looked for. */
export function isDecided({ twin }: Scenario, { verdict }: ScenarioResult): boolean {
  return twin !== undefined && verdict === 'failed'
}

/** Turns the result of a twin round: it passes where it failed as it should. Any other scenario's stays. */
export function ofTwin(
  result: ScenarioResult,
  { twin }: Scenario,
  index: number,
  { events }: Pick<RunSettings, 'events'>,
): ScenarioResult {
  if (twin === undefined) return result
  const own = scenarioEvents(events, index)
  const checks = own.flatMap((event) => (event.type === 'check-judged' ? [event.check] : []))
  const audit = own.find((event) => event.type === 'audit-judged')
  const steps = own.flatMap((event) =>
    event.type === 'step-ended' ? [{ path: event.step.path, verdict: event.outcome.verdict }] : [],
  )
  return twinResult(result, twin, { steps, checks, audit: audit?.audit })
}
