import type { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { TargetResolver } from '../cluster/targets.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { Capability, GroupNeeds } from '../platforms/faults.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { StepError, StepOutcome } from '../record/events.ts'
import type { Datasets } from './datasets.ts'
import type { Names } from './names.ts'

/** A step of a scenario, parsed and checked, not yet played. `$names` in `arg` and `on` are still in place. */
export interface Step {
  verb: string
  /** Value under the verb's key, as plain data. */
  arg: unknown
  /** Extra keys that this verb alone allows, as `expect` and `save` of `redis`. */
  extras: Record<string, unknown>
  name?: string
  phase?: string
  withinMs?: number
  forMs?: number
  on?: string
  /** `3`, `3.1`, `f1`. */
  path: string
  file: string
  line: number
  col: number
  /** Steps inside `parallel`, `repeat` and `use`. */
  children: Step[]
  /** Params of the file a `use` step plays, with its `with` applied; values may hold `$names` of the caller. */
  params?: Record<string, unknown>
}

export type Modifier = 'within' | 'for' | 'on'

/** What a verb needs to do its work. */
export interface StepContext {
  step: Step
  cluster: LiveCluster
  servers: ServerGroup
  clock: Clock
  /** Aborts when the run is interrupted or the step's deadline has passed. */
  signal: AbortSignal
  targets: TargetResolver
  names: Names
  datasets: Datasets
  /** What is wrong on purpose. */
  faults: FaultBoard
  /**
   * Nodes a phrase stands for, now. Throws TargetError if there are none, StepFailure if there are several where one is needed.
   * `where` is the place of the phrase in the step's argument, as `['node']`, for the scenario as played; without
   * it the phrase stays as it was written.
   */
  resolveOne(phrase: string, where?: readonly (string | number)[]): Promise<string>
  resolveMany(phrase: string, where?: readonly (string | number)[]): Promise<string[]>
  /** A whole number r with 0 ≤ r < `below`, from the run's seed. */
  random(below: number): number
  /** Plays steps inside this one, one after another; throws StepFailure when one does not pass. */
  playChildren(steps: Step[], options: { parallel: boolean; iteration?: number; scope?: Names }): Promise<void>
  /** A line of progress for the console. */
  progress(text: string): void
}

/** What a verb reports when all is well; the engine adds verdict and times. */
export type StepResult = Omit<StepOutcome, 'verdict' | 'error' | 'targets' | 'limitMs'>

/** The step did what it should, and what was expected is not so. Exit code 1. */
export class StepFailure extends Error {
  override name = 'StepFailure'
  readonly error: StepError
  readonly outcome: StepResult
  constructor(error: StepError, outcome: StepResult = {}) {
    super(error.message)
    this.error = error
    this.outcome = outcome
  }
}

/** The step could not be judged: a fault that did not bite. Exit code 3. */
export class StepInconclusive extends StepFailure {
  override name = 'StepInconclusive'
}

/** One verb of the language. Adding one is a file like this and a line in `index.ts`. */
export interface Verb<Arg = unknown, Extras = unknown> {
  name: string
  /** One line for `list` of verbs, the schema and the editor. */
  summary: string
  /** The argument after `$names` are filled in. Its descriptions show in the editor. */
  arg: z.ZodType<Arg>
  /** Extra step keys, strict; absent: none. */
  extras?: z.ZodType<Extras>
  modifiers: readonly Modifier[]
  /** The key in `arg` ('' for the argument itself) under which child steps stand. */
  children?: 'steps' | ''
  /** Set when the verb fills in the `$names` of its argument itself: `let`, whose later names may use its earlier ones. */
  fillsInNames?: true
  /** Set when the verb itself ends at `within`, because it polls. Others fail when what they did took longer. */
  keepsWithin?: true
  /** Deadline in ms of the whole step when it has no `within`. Infinity where its child steps have their own. */
  defaultDeadlineMs: number
  /** What servers must be made with for this step. `arg` is as written: `$names` that are known only later still stand in it. */
  needs?(arg: unknown): GroupNeeds
  /** What the platform must be able to do for this step; told by `validate` and `doctor`. `arg` as for `needs`. */
  can?(arg: unknown): readonly Capability[]
  /** Deadline in ms where it depends on the argument. */
  deadlineMs?(arg: Arg): number
  /** The step in words, for `explain`, the console and reports. */
  sentence(arg: Arg, step: Step): string
  run(arg: Arg, context: StepContext, extras: Extras): Promise<StepResult>
}
