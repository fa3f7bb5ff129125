/**
 * What was going on beside the steps, for whoever draws it. Times are ms from the scenario's start, as everywhere in
 * a report.
 */

/** A stretch of time in which something stayed as it was. */
export interface Span<State extends string> {
  startMs: number
  endMs: number
  state: State
  /** In words: `replica of redis-node0`. */
  note?: string
}

/**
 * `down`: refuses connections. `paused`: the run paused it. `silent`: gives no answer. `apart`: answers, but most of
 * the others hold it for failing: cut off, or not yet forgiven.
 */
export type NodeState = 'master' | 'replica' | 'down' | 'paused' | 'silent' | 'apart'

/** `refused`: a node answers, and refuses writes (CLUSTERDOWN). `down`: nobody answers for its slots. */
export type ShardState = 'served' | 'refused' | 'down'

/**
 * Of an application. `failing`: some requests of its users failed. `out`: none was answered well. `ended`: by itself.
 */
export type AppState = 'starting' | 'ready' | 'failing' | 'out' | 'ended'

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

export interface AppLane {
  app: string
  spans: Span<AppState>[]
}

/** One node as it and the others show it at one moment. */
export interface NodeShown {
  name: string
  /** 1-based, at the start. */
  shard: number
  /** Why it gives no answer: `connection refused`. Absent when it answers. */
  silence?: string
  /** By its own view; of one that gives no answer, by the last that it gave. */
  role?: 'master' | 'replica'
  /** The master of a replica. */
  of?: string
  /** `0-5460`; empty without slots. */
  slots: string
  /** How many of the others that answer hold it for failing (`fail`, `fail?`), and how many those are. */
  failingTo: number
  others: number
}

/** What all nodes show at one moment. */
export interface ViewReport {
  atMs: number
  nodes: NodeShown[]
}

/** What was done to the cluster, from when until when. */
export interface FaultReport {
  /** `stop redis-node0`. */
  name: string
  targets: string[]
  startMs: number
  /** When it was undone; the end of the scenario if it was not. */
  endMs: number
  /** How it was seen to bite, from outside. */
  proof?: string
}
