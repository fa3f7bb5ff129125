import type { AuditOutcome } from '../record/audit-outcome.ts'
import type { CheckOutcome } from '../record/check-outcome.ts'
import type { ClientSummary } from '../record/client-summary.ts'
import type { BaselineReport, Metric } from '../record/comparison.ts'
import type {
  ClusterInfo,
  Repeat,
  RunVerdict,
  ScenarioVerdict,
  ShardInfo,
  StepError,
  StepVerdict,
} from '../record/events.ts'
import type { MustFail } from '../record/twin.ts'
import type { Suspicion } from './failovers/suspicions.ts'
import type { FailoverTimeline } from './failovers/timeline.ts'
import type { Histogram, SampleSummary } from './samples.ts'
import type { Series } from './series.ts'
import type { AppLane, FaultReport, NodeLane, ShardLane, ViewReport } from './timeline-model.ts'

export const REPORT_VERSION = 1

/**
 * What `report.json` holds, and what every report is made from. Other programs read it: fields may be added, none may
 * change its meaning without a new `version`. Times are milliseconds from the scenario's start, on a monotonic clock.
 */
export interface RunReport {
  version: typeof REPORT_VERSION
  verdict: RunVerdict
  exitCode: number
  /** UTC time, ISO 8601. */
  startedAt: string
  durationMs: number
  seed: number
  name: string
  runId: string
  /** The command that runs it again; empty where the record has none that this program writes. */
  command: string
  /** The run's folder; empty when the run broke off before it was told. */
  folder: string
  /** False when the record breaks off: the runner was killed or crashed. */
  complete: boolean
  /** The machine and the runner, in words, by what each is. */
  environment?: Record<string, string>
  /** Settings and commands that whoever started it let scenarios use beyond the policy. */
  allowed?: string[]
  /** The ids of the runs that were put together. */
  merged?: string[]
  /** Which part of a suite it played: those with the same `plan` are of one division. */
  shard?: ShardInfo
  /** Scenarios of the run that were never started. */
  notStarted: number
  /** Warnings that belong to no scenario. */
  warnings: string[]
  /** What in its record cannot be true together, a clause each: such a run has no verdict, or a bad one. */
  contradictions?: string[]
  /** What of the run's record and reports could not be written, and why. */
  unwritten?: string[]
  /** A baseline that was to be made of the run, and why there was nothing to make it of. */
  unsaved?: { file: string; reason: string }
  scenarios: ScenarioReport[]
  /** What came of scenarios that were played several times. */
  repeats?: RepeatReport[]
  /** How the run stands beside a baseline, when it was asked to. */
  baseline?: BaselineReport
}

export interface ScenarioReport {
  id: string
  title: string
  file: string
  /** The scenario as it was played, a path within the run's folder. */
  played?: string
  tags: string[]
  verdict: ScenarioVerdict
  reason?: string
  /** What to do next. */
  hint?: string
  platform: string
  server: string
  /** The server as it was asked for: `redis:7.0`. */
  asked?: string
  /** What kept its servers from the rest of the machine, in words; absent where the platform is there for that. */
  sandbox?: string
  /** Which of how many times the run plays the same. */
  repeat?: Repeat
  /** The client that was asked for, for workloads that name none. */
  client?: string
  /** The folder of the programs that it started; absent where it started none. */
  programs?: string
  seed: number
  params: Record<string, unknown>
  /** UTC time, ISO 8601. */
  startedAt: string
  durationMs: number
  setupMs: number
  cleanupMs: number
  /** Absent when no cluster came to be. */
  cluster?: ClusterInfo
  steps: StepReport[]
  checks: CheckReport[]
  /** What came of the client libraries that workloads went through; absent without any. */
  clients?: ClientSummary[]
  /** What nobody asked for and was found; absent in runs of earlier versions, and where no cluster came to be. */
  audit?: AuditOutcome
  failovers: FailoverReport[]
  /** Masters that others took to be failing, and that needed no failover. Absent where there were none. */
  suspicions?: Suspicion[]
  /** Absent when nobody looked, as in runs of earlier versions. */
  nodeLanes?: NodeLane[]
  shardLanes?: ShardLane[]
  /** Absent without applications. */
  appLanes?: AppLane[]
  /** What all nodes showed, whenever it changed; of very many, some. */
  views?: ViewReport[]
  faults?: FaultReport[]
  /** What the clients of each workload saw. Not in `report.json`: it is long, and the events have it. */
  series?: Series[]
  /** Histories kept, paths within the run's folder. */
  histories?: { workload: string; file: string }[]
  warnings: string[]
  /** Logs kept, paths within the run's folder. `app`: `node` is the name of an application. */
  logs: { node: string; file: string; app?: boolean }[]
  /** It is a twin of another scenario: it passed if it failed where it must. */
  twin?: MustFail
  /** The scenario and its step files, by the names that steps carry, as they were read. */
  source?: { path: string; text: string }[]
}

export interface StepReport {
  /** 0-based place in this list, which is in the order of the scenario. */
  index: number
  /** `3`; a child `3.1`; of the finally list `f1`; in the second iteration of a repeat `3#2.1`. */
  path: string
  /** 0 for a step of the list itself, 1 for its children, … */
  depth: number
  file: string
  line: number
  verb: string
  name: string
  phase?: string
  verdict: StepVerdict
  /** Absent when the step was not run. */
  startMs?: number
  /** 0 when the step was not run. */
  durationMs: number
  limitMs?: number
  attempts?: number
  /** From the step's start. */
  trueAfterMs?: number
  targets?: string[]
  /** The node that the step saw become a master. */
  promoted?: string
  proof?: string
  lastSeen?: string
  note?: string
  /** The whole reply of a command, as JSON. */
  reply?: string
  error?: StepError
}

/** A limit of a check, judged: see `record/check-outcome.ts`. */
export type CheckReport = CheckOutcome

/** A failover, wanted or not, or one that came to nothing: see `record/failovers/timeline.ts`. */
export interface FailoverReport extends FailoverTimeline {
  /** What it was like, in one sentence. */
  summary: string
}

/** What came of a scenario that a run played several times. */
export interface RepeatReport {
  scenario: string
  server: string
  platform: string
  /** The client that was asked for, for workloads that name none. */
  client?: string
  /** Places in the run's list of scenarios. */
  plays: number[]
  /** What most of them say; of equally many, the worse. */
  verdict: ScenarioVerdict
  /** Some passed, and some failed. */
  flaky: boolean
  /** Of those that passed or failed, the ones that say otherwise than most. */
  minority: number[]
  measures: MeasureReport[]
}

export interface MeasureReport extends SampleSummary {
  metric: Metric
  /** In words: `failover time`. */
  name: string
  unit: 'ms' | 'count'
  samples: number[]
  histogram: Histogram
}
