import { formatDuration } from '../base/duration.ts'
import { ReplyError, Unreachable } from '../cluster/reply-errors.ts'
import { parseTarget, TargetError } from '../cluster/targets.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { PlannedStep, StepError, StepOutcome, StepVerdict } from '../record/events.ts'
import { verdictOfSteps } from '../results/verdict.ts'
import { type Names, UndefinedName } from '../steps/names.ts'
import {
  type ReadStep,
  type Step,
  type StepContext,
  StepFailure,
  StepInconclusive,
  type StepResult,
} from '../steps/verb.ts'
import { Interrupted } from './interrupt.ts'
import type { Stage } from './stage.ts'

/** A step took longer than it may. */
export class DeadlinePassed extends Error {
  override name = 'DeadlinePassed'
}

/** A step inside another did not pass; the outer one ends as it did. */
class ChildNotPassed extends Error {
  override name = 'ChildNotPassed'
  readonly verdict: StepVerdict
  constructor(child: PlannedStep, verdict: StepVerdict) {
    super(`step ${child.path} (${child.name}) ${verdict === 'failed' ? 'failed' : `ended as ${verdict}`}`)
    this.verdict = verdict
  }

  withOthers(count: number): this {
    this.message += `, and ${count} more beside it did not pass`
    return this
  }
}

/** Room beyond `within` and `for` for a last look and its answer, ms. */
const DEADLINE_MARGIN_MS = 5000
/** How long a verb may take to end once it has been told to, ms, before the engine goes on without it. */
const WIND_DOWN_MS = 2000

export interface Played {
  planned: PlannedStep
  outcome: StepOutcome
}

/**
 * Plays steps, one after another, and records each. It stops at the first that does not pass; with `goOn` it plays all,
 * until `signal` aborts.
 */
export async function playList(
  steps: readonly Step[],
  stage: Stage,
  signal: AbortSignal,
  { goOn = false } = {},
): Promise<Played[]> {
  const played: Played[] = []
  for (const step of steps) {
    const result = await playStep(step, stage, stage.names, signal, step.path)
    played.push(result)
    if (signal.aborted || (result.outcome.verdict !== 'passed' && !goOn)) break
  }
  return played
}

async function playStep(step: Step, stage: Stage, names: Names, signal: AbortSignal, path: string): Promise<Played> {
  const verb = stage.verbs.get(step.verb)
  if (!verb) throw new Error(`the scenario was read with a verb that is not there: ${step.verb}`)
  const index = stage.nextIndex()
  const targets = new Set<string>()
  const startMs = stage.clock.nowMs()
  let planned: PlannedStep = { ...stage.planned(step), path }
  let limitMs: number | undefined
  let lastProgress: string | undefined
  const started = (): void => {
    if (planned.phase !== undefined) stage.onPhase(planned.phase)
    stage.recorder.record({
      type: 'step-started',
      scenario: stage.scenario,
      index,
      step: planned,
      ...(limitMs === undefined ? {} : { limitMs }),
    })
  }
  let announced = false
  let outcome: StepOutcome
  try {
    const read = verb.read(step, names)
    planned = { ...planned, name: step.name ?? read.sentence }
    limitMs = step.withinMs
    started()
    announced = true
    const context = contextOf(stage, names, path, targets, (text) => {
      lastProgress = text
      stage.recorder.record({ type: 'step-progress', scenario: stage.scenario, index, text })
    })
    const runStartMs = stage.clock.nowMs()
    const result = await withDeadline(signal, deadlineOf(step, read), (bounded) =>
      read.run({ ...context, signal: bounded, playChildren: childPlayer(stage, names, bounded, path) }),
    )
    if (!verb.keepsWithin) checkLimit(step, stage.clock.nowMs() - runStartMs, result)
    outcome = { verdict: 'passed', ...result }
  } catch (error) {
    if (!announced) started()
    outcome = outcomeOfError(error, stage, lastProgress)
  }
  if (targets.size > 0) outcome.targets = [...targets]
  if (limitMs !== undefined) outcome.limitMs = limitMs
  stage.recorder.record({
    type: 'step-ended',
    scenario: stage.scenario,
    index,
    step: planned,
    durationMs: stage.clock.nowMs() - startMs,
    outcome,
  })
  return { planned, outcome }
}

/** Throws StepFailure if what the step did took longer than its `within`; a `for` is held beyond it. */
function checkLimit(step: Step, elapsedMs: number, result: StepResult): void {
  const tookMs = elapsedMs - (step.forMs ?? 0)
  if (step.withinMs === undefined || tookMs <= step.withinMs) return
  const message = `it was done after ${formatDuration(tookMs)}, and had to be within ${formatDuration(step.withinMs)}`
  throw new StepFailure({ message }, result)
}

function deadlineOf({ withinMs, forMs = 0 }: Step, { deadlineMs }: ReadStep): number {
  return (withinMs === undefined ? deadlineMs : withinMs + DEADLINE_MARGIN_MS) + forMs
}

function contextOf(
  stage: Stage,
  names: Names,
  path: string,
  targets: Set<string>,
  progress: (text: string) => void,
): Omit<StepContext, 'step' | 'signal' | 'playChildren'> {
  const drawn = new Map<string, string[]>()
  const resolveMany: StepContext['resolveMany'] = async (phrase, where) => {
    const nodes = drawn.get(phrase) ?? (await stage.targets.resolve(phrase))
    // Polling asks again and again: what was drawn at random stays drawn for the step.
    if (isRandom(phrase)) drawn.set(phrase, nodes)
    for (const node of nodes) targets.add(node)
    if (where) stage.noteTargets(path, where, nodes)
    return nodes
  }
  return {
    cluster: stage.cluster,
    servers: stage.servers,
    faults: stage.faults,
    clock: stage.clock,
    targets: stage.targets,
    names,
    datasets: stage.datasets,
    random: stage.random,
    resolveMany,
    resolveOne: async (phrase, where) => {
      const nodes = await resolveMany(phrase, where)
      const [node, second] = nodes
      if (node === undefined || second !== undefined) {
        throw new StepFailure({
          message: `\`${phrase}\` stands for ${nodes.length} nodes (${nodes.join(', ')}), but one is needed here`,
        })
      }
      return node
    },
    progress,
  }
}

function isRandom(phrase: string): boolean {
  const parsed = parseTarget(phrase)
  return 'target' in parsed && (parsed.target.kind === 'random' || parsed.target.kind === 'share')
}

function childPlayer(stage: Stage, names: Names, signal: AbortSignal, path: string): StepContext['playChildren'] {
  return async (children, { parallel, iteration, scope = names }) => {
    const base = iteration === undefined ? path : `${path}#${iteration}`
    const playChild = async (child: Step): Promise<void> => {
      const childPath = `${base}.${child.path.slice(child.path.lastIndexOf('.') + 1)}`
      const { planned, outcome } = await playStep(child, stage, scope, signal, childPath)
      if (outcome.verdict !== 'passed') throw new ChildNotPassed(planned, outcome.verdict)
    }
    if (!parallel) {
      for (const child of children) await playChild(child)
      return
    }
    const results = await Promise.allSettled(children.map(playChild))
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    if (reasons.length > 0) throw worstOf(reasons)
  }
}

/** The child whose verdict weighs most stands for all; what is no verdict is a bug, and goes first. */
function worstOf(reasons: readonly unknown[]): unknown {
  const bug = reasons.find((reason) => !(reason instanceof ChildNotPassed))
  if (bug !== undefined) return bug
  const children = reasons.filter((reason) => reason instanceof ChildNotPassed)
  const verdict = verdictOfSteps(children.map((child) => child.verdict))
  const [first = children[0], ...others] = children.filter((child) => child.verdict === verdict)
  return others.length > 0 && first ? first.withOthers(children.length - 1) : first
}

/** Runs `work` with a signal that aborts with the outer one or when the time is over, and ends when it does. */
async function withDeadline<T>(
  outer: AbortSignal,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted()
  const controller = new AbortController()
  let windDown: NodeJS.Timeout | undefined
  let abort = (_: unknown): void => {}
  const abandoned = new Promise<never>((_, reject) => {
    abort = (reason) => {
      controller.abort(reason)
      windDown ??= setTimeout(() => reject(reason), WIND_DOWN_MS)
    }
  })
  const onOuterAbort = () => abort(outer.reason)
  outer.addEventListener('abort', onOuterAbort, { once: true })
  const timer = Number.isFinite(deadlineMs)
    ? setTimeout(() => abort(new DeadlinePassed(`did not end within ${formatDuration(deadlineMs)}`)), deadlineMs)
    : undefined
  try {
    const result = await Promise.race([work(controller.signal), abandoned])
    controller.signal.throwIfAborted()
    return result
  } catch (error) {
    // A platform that failed is why the step came to no end, and not the other way round.
    throw controller.signal.aborted && !(error instanceof PlatformError) ? controller.signal.reason : error
  } finally {
    clearTimeout(timer)
    clearTimeout(windDown)
    outer.removeEventListener('abort', onOuterAbort)
  }
}

/** A server that did not answer or said no where a verb did not expect it: the cluster's doing, no bug of the runner. */
function isServerError(error: unknown): error is Error {
  return error instanceof Unreachable || error instanceof ReplyError
}

function outcomeOfError(error: unknown, stage: Stage, lastProgress: string | undefined): StepOutcome {
  if (error instanceof StepInconclusive) return { verdict: 'inconclusive', ...error.outcome, error: error.error }
  if (error instanceof StepFailure) return { verdict: 'failed', ...error.outcome, error: error.error }
  if (error instanceof ChildNotPassed) return { verdict: error.verdict, error: { message: error.message } }
  if (error instanceof Interrupted) return { verdict: 'interrupted', error: { message: error.message } }
  if (error instanceof PlatformError) return { verdict: 'error', error: platformError(error) }
  if (error instanceof TargetError || error instanceof UndefinedName || isServerError(error)) {
    return { verdict: 'failed', error: { message: error.message } }
  }
  if (error instanceof DeadlinePassed) {
    const last = lastProgress === undefined ? '' : `; last seen: ${lastProgress}`
    return { verdict: 'failed', error: { message: `the step ${error.message}${last}` } }
  }
  stage.onBug(error)
  return { verdict: 'error', error: bugError(error) }
}

function platformError(error: PlatformError): StepError {
  return { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

function bugError(error: unknown): StepError {
  return {
    message: `a bug of redis-chaos: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Run it again with --debug for the stack trace, and report it.',
  }
}
