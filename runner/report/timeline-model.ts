import type { NodeSeen } from '../record/events.ts'

/**
 * What was going on beside the steps, for whoever draws it. Times are ms from the scenario's start, as everywhere in
 * a report.
 */

/** A stretch of time in which something stayed as it was. */
export interface Span<State extends string> {
  startMs: number
  endMs: number
  state: State
  /** In words: `replica of redis-node0, link down`. */
  note?: string
}

/**
 * `down`: refuses connections. `paused`: a step paused it. `silent`: gives no answer. `apart`: answers, but most of the
 * others hold it for failing: cut off, or not yet forgiven.
 */
export type NodeState = 'master' | 'replica' | 'down' | 'paused' | 'silent' | 'apart'

/** `refused`: its master answers, and refuses keys (CLUSTERDOWN). `down`: nobody who owns its slots answers. */
export type ShardState = 'served' | 'refused' | 'down'

export interface NodeLane {
  node: string
  /** 1-based, at the start. */
  shard: number
  spans: Span<NodeState>[]
}

export interface ShardLane {
  shard: number
  spans: Span<ShardState>[]
}

/** What all nodes showed at one moment. */
export interface ViewReport {
  atMs: number
  currentEpoch: number
  nodes: NodeSeen[]
}

/** What was done to the cluster, from when until when. */
export interface FaultReport {
  /** `stop redis-node0`. */
  name: string
  targets: string[]
  startMs: number
  /** When it was undone; the end of the scenario if it was not. */
  endMs: number
  /** The step that did it, where a step alone tells. */
  path?: string
  /** How it was seen to bite, from outside. */
  proof?: string
}
