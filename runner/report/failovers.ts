import type { ClusterInfo } from '../record/events.ts'
import type { ScenarioEvent } from '../record/failovers/facts.ts'
import { failoverTimelines } from '../record/failovers/failovers.ts'
import { failoverSummary } from './failover-summary.ts'
import { failoversOfSteps } from './failovers-of-steps.ts'
import type { FailoverReport, StepReport } from './report-model.ts'

/** The failovers of a scenario, from its events; `steps` and `cluster` are what the same events were reduced to. */
export function failoversOf(
  events: readonly ScenarioEvent[],
  steps: readonly StepReport[],
  cluster: ClusterInfo | undefined,
): FailoverReport[] {
  const timelines = failoverTimelines(events) ?? failoversOfSteps(steps, cluster)
  return timelines.map((timeline) => ({ ...timeline, summary: failoverSummary(timeline) }))
}
