/**
 * Every fact of a run, in the order it was learnt. Reports are made from these alone. `events.jsonl` holds one event
 * a line. `atMs` is monotonic, from the start of the run; a scenario's own times are relative to its
 * `scenario-started`. Values are JSON; they never contain a password.
 */

import type {
  AlarmObservation,
  DataObservation,
  DatasetObservation,
  EndStateObservation,
  MachineObservation,
  ResourceObservation,
  ServerEndObservation,
  ServerStartObservation,
  StrangerObservation,
} from './audit-observations.ts'
import type { AuditOutcome, AuditTerms } from './audit-outcome.ts'
import type { CheckOutcome } from './check-outcome.ts'
import type { ClientEvent } from './client-observations.ts'
import type { ClusterShape } from './cluster-shape.ts'
import type { BaselineReport } from './comparison.ts'
import type { LoadSeries } from './load-series.ts'
import type {
  ClockObservation,
  ClockStepObservation,
  FaultObservation,
  LogObservation,
  MeantMovesObservation,
  MovedSlotsObservation,
  ServiceObservation,
  StallObservation,
  TimingObservation,
  ViewObservation,
} from './observations.ts'
import type { MustFail } from './twin.ts'

export const EVENTS_VERSION = 1

export type StepVerdict = 'passed' | 'failed' | 'error' | 'inconclusive' | 'interrupted' | 'skipped' | 'not-run'
export type ScenarioVerdict = 'passed' | 'failed' | 'inconclusive' | 'error' | 'interrupted' | 'skipped'
export type RunVerdict = 'passed' | 'failed' | 'inconclusive' | 'error' | 'interrupted'

/** One of the parts in which the machines of a CI matrix play a suite. */
export interface ShardInfo {
  /** From 1. */
  number: number
  of: number
  /** A word that all parts of one division have, and those of no other. */
  plan: string
  /** Where and through what it is played, in words: `redis:7.0 (process)`. */
  on?: string
}

/** Which of how many times a run plays the same, from 1. */
export interface Repeat {
  number: number
  of: number
  /** Of a night, why it was added after all had been played: it looked slower, or tells how the machine is now. */
  why?: 'suspicious' | 'control'
}

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
  /** It was added while the scenario was played. */
  added?: true
  /** In words, when it was first started: `redis 7.0.15`. Missing in records of earlier versions. */
  server?: string
  /** What it was started as later, ms from the scenario's start. In reports alone; missing where it stayed what it was. */
  later?: { server: string; atMs: number }[]
}

export interface ClusterInfo extends ClusterShape {
  nodes: ClusterNodeInfo[]
  /** Server settings asked for; never a password. */
  config: Record<string, string>
  /** Ranges of slots of each shard as it was formed, in order. */
  slots?: (readonly [first: number, last: number])[][]
}

/** A fault that was brought about on purpose. */
export interface FaultInfo {
  /** `f1`: unique in its scenario. */
  id: string
  /** `partition`, `cpu`, … */
  kind: string
  nodes: string[]
  /** In words: `cut redis-node0 off from all other nodes`. */
  sentence: string
}

/** What went wrong, for people. */
export interface StepError {
  /** One sentence: why, as far as it is known, what was expected, and what was seen. */
  message: string
  /** Why, where it is known. Absent in records of earlier versions. */
  cause?: string
  /** What was expected, after "expected"; what was seen is the outcome's `lastSeen`. */
  expected?: string
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
  /** The whole reply of a command, as JSON, up to 100,000 characters; of a session, the list of its replies. */
  reply?: string
  /**
   * The command of an administrator that the step sent: `CLUSTER SETSLOT`, `CONFIG SET port`. What it changes is the
   * scenario's doing.
   */
  administers?: string
  /** The nodes that it was sent to, or that it changed, where these are others than the targets. */
  administered?: string[]
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
      /** How many scenarios may be played side by side; absent where it is one. */
      lanes?: number
      /** The machine and the runner, in words, by what each is: `node` → `v20.20.2`. */
      environment?: Record<string, string>
      /** What `--allow` let scenarios do beyond the policy. */
      allowed?: string[]
      /** The ids of the runs whose records were put together, each as it was played. */
      merged?: string[]
      /** Which part of a suite it plays. */
      shard?: ShardInfo
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
      /** The server as it was asked for: `redis:7.0`. */
      asked?: string
      /** Of several that are played side by side the lane, from 1. */
      lane?: number
      /** Which of how many times the run plays the same; absent when it plays once. */
      repeat?: Repeat
      /** UTC time, ISO 8601, in the record of runs that were put together: each has a clock of its own. */
      startedAt?: string
      /** How long the rest of the run will take, this one with it, ms; absent where nothing is known of that. */
      leftMs?: number
      /** The client that was asked for, for workloads that name none. */
      client?: string
      /** The folder of the programs that it starts; absent where it starts none. */
      programs?: string
      steps: PlannedStep[]
      /** Load in the background, with its options as written. */
      workloads?: { name: string; type: string; options: Record<string, unknown> }[]
      /** Limits, by the workload (or `failover`) that they are on, then by check, as written. */
      checks?: Record<string, Record<string, unknown>>
      /** It is a twin of another scenario, and must fail. */
      twin?: MustFail
    }
  /** The text of the scenario and of its step files as they were read, by the file names that steps carry. */
  | { type: 'scenario-source'; scenario: number; files: { path: string; text: string }[] }
  /** `stays`: worth a line that is not taken away. */
  | { type: 'progress'; scenario?: number; text: string; stays?: true }
  | { type: 'cluster-ready'; scenario: number; cluster: ClusterInfo; setupMs: number; server: string; sandbox?: string }
  /** A server was started beside those that the cluster was formed of, to be of this role and shard. */
  | { type: 'node-added'; scenario: number; node: ClusterNodeInfo }
  | { type: 'step-started'; scenario: number; index: number; limitMs?: number; step: PlannedStep }
  | { type: 'step-progress'; scenario: number; index: number; text: string }
  | { type: 'step-ended'; scenario: number; index: number; step: PlannedStep; durationMs: number; outcome: StepOutcome }
  /**
   * Seen to bite, and seen to bite no more, by `proof`. Stopped, killed and paused nodes are told by their steps alone.
   */
  | { type: 'fault-began'; scenario: number; fault: FaultInfo; proof: string }
  | { type: 'fault-ended'; scenario: number; fault: FaultInfo; proof: string }
  | ({ type: 'failover-seen'; scenario: number } & LogObservation)
  | ({ type: 'view-seen'; scenario: number } & ViewObservation)
  | ({ type: 'service-seen'; scenario: number } & ServiceObservation)
  | ({ type: 'fault-seen'; scenario: number } & FaultObservation)
  | ({ type: 'timing-seen'; scenario: number } & TimingObservation)
  | ({ type: 'clocks-seen'; scenario: number } & ClockObservation)
  | ({ type: 'stall-seen'; scenario: number } & StallObservation)
  | ({ type: 'clock-stepped'; scenario: number } & ClockStepObservation)
  | ({ type: 'alarm-seen'; scenario: number } & AlarmObservation)
  | ({ type: 'slots-moving'; scenario: number } & MeantMovesObservation)
  | ({ type: 'slots-moved'; scenario: number } & MovedSlotsObservation)
  | ({ type: 'server-ended'; scenario: number } & ServerEndObservation)
  | ({ type: 'stranger-seen'; scenario: number } & StrangerObservation)
  | ({ type: 'server-started'; scenario: number } & ServerStartObservation)
  /** A step has started a node as another server, in words: `redis 8.0.2`. */
  | { type: 'server-changed'; scenario: number; node: string; server: string }
  | ({ type: 'resources-seen'; scenario: number } & ResourceObservation)
  | ({ type: 'machine-seen'; scenario: number } & MachineObservation)
  | ClientEvent
  | ({ type: 'end-state-seen'; scenario: number } & EndStateObservation)
  | ({ type: 'dataset-read'; scenario: number } & DatasetObservation)
  | ({ type: 'data-compared'; scenario: number } & DataObservation)
  /** Somebody in front of the run is asked. After a failure no time passes by the run's clock meanwhile. */
  | { type: 'paused'; scenario: number; by: 'failure' | 'step' }
  | { type: 'resumed'; scenario: number }
  /** Watching of failovers ended: what comes later is the cleanup's doing. */
  | { type: 'watch-ended'; scenario: number }
  | { type: 'log-saved'; scenario: number; node: string; file: string; app?: boolean }
  /** About once a second for each workload, while it runs: ten bins of 100 ms. */
  | { type: 'load-bins'; scenario: number; workload: string; series: LoadSeries }
  /** The history of a workload is complete; its path within the run's folder. */
  | { type: 'history-saved'; scenario: number; workload: string; file: string }
  /** One limit of one check, judged from the histories and the events before this one. */
  | { type: 'check-judged'; scenario: number; check: CheckOutcome }
  /** What the scenario was audited for, and what was found. Records of before lack the terms. */
  | { type: 'audit-judged'; scenario: number; audit: AuditOutcome; terms?: AuditTerms }
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
  /** How the run's measures stand beside those of a baseline. */
  | ({ type: 'baseline-compared' } & BaselineReport)
  | { type: 'warning'; scenario?: number; text: string }
  | { type: 'run-ended'; verdict: RunVerdict; exitCode: number; durationMs: number; folder: string }
)

export type EventType = RunEvent['type']
/** An event before the recorder stamps it. */
export type EventBody = RunEvent extends infer E ? (E extends { atMs: number } ? Omit<E, 'atMs'> : never) : never
export type EventOf<T extends EventType> = Extract<RunEvent, { type: T }>
/** An event that belongs to a scenario. */
export type ScenarioEvent = RunEvent & { scenario: number }
