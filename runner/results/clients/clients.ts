import type { MisdeedObservation } from '../../record/audit-observations.ts'
import type { ConnectionsObservation, UnansweredObservation } from '../../record/client-observations.ts'
import type { ScenarioEvent } from '../../record/events.ts'
import { type ServiceOutage, serviceOutages } from './service-outages.ts'

/**
 * What was seen of the clients of workloads beside their histories, and of the service that they had to find again.
 * Times are ms from the scenario's start.
 */
export interface ClientFacts {
  /** Shards on which the runner tried to write by itself. */
  probed: readonly number[]
  outages: readonly ServiceOutage[]
  /** Looks of servers at the connections of workloads, in order. */
  connections: readonly ConnectionsObservation[]
  /** What clients had left unanswered when their load was over, by workload. */
  unanswered: Readonly<Record<string, UnansweredObservation>>
  /** What drivers did that none may do, by workload; absent without any. */
  misdeeds?: Readonly<Record<string, MisdeedObservation>>
  /** Workloads whose client may have a connection to each server for each of its callers; absent without any. */
  pools?: readonly string[]
}

/** From the events of one scenario. */
export function clientFacts(events: readonly ScenarioEvent[], startMs: number): ClientFacts {
  const since = <T extends { seenMs: number }>(seen: T): T => ({ ...seen, seenMs: seen.seenMs - startMs })
  const unanswered = events.filter((event) => event.type === 'unanswered-seen')
  const misdeeds = events.filter((event) => event.type === 'driver-misbehaved')
  const pools = events.flatMap((event) =>
    event.type === 'driver-ready' && event.can.includes('pool') ? [event.workload] : [],
  )
  const service = events.filter((event) => event.type === 'service-seen')
  return {
    probed: [...new Set(service.map(({ shard }) => shard))],
    outages: serviceOutages(events, startMs),
    connections: events.filter((event) => event.type === 'connections-seen').map(since),
    unanswered: Object.fromEntries(
      unanswered.map((seen) => [
        seen.workload,
        {
          ...since(seen),
          operations: seen.operations.map((one) => ({ ...one, sinceMs: one.sinceMs - startMs })),
          ...(seen.silent && { silent: { ...seen.silent, sinceMs: seen.silent.sinceMs - startMs } }),
        },
      ]),
    ),
    ...(pools.length > 0 && { pools }),
    ...(misdeeds.length > 0 && { misdeeds: Object.fromEntries(misdeeds.map((one) => [one.workload, since(one)])) }),
  }
}
