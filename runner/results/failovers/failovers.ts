import type { ScenarioEvent } from '../../record/events.ts'
import { givenUp, notPromoted } from './not-promoted.ts'
import { type FailoverObservations, failoverObservations } from './observations.ts'
import { promotedTimeline } from './promoted.ts'
import { findPromotions } from './promotions.ts'
import type { FailoverTimeline } from './timeline.ts'

/**
 * Every failover of one scenario, wanted or not, in order of their starts, also those that came to nothing: from the
 * events of that scenario and the steps and faults that these were reduced to. Undefined if nobody watched for
 * failovers: the events are of an older runner, or the cluster never was ready.
 */
export function failoverTimelines(
  events: readonly ScenarioEvent[],
  played: Pick<FailoverObservations, 'steps' | 'faults'>,
): FailoverTimeline[] | undefined {
  const seen = failoverObservations(events, played)
  if (seen === undefined) return undefined
  const promotions = findPromotions(seen)
  return [
    ...promotions.map((promotion) => promotedTimeline(seen, promotion)),
    ...givenUp(seen, promotions),
    ...notPromoted(seen, promotions),
  ].sort((a, b) => a.startMs - b.startMs)
}
