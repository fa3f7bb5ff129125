/** The timeline of one failover, made from what was seen of it. Times are ms from the scenario's start. */

/**
 * What made the master change. `unplanned`: nothing that the run did. Other faults carry their own name (`partition`).
 */
export type FailoverKind =
  | 'stop'
  | 'kill'
  | 'pause'
  | 'restart'
  | 'manual'
  | 'force'
  | 'takeover'
  | 'unplanned'
  | string

/**
 * `promoted`: there is a new master. `undone`: there was one, and it gave in to another master that had not succeeded
 * it: no failover of its own. `given up`: a CLUSTER FAILOVER that its server gave up. `not promoted`: a master that was
 * away from the majority, and no replica took over.
 */
type FailoverOutcome = 'promoted' | 'undone' | 'given up' | 'not promoted'

/** Moments of a failover in the order in which they are due; what was not seen is left out. */
export const MOMENTS = [
  /** A fault was put on the master. */
  'fault',
  /** A CLUSTER FAILOVER was asked for. */
  'requested',
  /** Without a fault of the run: the first thing that was seen. */
  'first sign',
  /** A master that was asked to end has ended. */
  'down',
  /** A write to the shard was refused. */
  'first error',
  /** PFAIL: one node suspects the master. */
  'suspected',
  /** FAIL: a majority of masters agrees. */
  'failed',
  /** The replica has accepted the CLUSTER FAILOVER. */
  'accepted',
  /** The old master has stopped writes. */
  'writes paused',
  /** It has told how far it has got. */
  'offset received',
  /** The replica has got as far. */
  'caught up',
  /** The replica has said when it will begin an election, and its rank. */
  'election delayed',
  'election started',
  'promoted',
  /** The new master has served a write. */
  'first write',
  /** All nodes that answer see the same masters, replicas and slots. */
  'views agree',
  'old master is replica',
  /** The old master has all data of the new one. */
  'in sync',
  /** The server has given the CLUSTER FAILOVER up. */
  'given up',
] as const

export type MomentName = (typeof MOMENTS)[number]

export interface TimelineMoment {
  name: MomentName
  atMs: number
  /** How far `atMs` may be off, either way. */
  errorMs: number
  /** Where it is from: a server's log, the views of nodes, writes that were tried, the run itself. */
  source: 'log' | 'views' | 'probe' | 'run'
  /** Whose log, whose view, who served. */
  node?: string
  /** What was seen, in words: the line of the log, the error. */
  text: string
}

/** The time between two moments that follow each other, named after what it led to. */
export interface TimelinePhase {
  name: string
  startMs: number
  durationMs: number
  /** How far `durationMs` may be off: the errors of both ends. */
  errorMs: number
}

export interface ExpectedRange {
  minMs: number
  maxMs: number
}

/** What the cluster's own settings and version allow. */
export interface ExpectedTimes {
  nodeTimeoutMs: number
  /** From the failing of the master to FAIL. */
  detection?: ExpectedRange
  /** From FAIL to the new master. */
  election?: ExpectedRange
  /** All of it. `minMs` is the floor: no failover of this cluster can be faster. */
  time: ExpectedRange
  /** How long clients are refused. Absent in records of earlier versions. */
  clientOutage?: ExpectedRange
}

/** Another shard that refused writes during the failover with CLUSTERDOWN, though its own master was there. */
export interface RefusedShard {
  shard: number
  refusedMs: number
  /** False when writes were still refused when watching ended. */
  back?: boolean
  /** Slots were being moved to it or from it: a node at either end may know of no owner of them. */
  moving?: true
}

export interface FailoverTimeline {
  /** 1-based. */
  shard: number
  /** The old master; empty if it is not known. */
  from: string
  /** The new master; of a failover without one, the replica that tried, or empty. */
  to: string
  kind: FailoverKind
  /** In words: `stop in step 2`, `failover (force) in step 10`, `unplanned`. */
  cause: string
  outcome: FailoverOutcome
  /** The record ends before it is over, as that of a run that is on: this is how it stands so far. */
  open?: true
  /** Of a promotion that was undone: how long after it, and the master that the node became a replica of. */
  undone?: { afterMs: number; to: string }
  /** Of a master that nobody replaced, why, in a clause, where that is known. */
  why?: string
  /** By CLUSTER FAILOVER. */
  wanted: boolean
  /** Of a wanted one, the path of the step that asked for it; absent where none did. */
  askedBy?: string
  startMs: number
  /** From the start until the new master was one (or, without one, until it was over). */
  totalMs: number
  /** From the start to the last moment: the sum of the phases. */
  wholeMs: number
  moments: TimelineMoment[]
  /** Without gap or overlap, from the start to the last moment. */
  phases: TimelinePhase[]
  /** From the failing of the master to FAIL. */
  detectionMs?: number
  /** From FAIL (of a wanted one: from the election's being set up) to the new master. */
  electionMs?: number
  /**
   * For how long writes were refused, from the first to the first that the new master served: what was served in
   * between is not counted. 0 if none was refused, absent when nobody tried to write.
   */
  clientOutageMs?: number
  /** False when writes were still refused when watching ended: `clientOutageMs` is then the least it was. */
  clientsBack?: boolean
  otherShards: RefusedShard[]
  /** `cluster-require-full-coverage`: why other shards refuse too. */
  fullCoverage?: boolean
  resync?: 'full' | 'partial'
  /** Of the winning election. */
  rank?: number
  epoch?: number
  announcedDelayMs?: number
  expected?: ExpectedTimes
  /** What went otherwise than it should, in sentences: lost elections, refused votes, given up requests. */
  incidents: string[]
}
