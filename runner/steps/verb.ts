import type { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { MovedSlots, SlotMove } from '../cluster/moves/move.ts'
import type { TargetResolver } from '../cluster/targets.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { GroupNeeds } from '../platforms/faults.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import { type Policy, TEXT_POLICY } from './command-policy.ts'
import type { Datasets } from './datasets.ts'
import type { Hindsight } from './hindsight.ts'
import type { Lookback } from './lookback.ts'
import type { Migrations } from './migrations.ts'
import type { AddServer } from './more-servers.ts'
import { fillIn, fillInKnown, type Names, paramNames } from './names.ts'
import { StepFailure, type StepResult } from './step-result.ts'

export { StepFailure, StepInconclusive, type StepResult } from './step-result.ts'

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

/** The headings of verbs, in the order in which they are shown. */
export const VERB_GROUPS = ['data', 'nodes', 'faults', 'cluster', 'asking', 'flow'] as const

type VerbGroup = (typeof VERB_GROUPS)[number]

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
  /** Moves of slots that go on while later steps play, or were left half-way. */
  migrations: Migrations
  /** What is wrong on purpose. */
  faults: FaultBoard
  /** What can be known of a time in which the step did not look. */
  hindsight: Hindsight
  /** What was noted for expectations that go back to an earlier moment. */
  lookback: Lookback
  /** By what it is judged what may be sent to servers. */
  policy: Policy
  /**
   * Nodes a phrase stands for, now. Throws TargetError if there are none, StepFailure if there are several where one is
   * needed. `where` is the place of the phrase in the step's argument, as `['node']`, for the scenario as played;
   * without it the phrase stays as it was written.
   */
  resolveOne(phrase: string, where?: readonly (string | number)[]): Promise<string>
  resolveMany(phrase: string, where?: readonly (string | number)[]): Promise<string[]>
  /** A whole number r with 0 ≤ r < `below`, from the run's seed. */
  random(below: number): number
  /** Plays steps inside this one, one after another; throws StepFailure when one does not pass. */
  playChildren(steps: Step[], options: { parallel: boolean; iteration?: number; scope?: Names }): Promise<void>
  /** Brings up one more server. */
  addServer: AddServer
  /** A line of progress for the console. */
  progress(text: string): void
  /** Records that these slots are meant to be moved: no move of others is explained by that. */
  noteMoves(moves: readonly SlotMove[]): void
  /** Records that they were. */
  noteMoved(moved: MovedSlots): void
}

/** The names that are known inside a step before it is played: the steps of a file see its params alone. */
export function namesInside({ params }: Step, names: Names): Names {
  return params === undefined ? names : paramNames(params, (value) => fillInKnown(value, names))
}

/**
 * A verb of the language as its file defines it, typed by its schemas. Adding one is a file like this and a line in
 * `index.ts`.
 */
export interface VerbSpec<Arg, Extras> {
  name: string
  /** One line for `list` of verbs, the schema and the editor. */
  summary: string
  /** The heading under which help and documentation have it. */
  group: VerbGroup
  /** Steps as a scenario has them, line by line. */
  example: readonly string[]
  /** What must be seen before a step of it passes; a sentence. */
  proof: string
  /** The argument after `$names` are filled in. Its descriptions show in the editor. */
  arg: z.ZodType<Arg>
  /** Extra step keys, strict; absent: none. */
  extras?: z.ZodType<Extras>
  modifiers: readonly Modifier[]
  /** The key in `arg` ('' for the argument itself) under which child steps stand. */
  children?: 'steps' | ''
  /**
   * Set when the verb fills in the `$names` of its argument itself: `let`, whose later names may use its earlier ones.
   */
  fillsInNames?: true
  /** Set when the verb itself ends at `within`, because it polls. Others fail when what they did took longer. */
  keepsWithin?: true
  /** Deadline in ms of the whole step when it has no `within`. Infinity where its child steps have their own. */
  defaultDeadlineMs: number
  /**
   * What its argument as a whole, right or wrong, shows it to do that a scenario may not do. It is asked again when all
   * names are filled in; by the verb itself, where that fills them in.
   */
  refusals?(written: unknown, policy: Policy, step: Step): Refusal[]
  /** What servers must be made with for a step with this argument; `written` is it as a whole, text or list or map. */
  needs?(given: Given<Arg>, written: unknown): GroupNeeds
  /** Deadline in ms where it depends on the argument. */
  deadlineMs?(arg: Arg): number
  /** The step in words, for `explain`, the console and reports. */
  sentence(arg: Arg, step: Step): string
  /** Plays a step. `extras` is undefined only for a verb that takes none. */
  run(arg: Arg, context: StepContext, extras: Extras | undefined): Promise<StepResult>
}

/** Why a part of an argument is against the policy. */
export interface Refusal {
  path: (string | number)[]
  message: string
}

/**
 * An argument before it is played: which keys are given is known, and `$names` may still stand in the place of values.
 */
export type Given<Arg> = Partial<Record<keyof Arg, unknown>>

type Told = 'name' | 'summary' | 'group' | 'example' | 'proof' | 'modifiers' | 'defaultDeadlineMs'

/** A verb whose steps are not read yet. */
export interface Verb extends Readonly<Pick<VerbSpec<unknown, unknown>, Told>> {
  readonly arg: z.ZodType
  readonly extras: z.ZodType | undefined
  readonly children: 'steps' | '' | undefined
  readonly fillsInNames: boolean
  readonly keepsWithin: boolean
  /** Reads a step before it is played, with the names that are known by then; without `names`, as it is written. */
  preview(step: Step, names?: Names, policy?: Policy): Preview
  /**
   * Reads a step that is about to be played. Throws UndefinedName, or StepFailure where a name holds what the verb
   * cannot use.
   */
  read(step: Step, names: Names): ReadStep
  /** What servers must be made with for a step, as far as names are known. */
  needs(step: Step, names: Names): GroupNeeds
}

/** What can be said of a step before it is played. */
interface Preview {
  /**
   * The verb's sentence; the step as it is written where a name that is not known yet keeps its argument from being
   * read.
   */
  sentence: string
  arg: Checked
  extras: Checked
}

/** A value with its names filled in, and what its schema finds wrong with it. */
interface Checked {
  filled: unknown
  issues: readonly z.core.$ZodIssue[]
}

/** A step that can be played: its argument is what its verb needs. */
export interface ReadStep {
  sentence: string
  /** Of the whole step when it has no `within`, ms. */
  deadlineMs: number
  run(context: Omit<StepContext, 'step'>): Promise<StepResult>
}

type Fill = (value: unknown) => unknown

const asWritten: Fill = (value) => value

/** Makes a verb of its definition. A step's argument is read here and nowhere else. */
export function defineVerb<Arg, Extras>(spec: VerbSpec<Arg, Extras>): Verb {
  return {
    ...{ name: spec.name, summary: spec.summary, group: spec.group },
    ...{ example: spec.example, proof: spec.proof },
    defaultDeadlineMs: spec.defaultDeadlineMs,
    arg: spec.arg,
    extras: spec.extras,
    modifiers: spec.modifiers,
    children: spec.children,
    fillsInNames: spec.fillsInNames ?? false,
    keepsWithin: spec.keepsWithin ?? false,

    preview(step, names, policy = TEXT_POLICY) {
      const fill: Fill = names === undefined ? asWritten : (value) => fillInKnown(value, names)
      const { arg, extras } = parse(spec, step, fill, fill)
      return {
        sentence: arg.result.success
          ? spec.sentence(arg.result.data, withOn(step, fill))
          : `${step.verb} ${typeof arg.filled === 'string' ? arg.filled : JSON.stringify(arg.filled)}`,
        arg: {
          filled: arg.filled,
          issues: [...(arg.result.error?.issues ?? []), ...refused(spec, arg.filled, policy, step)],
        },
        extras: { filled: extras.filled, issues: extras.result?.error?.issues ?? [] },
      }
    },

    read(step, names) {
      const fill: Fill = (value) => fillIn(value, names)
      const { arg, extras } = parse(spec, step, spec.fillsInNames ? asWritten : fill, fill)
      if (!arg.result.success || extras.result?.success === false) {
        const issues = [arg.result, extras.result].flatMap((result) => result?.error?.issues ?? [])
        throw new StepFailure({
          message: `${step.verb} cannot work with ${JSON.stringify(arg.filled)}: ${issues.map(({ message }) => message).join('; ')}`,
          hint: 'A $name in this step holds something else than the step needs: look at the let or save that gave it.',
        })
      }
      const own = withOn(step, fill)
      const [value, more] = [arg.result.data, extras.result?.data]
      return {
        sentence: spec.sentence(value, own),
        deadlineMs: spec.deadlineMs?.(value) ?? spec.defaultDeadlineMs,
        run: async (context) => {
          const [refusal] = spec.fillsInNames ? [] : refused(spec, arg.filled, context.policy, own)
          if (refusal) throw new StepFailure({ message: refusal.message })
          return await spec.run(value, { ...context, step: own }, more)
        },
      }
    },

    needs(step, names) {
      const written = fillInKnown(step.arg, names)
      return spec.needs?.(given<Arg>(written), written) ?? {}
    },
  }
}

function parse<Arg, Extras>(spec: VerbSpec<Arg, Extras>, step: Step, fillArg: Fill, fillExtras: Fill) {
  const filled = fillArgument(spec, step.arg, fillArg)
  const filledExtras = fillExtras(step.extras)
  return {
    arg: { filled, result: spec.arg.safeParse(filled) },
    extras: { filled: filledExtras, result: spec.extras?.safeParse(filledExtras) },
  }
}

function refused<Arg, Extras>(
  spec: VerbSpec<Arg, Extras>,
  written: unknown,
  policy: Policy,
  step: Step,
): z.core.$ZodIssue[] {
  const refusals = spec.refusals?.(written, policy, step) ?? []
  return refusals.map(({ path, message }) => ({ code: 'custom', path, message, input: undefined }))
}

/** Child steps keep their `$names`: they are filled in when each child is read. */
function fillArgument({ children }: { children?: 'steps' | '' }, arg: unknown, fill: Fill): unknown {
  if (children === undefined) return fill(arg)
  if (children === '' || !isMap(arg)) return arg
  return Object.fromEntries(Object.entries(arg).map(([key, value]) => [key, key === children ? value : fill(value)]))
}

function withOn(step: Step, fill: Fill): Step {
  return step.on === undefined ? step : { ...step, on: String(fill(step.on)) }
}

function given<Arg>(arg: unknown): Given<Arg> {
  return isMap<Arg>(arg) ? arg : {}
}

function isMap<Arg>(value: unknown): value is Given<Arg> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
