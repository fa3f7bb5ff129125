import type { TimingObservation } from '../../record/observations.ts'
import type { ExpectedRange, ExpectedTimes } from './timeline.ts'

/**
 * Servers look at their elections ten times a second (clusterCron, cluster.c): each step of one may wait for the next
 * time.
 */
const CRON_MS = 100
/** Asking for votes and getting them: two turns through the cluster and a written configuration on each master. */
const VOTES_MS = 100
/** From the promotion until every node says so and clients are served: two turns of the timer. */
const SERVED_MS = 2 * CRON_MS

/**
 * What the settings and the version allow for a failover after a fault. A node is suspected once a ping is unanswered
 * for the node time-out, and is pinged every half node time-out at least; the news reaches a majority within another
 * half (clusterCron and clusterSendPing, cluster.c, Redis 6.0 to 8.0, cluster_legacy.c of Valkey 8.1 to 9.1): FAIL
 * comes after 1 to 2 node time-outs. Then the election waits, by its rank. `lost` elections before the one that was won
 * each cost the time of a retry.
 */
export function expectedAfterFault(
  timing: TimingObservation,
  ranks: { rank?: number; primaryRank?: number },
  lost: number,
): ExpectedTimes {
  const { nodeTimeoutMs, election: delays } = timing
  const detection: ExpectedRange = { minMs: nodeTimeoutMs, maxMs: 2 * nodeTimeoutMs }
  const addedMs = (ranks.rank ?? 0) * delays.perRankMs + (ranks.primaryRank ?? 0) * delays.perPrimaryRankMs
  const election: ExpectedRange = {
    minMs: delays.leastMs + addedMs,
    maxMs: delays.mostMs + addedMs + 2 * CRON_MS + VOTES_MS + lost * (delays.retryMs + delays.mostMs + CRON_MS),
  }
  const time: ExpectedRange = { minMs: nodeTimeoutMs + delays.leastMs, maxMs: detection.maxMs + election.maxMs }
  // A master that is cut off serves clients for some time: they may notice late, or nothing at all.
  const clientOutage: ExpectedRange = { minMs: 0, maxMs: time.maxMs + SERVED_MS }
  return { nodeTimeoutMs, detection, election, time, clientOutage }
}

/** A CLUSTER FAILOVER waits for nothing but the old master and the votes, and is given up when they take too long. */
export function expectedWhenWanted(timing: TimingObservation): ExpectedTimes {
  const { nodeTimeoutMs, manualTimeoutMs } = timing
  const time: ExpectedRange = { minMs: 0, maxMs: manualTimeoutMs }
  return { nodeTimeoutMs, time, clientOutage: { minMs: 0, maxMs: manualTimeoutMs + SERVED_MS } }
}
