/**
 * What is observed of a cluster while a scenario is played; results make timelines of it. All times are on the clock of
 * the events (monotonic ms from the start of the run). Each is the time of the thing itself, which may be earlier than
 * the `atMs` of its event: that is when the runner learned of it.
 */

/** Moments that servers' logs tell of: those of `platforms/dialects.ts`, which says what the lines are. */
export const LOG_MOMENTS = [
  'identity',
  'asked to end',
  'ended',
  'suspected',
  'marked failing',
  'told of failing',
  'election delayed',
  'rank changed',
  'election started',
  'vote granted',
  'vote refused',
  'cannot fail over',
  'votes counted',
  'election reset',
  'election won',
  'manual accepted',
  'force accepted',
  'taken over',
  'handover asked',
  'offset received',
  'caught up',
  'manual given up',
  'cluster state',
  'reconfigured as replica',
  'full resync',
  'full resync done',
  'partial resync',
  'failing cleared',
  'replica dropped',
  'epoch collision',
] as const

export type LogMoment = (typeof LOG_MOMENTS)[number]

/** A line of a server's log that tells of a moment of a failover. */
export interface LogObservation {
  /** Whose log. */
  node: string
  moment: LogMoment
  seenMs: number
  /** How far `seenMs` may be off, either way. */
  errorMs: number
  /** The line, without the server's own stamp. */
  text: string
  /** The node spoken of, by its name. */
  about?: string
  /** The node that told. */
  by?: string
  delayMs?: number
  rank?: number
  primaryRank?: number
  offset?: number
  epoch?: number
  /** `ok`, `fail`. */
  state?: string
  reason?: string
  votes?: number
  needed?: number
}

/** How one node sees another. */
export interface SeenNode {
  name: string
  role: 'master' | 'replica'
  /** The master of a replica. */
  of?: string
  /** `0-5460`; empty without slots. */
  slots: string
  failing?: 'fail?' | 'fail'
}

/** A node's view has changed, or the node no longer answers, or answers again. */
export interface ViewObservation {
  node: string
  /** The change came after this moment: until then the node was seen to say something else. */
  afterMs: number
  /** And by this one. */
  seenMs: number
  /** Absent when the node did not answer. */
  view?: SeenNode[]
  /** Why there was no answer: `connection refused`. */
  unreachable?: string
}

/**
 * A write to a shard was refused where the last one was served, or served where the last was refused, or by another
 * node.
 */
export interface ServiceObservation {
  /** 1-based. */
  shard: number
  slot: number
  served: boolean
  /** The node that served it. */
  node?: string
  /** Class of the error: `refused`, `timeout`, `CLUSTERDOWN`, … */
  error?: string
  /** The error in words. */
  text?: string
  /** When the last write ended that went the other way; where nobody served, the last one to the node that does now. */
  afterMs: number
  /** When the answer or error came; where none came in time, when the write was sent. */
  seenMs: number
}

/** A fault was put on nodes, or taken from them. */
export interface FaultObservation {
  /** `stop`, `kill`, `pause`, `restart`, `partition`, … */
  fault: string
  nodes: string[]
  /** True when it was taken away. */
  undone: boolean
  /** Applying it began. */
  fromMs: number
  /** It was applied. */
  toMs: number
  /** Of a partition: pairs of nodes that no longer hear each other on the cluster bus. */
  cuts?: [string, string][]
  /** The system ends a server that needs more memory than this leaves it. */
  endsServers?: true
}

/** What the cluster's own settings say of failovers, asked of a node that answers; told again when they change. */
export interface TimingObservation {
  /** `cluster-node-timeout`. */
  nodeTimeoutMs: number
  /** How long a manual failover is tried before the server gives it up. */
  manualTimeoutMs: number
  /** `cluster-require-full-coverage`: all shards refuse when one is not served. */
  fullCoverage: boolean
  /** When elections begin, by the server's version: as `ElectionTiming` of `platforms/dialects.ts`. */
  election: { leastMs: number; mostMs: number; perRankMs: number; perPrimaryRankMs: number; retryMs: number }
}

/** Both clocks at one moment: where the wall clock, by which logs are stamped, lies on the clock of the events. */
export interface ClockObservation {
  seenMs: number
  /** ms since the epoch. */
  wallMs: number
  /** How far the two may be apart, either way. */
  errorMs: number
}

/** A thread of the runner stood still. It saw nothing then, and what waited for it waited for nothing else. */
export interface StallObservation {
  /** `runner`: the steps and everything that looks; `load`: the clients of the workloads. */
  who: 'runner' | 'load'
  fromMs: number
  toMs: number
  /** Of the runner, where it can be told: whether the servers went on meanwhile, or the whole machine stood still. */
  servers?: 'ran' | 'stood-still'
}

/** The wall clock was set, or ran on while the machine slept. */
export interface ClockStepObservation {
  /** When it was noticed. */
  seenMs: number
  /** By how much it went forward; negative: back. */
  byMs: number
  /** The machine slept: the monotonic clock stood still, and nothing on this machine ran. */
  slept?: boolean
}

/** A step is about to move slots, or to have them moved. */
export interface MeantMovesObservation {
  seenMs: number
  /** In the order in which they are made; `slots` as in views: `0-99, 5461`. */
  moves: { slots: string; from: string; to: string }[]
}

/** A step has moved slots: together, so that they have their times in common. */
export interface MovedSlotsObservation {
  slots: string
  from: string
  to: string
  /** Absent where nobody counted. */
  keys?: number
  fromMs: number
  toMs: number
}
