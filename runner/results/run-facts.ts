/** A span of the scenario, ms from its start. */
export interface Span {
  startMs: number
  endMs: number
}

export interface PhaseFact extends Span {
  name: string
}

export interface StepFact extends Span {
  /** `3`, a child `3.1`. */
  path: string
  verb: string
  name: string
  phase?: string
  targets: string[]
}

/** From the moment that a step took something away from nodes until it was given back. */
export interface FaultFact extends Span {
  /** Path of the step. */
  step: string
  verb: string
  nodes: string[]
  /** The shards of those nodes, 1-based. */
  shards: number[]
}

export interface ShardFact {
  /** 1-based. */
  shard: number
  /** First and last slot of each range, when the scenario began. */
  slots: (readonly [first: number, last: number])[]
  /** Its nodes when the scenario began, the master first. */
  nodes: string[]
}

/** A failover of which the run knows; times are ms from the scenario's start. */
export interface FailoverFact {
  shard: number
  /** The old master; empty where it is not known. */
  from: string
  to: string
  cause: string
  /** What made the master change: `kill`, `manual`, `takeover`, … */
  kind?: string
  /** `promoted` unless it says otherwise. */
  outcome?: 'promoted' | 'given up' | 'not promoted'
  /** Asked for with CLUSTER FAILOVER. */
  wanted?: boolean
  startMs: number
  /** Until the new master was one. */
  totalMs: number
  /** From the failing of the master to the majority's agreement that it failed. */
  detectionMs?: number
  /** From there to the new master. */
  electionMs?: number
  /** From the first refused write to the first that was served again. */
  clientOutageMs?: number
  /** False when writes were still refused when watching ended: `clientOutageMs` is then the least it was. */
  clientsBack?: boolean
  /** The configuration epoch that the new master won. */
  epoch?: number
}

/** What checks must know of a scenario beside the history. Times are ms from its start. */
export interface RunFacts {
  /** How long the scenario was played, or recorded. */
  durationMs: number
  phases: PhaseFact[]
  steps: StepFact[]
  faults: FaultFact[]
  /** Empty if no cluster came to be. */
  shards: ShardFact[]
  failovers: FailoverFact[]
}
