import { roundMs } from '../../base/duration.ts'
import { type Belief, beliefsOf, together } from './beliefs.ts'
import { causeOfBelief } from './cause.ts'
import type { FailoverObservations } from './observations.ts'
import type { Promotion } from './promotions.ts'
import { reignsOf } from './reigns.ts'
import { servedThroughout } from './service.ts'
import type { FailoverTimeline } from './timeline.ts'
import { majorityOf, mayHaveSlots, votersAt } from './voters.ts'

/** Masters that the same nodes took to be failing at the same time, and that needed no failover. */
export interface Suspicion {
  /** 1-based. */
  shards: number[]
  /** The masters, as their shards. */
  nodes: string[]
  /** Who took them to be failing: those of them that have a vote, or all if none has. */
  by: string[]
  /** From the first that did until none did any more. Times are ms from the scenario's start. */
  startMs: number
  durationMs: number
  /** In words: `partition in step 2`, `unplanned`. */
  cause: string
  /** In a sentence: what was believed, and why no failover was needed. */
  summary: string
}

/** Everything that was believed of masters and belongs to none of the failovers. */
export function suspicionsOf(
  observed: FailoverObservations,
  promotions: readonly Promotion[],
  failovers: readonly FailoverTimeline[],
): Suspicion[] {
  const shards = [...new Set(observed.nodes.map(({ shard }) => shard))]
  const single = shards.flatMap((shard) =>
    reignsOf(observed, shard, promotions).flatMap(({ master, fromMs, toMs }) =>
      together(beliefsOf(observed, master, fromMs, toMs))
        .filter((beliefs) => !isExplained(beliefs, shard, master, failovers))
        .map((beliefs) => suspicion(observed, shard, master, beliefs)),
    ),
  )
  return united(single.sort((a, b) => a.startMs - b.startMs))
}

/** A minority that is cut off suspects all the others: that is told once. */
function united(suspicions: readonly Suspicion[]): Suspicion[] {
  const groups: Suspicion[] = []
  for (const one of suspicions) {
    const same = groups.find(
      (other) =>
        other.cause === one.cause && other.summary === one.summary && one.startMs <= other.startMs + other.durationMs,
    )
    if (same === undefined) {
      groups.push(one)
      continue
    }
    const endMs = Math.max(same.startMs + same.durationMs, one.startMs + one.durationMs)
    const pairs = [...same.shards, ...one.shards].map((shard, index) => ({
      shard,
      node: [...same.nodes, ...one.nodes][index] ?? '',
    }))
    pairs.sort((a, b) => a.shard - b.shard)
    same.shards = pairs.map(({ shard }) => shard)
    same.nodes = pairs.map(({ node }) => node)
    same.durationMs = roundMs(endMs - same.startMs)
  }
  return groups
}

/** The beliefs go with a failover from that master: it had failed, or was told so. */
function isExplained(
  beliefs: readonly Belief[],
  shard: number,
  master: string,
  failovers: readonly FailoverTimeline[],
): boolean {
  return failovers.some(
    (one) =>
      one.shard === shard &&
      one.from === master &&
      beliefs.some(({ fromMs, toMs }) => toMs >= one.startMs && fromMs <= one.startMs + one.totalMs),
  )
}

function suspicion(observed: FailoverObservations, shard: number, node: string, beliefs: readonly Belief[]): Suspicion {
  const startMs = Math.min(...beliefs.map(({ fromMs }) => fromMs))
  const endMs = Math.max(...beliefs.map(({ toMs }) => toMs))
  const all = [...new Set(beliefs.map(({ by }) => by))].sort()
  const voting = all.filter((name) => beliefs.some(({ by, fromMs }) => by === name && hasVote(observed, name, fromMs)))
  const by = voting.length > 0 ? voting : all
  const cause = causeOfBelief(observed, [node, ...by], startMs)
  // Nodes that were cut off believe it for some time after the cut has healed: then it says nothing any more.
  const served = servedThroughout(observed, shard, startMs, Math.min(endMs, cause.untilMs ?? endMs))
  const harmless = served
    ? 'and served all the while'
    : mayHaveSlots(observed, node, startMs)
      ? undefined
      : 'and had no slots to take over'
  const open = !observed.isOver && endMs >= observed.endMs
  return {
    shards: [shard],
    nodes: [node],
    by,
    startMs: roundMs(startMs),
    durationMs: roundMs(endMs - startMs),
    cause: cause.text,
    summary: `${reasonOf(by, voting.length, votersAt(observed, startMs).length, harmless, open)}; ${open ? 'not over yet' : 'no failover needed'}`,
  }
}

function reasonOf(
  by: readonly string[],
  votes: number,
  voters: number,
  harmless: string | undefined,
  open: boolean,
): string {
  const who = by.join(', ')
  if (votes === 0) return `suspected by ${who} alone, without a vote`
  if (votes < majorityOf(voters)) return `suspected by a minority, ${votes} of ${voters} masters (${who})`
  if (harmless !== undefined) return `taken to be failing by ${who}, ${harmless}`
  return `suspected by ${who}, and ${open ? 'not yet' : 'never'} agreed to have failed`
}

/** Whether a node was, by its own view, a master with slots. */
function hasVote({ views }: FailoverObservations, name: string, atMs: number): boolean {
  const own = views.findLast(({ node, seenMs, view }) => node === name && seenMs <= atMs && view !== undefined)
  const self = own?.view?.find((seen) => seen.name === name)
  return self?.role === 'master' && self.slots !== ''
}
