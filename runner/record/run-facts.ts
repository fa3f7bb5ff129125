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

/** A step that took something away from nodes. */
export interface FaultFact extends Span {
  step: string
  verb: string
  nodes: string[]
  /** The shards of those nodes, 1-based. */
  shards: number[]
}

export interface ShardFact {
  /** 1-based. */
  shard: number
  /** First and last slot of each range. */
  slots: (readonly [number, number])[]
  /** Its nodes when the scenario began, the master first. */
  nodes: string[]
}

export interface FailoverFact {
  shard: number
  /** The old master; empty where it is not known. */
  from: string
  to: string
  cause: string
  startMs: number
  totalMs: number
  /** The configuration epoch that the new master won. */
  epoch?: number
  parts: { name: string; startMs: number; durationMs: number }[]
}

/** What checks must know of a scenario beside the history. Times are ms from its start. */
export interface RunFacts {
  /** From the start of the scenario to its end, or to the end of what was recorded. */
  durationMs: number
  phases: PhaseFact[]
  steps: StepFact[]
  faults: FaultFact[]
  shards: ShardFact[]
  failovers: FailoverFact[]
}
