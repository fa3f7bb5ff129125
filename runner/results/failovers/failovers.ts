import { failoverFacts, type ScenarioEvent } from './facts.ts'
import { givenUp, notPromoted } from './not-promoted.ts'
import { promotedTimeline } from './promoted.ts'
import { findPromotions } from './promotions.ts'
import type { FailoverTimeline } from './timeline.ts'

/**
 * Every failover of one scenario, wanted or not, in order of their starts: from the events of that scenario alone, so that reports
 * and checks agree. Also those that came to nothing. Undefined if nobody watched for failovers: the events are of an older
 * runner, or the cluster never was ready.
 */
export function failoverTimelines(events: readonly ScenarioEvent[]): FailoverTimeline[] | undefined {
  const facts = failoverFacts(events)
  if (facts === undefined) return undefined
  const promotions = findPromotions(facts)
  return [
    ...promotions.map((promotion) => promotedTimeline(facts, promotion)),
    ...givenUp(facts, promotions),
    ...notPromoted(facts, promotions),
  ].sort((a, b) => a.startMs - b.startMs)
}
