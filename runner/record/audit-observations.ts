import type { CrashKind } from '../base/crash-kind.ts'

/**
 * What is seen of a scenario for its audit alone: of which no step asked. Times are on the clock of the events
 * (monotonic ms from the start of the run).
 */

/** A crash report, a failed assertion or the like in a server's log. */
export interface AlarmObservation {
  node: string
  seenMs: number
  kind: CrashKind
  /** The line that gave it away and the first of those after it. */
  lines: string[]
}

/** A server that no longer runs, and that the run did not end. */
export interface ServerEndObservation {
  node: string
  /** When it was first seen not to run. */
  seenMs: number
  /** The platform's words: `process ended by SIGSEGV`. */
  text: string
  exitCode?: number
  outOfMemory?: boolean
  /** The last lines of its log. */
  lastLines: string[]
}

/** Somebody who is none of the run's had a hand in it. */
export interface StrangerObservation {
  /** What the stranger did: it listened on the port of a server that was down, or joined the cluster. */
  did: 'held-port' | 'joined'
  /** Whose port it was, or who saw the stranger first. */
  node: string
  seenMs: number
  /** In words: `port 7010 is held by process 123 (nc) of another user, …`, or the address of the node that joined. */
  text: string
}

/** The client driver of a workload did what no driver may do: from then on its load is worth nothing. */
export interface MisdeedObservation {
  workload: string
  /** Its client with the version, as `redis-py 4.3.4`; before its hello, as the scenario names it. */
  driver: string
  seenMs: number
  /** What it did: `ended with exit code 1`. */
  text: string
  /** The end of its log; empty if it said nothing. */
  lastWords: string
}

/** An application of the scenario ended by itself. */
export interface AppEndObservation {
  app: string
  seenMs: number
  /** How: `ended with exit code 1`. */
  text: string
  /** The end of its log; empty if it said nothing. */
  lastWords: string
}

/** A server's program has begun, as its log says. */
export interface ServerStartObservation {
  node: string
  seenMs: number
}

/** The cluster when all faults were healed and the steps were over. */
export interface EndStateObservation {
  /** How long the cluster had to become healthy, ms: from its own settings. */
  withinMs: number
  /** How long it took; absent if it did not. */
  settledAfterMs?: number
  /** What was wrong at the last look, a sentence each; empty when it was healthy. */
  problems: string[]
  /** The highest epoch that a node knew when the cluster was ready, and at the last look. */
  epochs?: { first: number; last: number }
  /** Nodes that the scenario had left stopped or paused, or that had ended: nothing is asked of them. */
  absent: string[]
}

/** What a server held at a moment, in bytes and counts. */
export interface ResourceObservation {
  node: string
  seenMs: number
  clients: number
  usedMemory: number
  /** Replication backlog and the output buffers of replicas. */
  replicationBuffers: number
  keys: number
}

/** How much of its time the machine of the runner was wanting for cores, from set-up to the end. */
export interface MachineObservation {
  fromMs: number
  toMs: number
  /** Share of the time of its cores that its host gave to others, 0-1. */
  stolen: number
  /** Share of the time in which something waited for a core, 0-1; absent where the kernel does not tell. */
  waited?: number
}

/** What reading a dataset of `write` back at the end has shown. */
export interface DatasetObservation {
  name: string
  /** Keys with an acknowledged write. */
  keys: number
  /** Keys whose acknowledged value is gone, a line each, at most 20. */
  wrong: string[]
  /** How many there are. */
  wrongCount: number
  /** Why some keys could not be read. */
  unread?: string
}

/** What comparing the data of replicas with their masters' at the end has shown. */
export interface DataObservation {
  /** Keys of all masters. */
  keys: number
  /** Replicas that were compared. */
  replicas: number
  tookMs: number
  differences: SeenDifference[]
  /** Differences beyond those that are listed. */
  unnamed: number
  /** What could not be compared and why, a sentence each. */
  incomplete: string[]
}

/** One key, or one function, that a replica does not have as its master has. */
interface SeenDifference {
  /** 1-based; 0: a node without slots. */
  shard: number
  nodes: string[]
  /** One sentence: which key, what differs, at which offsets. */
  text: string
}
