import { formatDuration } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { ExpectedRange, FailoverTimeline } from '../../results/failovers/timeline.ts'
import type { RunFacts } from '../../results/run-facts.ts'
import type { AuditRule } from './rule.ts'

/**
 * Room beyond what the settings let expect before it is a finding: servers look at their elections ten times a second,
 * and a machine with as many servers as this may give one of them no time for a moment.
 */
const ROOM = 0.25
const LEAST_ROOM_MS = 500

const DEFAULT_NODE_TIMEOUT_MS = 15_000

export const timing: AuditRule = {
  name: 'failover_time',
  sentence:
    "Detection and election of every failover after a fault took no longer than the cluster's settings and version let expect.",
  reason:
    'An election that takes seconds longer than it can take by design hides a lost vote, a wrong rank or a stuck server.',
  judge({ timelines, config, run }) {
    const judged = timelines.filter(
      // One that was asked for is asked for again until its step's limit: that limit judges it.
      (one) => one.outcome === 'promoted' && !one.wanted && one.expected !== undefined && hadMajority(one, run),
    )
    return { lookedAt: plural(judged.length, 'failover'), findings: judged.flatMap((one) => slowParts(one, config)) }
  },
}

/** Faults that leave a node without a process that runs. */
const PROCESS_FAULTS: ReadonlySet<string> = new Set(['stop', 'kill', 'pause', 'restart'])

/** Without a majority of the shards nothing is agreed on and no vote is won, however long that lasts. */
function hadMajority({ startMs, totalMs }: FailoverTimeline, { faults, shards }: RunFacts): boolean {
  const hit = faults.filter(
    (fault) => PROCESS_FAULTS.has(fault.verb) && fault.startMs <= startMs + totalMs && fault.endMs >= startMs,
  )
  const shardsHit = new Set(hit.flatMap((fault) => fault.shards))
  return shardsHit.size < shards.length / 2
}

function slowParts(timeline: FailoverTimeline, config: Readonly<Record<string, string>>): AuditFinding[] {
  const { expected, detectionMs, electionMs, incidents } = timeline
  // An election that is known to have been lost is begun again once.
  const againMs = incidents.length === 0 ? 0 : retryMs(config)
  return [
    ...slow(timeline, 'detection', detectionMs, expected?.detection),
    ...slow(timeline, 'election', electionMs, expected?.election, againMs),
  ]
}

function slow(
  { shard, from, to, cause, incidents, startMs }: FailoverTimeline,
  part: string,
  tookMs: number | undefined,
  range: ExpectedRange | undefined,
  againMs = 0,
): AuditFinding[] {
  if (tookMs === undefined || range === undefined) return []
  const roomMs = Math.max(range.maxMs * ROOM, LEAST_ROOM_MS)
  if (tookMs <= range.maxMs + againMs + roomMs) return []
  const why = incidents.length === 0 ? '' : `: ${listed(incidents, 2)}`
  const most = formatDuration(range.maxMs)
  return [
    {
      text: `The ${part} in shard ${shard} (${from} to ${to}, ${cause}) took ${formatDuration(tookMs)}, and ${most} is the most that the settings let expect${why}`,
      nodes: [to],
      atMs: startMs,
      details: [...incidents],
    },
  ]
}

/** How long a replica waits before it asks for votes again (clusterHandleSlaveFailover in cluster.c, Redis 7.0). */
function retryMs(config: Readonly<Record<string, string>>): number {
  const nodeTimeoutMs = Number(config['cluster-node-timeout'] ?? DEFAULT_NODE_TIMEOUT_MS)
  return 2 * Math.max(2 * nodeTimeoutMs, 2000)
}
