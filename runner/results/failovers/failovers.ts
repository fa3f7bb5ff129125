import { roundMs } from '../../base/duration.ts'
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
  ]
    .map((timeline) => (isOpen(timeline, seen) ? { ...timeline, open: true as const } : timeline))
    .sort((a, b) => a.startMs - b.startMs)
  return { failovers, suspicions: suspicionsOf(seen, promotions, failovers), denied: seen.denied }
}

/** Whether watching goes on, and more may become of it: nobody has taken over yet, or writes are still refused. */
function isOpen(
  { outcome, startMs, totalMs, clientsBack, otherShards }: FailoverTimeline,
  { isOver, endMs }: FailoverObservations,
): boolean {
  if (isOver) return false
  const isAway = outcome === 'not promoted' && startMs + totalMs >= roundMs(endMs)
  return isAway || clientsBack === false || otherShards.some(({ back }) => back === false)
}
