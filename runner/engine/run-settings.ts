import type { Clock } from '../base/clock.ts'
import type { Allowed } from '../platforms/allowed.ts'
import type { Platform } from '../platforms/platform.ts'
import type { Recorder } from '../record/event-log.ts'
import type { RunEvent, ShardInfo } from '../record/events.ts'
import type { RunFolder } from '../record/run-folder.ts'
import type { Verb } from '../steps/verb.ts'
import type { Operator } from './operator.ts'

/** What every scenario of one run is played with. */
export interface RunSettings {
  runId: string
  /** The run's name, for its folder: the only scenario's, or `suite`. */
  name: string
  platform: Platform
  recorder: Recorder
  /** All that was recorded so far. */
  events: readonly RunEvent[]
  folder: RunFolder
  clock: Clock
  verbs: ReadonlyMap<string, Verb>
  /** Aborts with Interrupted on the first Ctrl-C. */
  interrupted: AbortSignal
  /** Random choices are drawn from it: a whole number of 32 bits. */
  seed: number
  /**
   * Asked right before a play begins, by its place in the list, in whatever order plays begin: gives the reason, in a
   * sentence, why it is not to be played; such a play is recorded as skipped.
   */
  beforePlay?: (index: number) => string | undefined
  /** How long the rest of the run will take, ms; undefined where nothing is known of that. */
  leftMs?: () => number | undefined
  /** Which part of a suite the run plays. */
  shard?: ShardInfo
  /** The command that plays the same again. */
  command: string
  portBase: number
  namePrefix: string
  password: string
  /** What `--allow` lets scenarios do. */
  allowed: Allowed
  /** Server settings of `--config`, which win over the scenario's own. */
  config: Record<string, string>
  /** What was decided before the run, as which platform was chosen and why; recorded as its first progress. */
  notes: readonly string[]
  /** The machine and the runner, in words, by what each is. */
  environment?: Record<string, string>
  /**
   * Judges the run as a whole, once all is played and before it ends: it may record what it finds, and returns the exit
   * code in the place of the one it is given.
   */
  conclude?: (exitCode: number) => number
  /** Findings of the audit change no verdict. */
  auditWarnOnly?: boolean
  /** Whoever sits in front of the run. */
  operator?: Operator | undefined
  /** Leave the cluster running at the end. */
  keep: boolean
}
