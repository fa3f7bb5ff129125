import type { ScenarioEvent } from '../../record/events.ts'
import type { DeniedLine } from './borne-out.ts'
import { givenUp, notPromoted } from './not-promoted.ts'
import { type FailoverObservations, failoverObservations } from './observations.ts'
import { promotedTimeline } from './promoted.ts'
import { findPromotions, rivalsOf } from './promotions.ts'
import { type Suspicion, suspicionsOf } from './suspicions.ts'
import type { FailoverTimeline } from './timeline.ts'

/** What the events of a scenario tell of its masters. */
export interface Failovers {
  /** Every failover, wanted or not, in order of their starts, also those that came to nothing or were undone. */
  failovers: FailoverTimeline[]
  /** Masters that others took to be failing, and that needed no failover. */
  suspicions: Suspicion[]
  /** Lines of logs that what was seen of the cluster does not bear out: they count in none of these. */
  denied: DeniedLine[]
}

/**
 * Every failover of one scenario, once: from the events of that scenario and the steps and faults that these were
 * reduced to. Undefined if nobody watched for failovers: the events are of an older runner, or the cluster never was
 * ready.
 */
export function failoversOf(
  events: readonly ScenarioEvent[],
  played: Pick<FailoverObservations, 'steps' | 'faults'>,
): Failovers | undefined {
  const seen = failoverObservations(events, played)
  if (seen === undefined) return undefined
  const promotions = findPromotions(seen)
  const failovers = [
    ...promotions.map((promotion) => promotedTimeline(seen, promotion, rivalsOf(promotion, promotions))),
    ...givenUp(seen, promotions),
    ...notPromoted(seen, promotions),
  ].sort((a, b) => a.startMs - b.startMs)
  return { failovers, suspicions: suspicionsOf(seen, promotions, failovers), denied: seen.denied }
}
