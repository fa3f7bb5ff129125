import { isExpected, PlayError } from '../../base/errors.ts'
import type { LiveCluster } from '../../cluster/live-cluster.ts'
import { parseTarget, TargetError, TargetResolver } from '../../cluster/targets.ts'
import { CAPABILITIES, type Capability } from '../../platforms/faults.ts'
import type { Hindsight } from '../../steps/hindsight.ts'
import type { Lookback } from '../../steps/lookback.ts'
import { type Names, namesUsedIn, UndefinedName } from '../../steps/names.ts'
import { readMembers } from '../../steps/node-members.ts'
import { administersIn } from '../../steps/redis.ts'
import { namesInside, type ReadStep, type Step } from '../../steps/verb.ts'
import type { Stage } from '../stage.ts'
import { type ContextStage, contextOf } from '../step-context.ts'
import type { Untouched } from './untouched.ts'

/** What a phrase stands for as of now. */
export interface ResolvedTarget {
  phrase: string
  /** Absent with `problem`: it stands for none. */
  nodes?: string[]
  problem?: string
}

/** A step of which is known what can be known before it is played. */
export interface PlannedWork {
  step: Step
  /** With the names filled in that are known. */
  sentence: string
  /** Of the whole step, ms; absent where its own steps have theirs. */
  deadlineMs?: number
  targets: ResolvedTarget[]
  acts: string[]
  needs: Capability[]
  /** Why more is known only when it is played, in a sentence without its full stop. */
  later?: string
  children: PlannedWork[]
}

/** Verbs that leave every node in its role; of all others nobody knows whom they make a master. */
const KEEPS_ROLES: ReadonlySet<string> = new Set([
  ...['let', 'write', 'verify', 'expect', 'wait', 'parallel', 'repeat', 'use', 'heal', 'unpause'],
])

/** Verbs that name no nodes, and of which nothing more is to be known. */
const WITHOUT_TARGETS: ReadonlySet<string> = new Set(['write', 'verify', 'wait'])

/** Notes what every phrase stands for. */
class NotedTargets extends TargetResolver {
  noted: ResolvedTarget[] = []

  override async resolve(text: string, options: { signal?: AbortSignal } = {}): Promise<string[]> {
    try {
      const nodes = await super.resolve(text, options)
      this.#note({ phrase: text, nodes })
      return nodes
    } catch (error) {
      if (error instanceof TargetError) this.#note({ phrase: text, problem: error.message })
      throw error
    }
  }

  take(): ResolvedTarget[] {
    const taken = this.noted
    this.noted = []
    return taken
  }

  #note(target: ResolvedTarget): void {
    if (!this.noted.some(({ phrase }) => phrase === target.phrase)) this.noted.push(target)
  }
}

/** What steps work with here; the rest is none of a dry run's. */
export type PlanningStage = Omit<ContextStage, 'targets' | 'hindsight' | 'lookback' | 'noteTargets'> &
  Pick<Stage, 'verbs'>

const NOTHING_SEEN: Hindsight = {
  logged: () => [],
  serversDuring: async () => undefined,
  shaken: async () => undefined,
  momentOf: (nowMs) => nowMs,
  momentOfLine: ({ seenMs }) => seenMs,
}

const NOTHING_NOTED: Lookback = { since: () => undefined, lines: () => [] }

/** Works out what steps would do, in their order, on a cluster that nobody touches. */
export class StepPlanner {
  readonly #stage: ContextStage & Pick<Stage, 'verbs'>
  readonly #untouched: Untouched
  readonly #targets: NotedTargets
  /** The first step after which roles may be others. */
  #shiftedBy: string | undefined
  /** Names of nodes that were chosen after it. */
  readonly #tentative = new Set<string>()

  /** `cluster`: the real one, for looks. `stage`: one whose parts act on nothing. */
  constructor(cluster: LiveCluster, stage: PlanningStage, untouched: Untouched) {
    this.#targets = new NotedTargets(cluster, stage.random)
    this.#stage = {
      ...stage,
      targets: this.#targets,
      hindsight: NOTHING_SEEN,
      lookback: NOTHING_NOTED,
      noteTargets: () => undefined,
    }
    this.#untouched = untouched
  }

  async plan(steps: readonly Step[], names: Names, signal: AbortSignal): Promise<PlannedWork[]> {
    const planned: PlannedWork[] = []
    for (const step of steps) {
      signal.throwIfAborted()
      planned.push(await this.#planStep(step, names, signal))
    }
    return planned
  }

  async #planStep(step: Step, names: Names, signal: AbortSignal): Promise<PlannedWork> {
    const verb = this.#stage.verbs.get(step.verb)
    if (!verb) throw new Error(`the scenario was read with a verb that is not there: ${step.verb}`)
    const bare = { step, sentence: verb.preview(step, names).sentence, targets: [], acts: [], needs: [] }
    let read: ReadStep
    await readMembers([step.arg, step.extras, step.on, step.params], names, this.#stage.cluster)
    try {
      read = verb.read(step, names)
    } catch (error) {
      if (!(error instanceof PlayError)) throw error
      this.#noteShift(step)
      return { ...bare, later: error instanceof UndefinedName ? unknownYet(error) : error.message, children: [] }
    }
    const deadlineMs = step.withinMs ?? read.deadlineMs
    const known = { ...bare, sentence: read.sentence, ...(Number.isFinite(deadlineMs) && { deadlineMs }) }
    if (step.children.length > 0) {
      return { ...known, children: await this.plan(step.children, namesInside(step, names), signal) }
    }
    const missing = WITHOUT_TARGETS.has(step.verb) ? undefined : await this.#tryOut(step, names, signal)
    const targets = this.#targets.take()
    const later = missing ?? this.#laterThan(step, targets)
    this.#noteShift(step)
    const { acts, needs } = this.#untouched.take()
    // A fault may need facts of its servers before it is planned; what it needs of the platform is in its name.
    const ofVerb = needs.length > 0 ? needs : CAPABILITIES.filter((capability) => capability === step.verb)
    return { ...known, targets, acts, needs: ofVerb, ...(later !== undefined && { later }), children: [] }
  }

  /**
   * Runs the verb as far as it comes: it asks for its targets, and ends where it would act. Returns what is missing for
   * that.
   */
  async #tryOut(step: Step, names: Names, signal: AbortSignal): Promise<string | undefined> {
    const { withinMs: _, forMs, ...once } = step
    const undo = this.#untouched.forAWhile()
    const context = contextOf(this.#stage, names, step.path, new Set())
    try {
      const read = this.#stage.verbs.get(step.verb)?.read(once, names)
      await read?.run({ ...context, signal, playChildren: async () => undefined })
    } catch (error) {
      signal.throwIfAborted()
      // What an expectation finds now, or a verb misses, says nothing of the time when it is played.
      if (!(error instanceof PlayError || isExpected(error))) throw error
      if (error instanceof UndefinedName) return unknownYet(error)
    } finally {
      if (forMs !== undefined) undo()
    }
    return undefined
  }

  #laterThan(step: Step, targets: readonly ResolvedTarget[]): string | undefined {
    if (this.#shiftedBy === undefined) return undefined
    const named = namesUsedIn([step.arg, step.on]).some((name) => this.#tentative.has(name))
    if (!named && !targets.some(({ phrase }) => goesByRoles(phrase))) return undefined
    if (step.verb === 'let' && isMap(step.arg)) for (const name of Object.keys(step.arg)) this.#tentative.add(name)
    return `decided when it is played: after step ${this.#shiftedBy} other nodes may have these roles`
  }

  #noteShift(step: Step): void {
    if (this.#shiftedBy === undefined && mayShiftRoles(step)) this.#shiftedBy = step.path
  }
}

function unknownYet({ missing }: UndefinedName): string {
  return `$${missing} is known only when it is played`
}

function mayShiftRoles({ verb, arg }: Step): boolean {
  if (verb !== 'redis') return !KEEPS_ROLES.has(verb)
  return administersIn(arg).length > 0
}

function goesByRoles(phrase: string): boolean {
  const parsed = parseTarget(phrase)
  if ('error' in parsed) return false
  const { target } = parsed
  if (target.kind === 'node') return false
  const byNames = target.kind === 'all' && target.role === 'node' && !target.of
  return !byNames || (target.except?.some(({ kind }) => kind !== 'node') ?? false)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
