import { formatDuration } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import type { AuditFinding } from '../../record/audit-outcome.ts'
import type { AuditFacts } from '../../results/audit-facts.ts'
import type { ExpectedRange, FailoverTimeline } from '../../results/failovers/timeline.ts'
import { PROCESS_FAULTS } from '../../results/faults.ts'
import type { RunFacts, ShardFact } from '../../results/run-facts.ts'
import { gapBehind, type TimedBy } from '../calm.ts'
import { type AuditRule, blind } from './rule.ts'

/**
 * Room beyond what the settings let expect before it is a finding: servers look at their elections ten times a second,
 * and a machine with as many servers as this may give one of them no time for a moment.
 */
const ROOM = 0.25
const LEAST_ROOM_MS = 500

const DEFAULT_NODE_TIMEOUT_MS = 15_000

/** Faults under which a node goes on, and takes longer to say or to do what a failover needs of it. */
const SLOWS: ReadonlySet<string> = new Set(['network', 'bus', 'partition', 'stall', 'cpu', 'memory', 'disk'])

export const timing: AuditRule = {
  name: 'failover_time',
  sentence:
    "Detection, election and refusal of clients in every failover after a fault took no longer than the cluster's settings and version let expect.",
  reason:
    'An election that takes seconds longer than it can take by design hides a lost vote, a wrong rank or a stuck server; clients that are refused long after a promotion do not know of it.',
  judge(facts) {
    const { timelines, run } = facts
    const unasked = timelines.filter(
      // One that was asked for is asked for again until its step's limit: that limit judges it.
      (one) => one.outcome === 'promoted' && !one.wanted && one.expected !== undefined && hadMajority(one, run),
    )
    const judged = unasked.filter((one) => !wasSlowed(one, run))
    if (judged.length === 0 && unasked.length > 0) {
      return blind(`a fault slowed the replica or its voters in ${plural(unasked.length, 'failover')}`)
    }
    const findings = judged.flatMap((one) => [
      ...slowParts(one, facts),
      ...(isAlone(one, facts) ? refusedTooLong(one, facts) : []),
    ])
    return { lookedAt: plural(judged.length, 'failover'), findings }
  },
}

/** Without a majority of the shards nothing is agreed on and no vote is won, however long that lasts. */
function hadMajority({ startMs, totalMs }: FailoverTimeline, { faults, shards }: RunFacts): boolean {
  const hit = faults.filter(
    (fault) => PROCESS_FAULTS.has(fault.verb) && fault.startMs <= startMs + totalMs && fault.endMs >= startMs,
  )
  const shardsHit = new Set(hit.flatMap((fault) => fault.shards))
  return shardsHit.size < shards.length / 2
}

/**
 * A fault slowed the replica that took over, or left fewer voters untouched than it needs votes. What took the old
 * master away is no excuse.
 */
function wasSlowed(timeline: FailoverTimeline, run: RunFacts): boolean {
  const { startMs, totalMs, from, to, shard } = timeline
  const slowed = new Set(
    run.faults
      .filter((fault) => SLOWS.has(fault.verb) && fault.startMs <= startMs + totalMs && fault.endMs >= startMs)
      .filter(({ verb, nodes }) => verb !== 'partition' || !nodes.includes(from))
      .flatMap(({ nodes }) => nodes),
  )
  const voting = votingShards(run)
  const voters = voting.filter((one) => one.shard !== shard).map((one) => masterAt(one, startMs, run))
  const untouched = voters.filter((voter) => !slowed.has(voter))
  return slowed.has(to) || (untouched.length < voters.length && untouched.length <= voting.length / 2)
}

/** A master without slots has no vote. Records of earlier versions do not say who has slots. */
function votingShards({ shards }: RunFacts): ShardFact[] {
  const owners = shards.filter(({ slots }) => slots.length > 0)
  return owners.length === 0 ? shards : owners
}

/** By the failovers before it. */
function masterAt({ shard, nodes: [first = ''] }: ShardFact, atMs: number, { failovers }: RunFacts): string {
  const last = failovers.findLast(
    (one) => one.shard === shard && (one.outcome ?? 'promoted') === 'promoted' && one.startMs + one.totalMs <= atMs,
  )
  return last?.to ?? first
}

function slowParts(timeline: FailoverTimeline, facts: AuditFacts): AuditFinding[] {
  const { shard, from, to, cause, expected } = timeline
  const who = `in shard ${shard} (${from} to ${to}, ${cause}) took`
  const { detectionMs, electionMs } = timeline
  return [
    ...tooLong(`The detection ${who}`, { timeline, tookMs: detectionMs, range: expected?.detection }, facts),
    ...tooLong(
      `The election ${who}`,
      { timeline, tookMs: electionMs, range: expected?.election, againMs: againMs(timeline, facts) },
      facts,
    ),
  ]
}

/** What small writes met that try each shard every few hundredths of a second while something is wrong. */
function refusedTooLong(timeline: FailoverTimeline, facts: AuditFacts): AuditFinding[] {
  const { shard, from, to, cause, clientOutageMs, clientsBack, expected } = timeline
  const atLeast = clientsBack === false ? ' at least' : ''
  return tooLong(
    `Clients of shard ${shard} (${from} to ${to}, ${cause}) were refused for${atLeast}`,
    {
      ...{ timeline, tookMs: clientOutageMs, range: expected?.clientOutage },
      againMs: againMs(timeline, facts),
      timedBy: 'looks',
    },
    facts,
  )
}

/** Nothing else was wrong that clients may have been refused for. */
function isAlone(timeline: FailoverTimeline, { timelines, run }: AuditFacts): boolean {
  const endMs = timeline.startMs + Math.max(timeline.totalMs, timeline.clientOutageMs ?? 0)
  const isMeanwhile = (one: { startMs: number; endMs: number }) => one.startMs <= endMs && timeline.startMs <= one.endMs
  const beside = timelines.filter((one) => isMeanwhile({ ...one, endMs: one.startMs + one.totalMs }))
  const [fault, ...others] = run.faults.filter(isMeanwhile)
  return (
    beside.length === 1 &&
    others.length === 0 &&
    (fault === undefined || PROCESS_FAULTS.has(fault.verb) || fault.verb === 'partition')
  )
}

interface Part {
  timeline: FailoverTimeline
  tookMs: number | undefined
  range: ExpectedRange | undefined
  /** What it may have taken to begin anew. */
  againMs?: number
  timedBy?: TimedBy
}

function tooLong(
  what: string,
  { timeline, tookMs, range, againMs = 0, timedBy = 'servers' }: Part,
  { run }: AuditFacts,
): AuditFinding[] {
  if (tookMs === undefined || range === undefined) return []
  const roomMs = Math.max(range.maxMs * ROOM, LEAST_ROOM_MS)
  if (tookMs <= range.maxMs + againMs + roomMs) return []
  const { incidents, startMs, totalMs, to } = timeline
  const most = `${formatDuration(tookMs)}, and ${formatDuration(range.maxMs)} is the most that the settings let expect`
  const gap = gapBehind(run, { startMs, endMs: startMs + Math.max(totalMs, tookMs) }, timedBy)
  const why = incidents.length === 0 ? '' : `: ${listed(incidents, 2)}`
  return [
    {
      text: `${what} ${most}${gap === undefined ? why : `; yet ${gap}`}`,
      nodes: [to],
      atMs: startMs,
      details: [...incidents],
      ...(gap !== undefined && { inconclusive: true }),
    },
  ]
}

/** An election that is known to have been lost is begun again once. */
function againMs({ incidents }: FailoverTimeline, { config }: AuditFacts): number {
  return incidents.length === 0 ? 0 : retryMs(config)
}

/** How long a replica waits before it asks for votes again (clusterHandleSlaveFailover in cluster.c, Redis 7.0). */
function retryMs(config: AuditFacts['config']): number {
  const nodeTimeoutMs = Number(config['cluster-node-timeout'] ?? DEFAULT_NODE_TIMEOUT_MS)
  return 2 * Math.max(2 * nodeTimeoutMs, 2000)
}
