/**
 * Every fact of a run, in the order it was learnt. Reports are made from these alone. `events.jsonl` holds one event
 * a line. `atMs` is monotonic, from the start of the run; a scenario's own times are relative to its
 * `scenario-started`. Values are JSON; they never contain a password.
 */

import type { ClocksFact, FaultFact, LogFact, ServiceFact, TimingFact, ViewFact } from './failover-facts.ts'

export const EVENTS_VERSION = 1

export type StepVerdict = 'passed' | 'failed' | 'error' | 'inconclusive' | 'interrupted' | 'not-run'
export type ScenarioVerdict = 'passed' | 'failed' | 'inconclusive' | 'error' | 'interrupted' | 'skipped'
export type RunVerdict = 'passed' | 'failed' | 'inconclusive' | 'error' | 'interrupted'

/** A step as written, before anything is played. */
export interface PlannedStep {
  /** Place in the list: `3`, a child `3.1`, of the finally list `f1`. Iterations of a repeat: `3#2.1`. */
  path: string
  verb: string
  /** The step's `name`, else its sentence. */
  name: string
  file: string
  line: number
  phase?: string
}

export interface ClusterNodeInfo {
  name: string
  /** For clients on the host, `localhost:7010`. */
  address: string
  role: 'master' | 'replica'
  /** 1-based. */
  shard: number
}

export interface ClusterInfo {
  shards: number
  replicas: number
  nodes: ClusterNodeInfo[]
  /** Server settings asked for; never a password. */
  config: Record<string, string>
}

/** What went wrong, for people. */
export interface StepError {
  /** One sentence: what was expected and what was seen. */
  message: string
  /** More lines: tries, what is lost by shard, … */
  details?: string[]
  /** What to do next. */
  hint?: string
}

export interface StepOutcome {
  verdict: StepVerdict
  /** Deadline of the step, ms. */
  limitMs?: number
  attempts?: number
  /** When an expectation became true, ms from the step's start. */
  trueAfterMs?: number
  /** Names of the nodes that the step's targets stood for. */
  targets?: string[]
  /** How an action was seen to have worked, from outside. */
  proof?: string
  lastSeen?: string
  error?: StepError
  /** The node that was seen to become a master, by an expectation that had to wait for it or by a failover. */
  promoted?: string
  /** Facts worth a line in the report: `1000 keys written`. */
  note?: string
}

export type RunEvent = { atMs: number } & (
  | {
      type: 'run-started'
      version: number
      name: string
      runId: string
      startedAt: string
      seed: number
      /** The command that runs it again, without secrets. */
      command: string
      scenarios: number
    }
  | {
      type: 'scenario-started'
      /** 0-based place in the run; every later event of the scenario carries it. */
      scenario: number
      id: string
      title: string
      file: string
      tags: string[]
      seed: number
      params: Record<string, unknown>
      platform: string
      server: string
      steps: PlannedStep[]
    }
  | { type: 'progress'; scenario?: number; text: string }
  | { type: 'cluster-ready'; scenario: number; cluster: ClusterInfo; setupMs: number; server: string }
  | { type: 'step-started'; scenario: number; index: number; limitMs?: number; step: PlannedStep }
  | { type: 'step-progress'; scenario: number; index: number; text: string }
  | { type: 'step-ended'; scenario: number; index: number; step: PlannedStep; durationMs: number; outcome: StepOutcome }
  | ({ type: 'failover-seen'; scenario: number } & LogFact)
  | ({ type: 'view-seen'; scenario: number } & ViewFact)
  | ({ type: 'service-seen'; scenario: number } & ServiceFact)
  | ({ type: 'fault-seen'; scenario: number } & FaultFact)
  | ({ type: 'timing-seen'; scenario: number } & TimingFact)
  | ({ type: 'clocks-seen'; scenario: number } & ClocksFact)
  /** Watching of failovers ended: what comes later is the cleanup's doing. */
  | { type: 'watch-ended'; scenario: number }
  | { type: 'log-saved'; scenario: number; node: string; file: string }
  | {
      type: 'scenario-as-played'
      scenario: number
      yaml: string
      /** Step files that it uses, by their path beside it, with `/`. */
      files: { path: string; text: string }[]
    }
  | {
      type: 'scenario-ended'
      scenario: number
      verdict: ScenarioVerdict
      reason?: string
      hint?: string
      durationMs: number
      setupMs: number
      cleanupMs: number
    }
  | { type: 'warning'; scenario?: number; text: string }
  | { type: 'run-ended'; verdict: RunVerdict; exitCode: number; durationMs: number; folder: string }
)

export type EventType = RunEvent['type']
/** An event before the recorder stamps it. */
export type EventBody = RunEvent extends infer E ? (E extends { atMs: number } ? Omit<E, 'atMs'> : never) : never
export type EventOf<T extends EventType> = Extract<RunEvent, { type: T }>
