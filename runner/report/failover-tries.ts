import { formatDuration } from '../base/duration.ts'
import { plural } from '../base/text.ts'
import type { FailoverReport } from '../results/report-model.ts'

/**
 * Failovers as they are told: a CLUSTER FAILOVER of a step whose promotion was undone and that was tried again is told
 * once, with its last try; the promotions before it are named there.
 */
export function toldFailovers(failovers: readonly FailoverReport[]): FailoverReport[] {
  return failovers.flatMap((failover, place) => {
    if (failover.outcome === 'undone' && failovers.slice(place + 1).some((later) => isTryOf(failover, later))) return []
    const before = failovers.slice(0, place).filter((one) => one.outcome === 'undone' && isTryOf(one, failover))
    return [before.length === 0 ? failover : { ...failover, incidents: [triesText(before), ...failover.incidents] }]
  })
}

/** Both are of one request. */
function isTryOf({ askedBy, shard, to }: FailoverReport, later: FailoverReport): boolean {
  return askedBy !== undefined && later.askedBy === askedBy && later.shard === shard && later.to === to
}

/** `redis-node1 was promoted 5 times before, and gave in to redis-node0 after 48–77 ms`. */
function triesText(tries: readonly FailoverReport[]): string {
  const times = tries.flatMap(({ undone }) => undone?.afterMs ?? [])
  const masters = [...new Set(tries.flatMap(({ undone }) => undone?.to ?? []))].join(', ')
  const [least, most] = [formatDuration(Math.min(...times)), formatDuration(Math.max(...times))]
  const after = least === most ? least : `${least} to ${most}`
  return `${tries[0]?.to} was promoted ${plural(tries.length, 'time')} before, and gave in to ${masters} after ${after}`
}
