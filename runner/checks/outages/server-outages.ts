import type { ServiceOutage } from '../../results/clients/service-outages.ts'
import type { RunFacts } from '../../results/run-facts.ts'
import { momentError } from './resolution.ts'

/** A time in which the servers of a shard took no writes, and how that is known. */
export interface ServerOutage extends ServiceOutage {
  /** `probe`: writes of the runner were refused. `failover`: from when the old master paused writes to the first write. */
  source: 'probe' | 'failover'
}

/**
 * The outages of the servers, in order, without a look at what any client of a workload saw: those that the runner's own
 * writes met, and the pauses of failovers that were too short for one of these to fall into.
 */
export function serverOutages({ clients, failovers }: RunFacts): ServerOutage[] {
  const probed = (clients?.outages ?? []).map((one): ServerOutage => ({ ...one, source: 'probe' }))
  const paused = failovers.flatMap(({ shard, outcome = 'promoted', moments = [] }): ServerOutage[] => {
    const from = moments.find(({ name }) => name === 'writes paused')
    const to = moments.find(({ name }) => name === 'first write')
    if (outcome !== 'promoted' || from === undefined || to === undefined || to.atMs < from.atMs) return []
    const isSeen = probed.some(
      (one) =>
        one.shard === shard &&
        one.startMs - one.startErrorMs <= to.atMs + to.errorMs &&
        from.atMs - from.errorMs <= one.endMs + one.endErrorMs,
    )
    if (isSeen) return []
    return [
      {
        ...{ shard, startMs: from.atMs, startErrorMs: from.errorMs, endMs: to.atMs, endErrorMs: to.errorMs },
        ...{ ended: true, source: 'failover' },
      },
    ]
  })
  return [...probed, ...paused]
    .map((one) => ({
      ...one,
      startErrorMs: momentError(one.startErrorMs),
      endErrorMs: momentError(one.endErrorMs),
    }))
    .sort((a, b) => a.startMs - b.startMs)
}
