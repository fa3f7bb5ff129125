import { formatDuration } from '../base/duration.ts'
import { BUG_HINT, ChaosError, describeBug, PlayError } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { expectedError } from '../base/surroundings.ts'
import { afterRunning } from '../base/time-limit.ts'
import type { PlannedStep, StepOutcome, StepVerdict } from '../record/events.ts'
import { verdictOfSteps } from '../results/verdict.ts'
import { stepSentence } from '../scenario/explain.ts'
import { type Began, doubtOfTime, stallBeyond } from '../steps/hindsight.ts'
import { fillInKnown, type Names } from '../steps/names.ts'
import { readMembers } from '../steps/node-members.ts'
import {
  type ReadStep,
  type Step,
  type StepContext,
  StepFailure,
  StepInconclusive,
  type StepResult,
} from '../steps/verb.ts'
import { nameCauses } from './name-causes.ts'
import { movesNotedBy } from './note-moves.ts'
import type { Stage } from './stage.ts'
import { contextOf } from './step-context.ts'

/** A step took longer than it may. */
export class DeadlinePassed extends PlayError {
  override name = 'DeadlinePassed'
}

/** A step inside another did not pass; the outer one ends as it did. */
class ChildNotPassed extends PlayError {
  override name = 'ChildNotPassed'
  override readonly stepVerdict: ChaosError['stepVerdict']
  constructor(child: PlannedStep, verdict: ChaosError['stepVerdict']) {
    super(`step ${child.path} (${child.name}) ${verdict === 'failed' ? 'failed' : `ended as ${verdict}`}`)
    this.stepVerdict = verdict
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

type PlayedOutcome = StepOutcome & { verdict: Exclude<StepVerdict, 'not-run'> }

export interface Played {
  planned: PlannedStep
  outcome: PlayedOutcome
}

/**
 * Plays steps, one after another, and records each. It stops at the first that does not pass; with `continueOnFailure`
 * it plays all, until `signal` aborts.
 */
export async function playList(
  steps: readonly Step[],
  stage: Stage,
  signal: AbortSignal,
  { continueOnFailure = false } = {},
): Promise<Played[]> {
  const played: Played[] = []
  for (const step of steps) {
    const result = await playOrSkip(step, stage, stage.names, signal, step.path)
    if (result === undefined) break
    played.push(result)
    if (signal.aborted || (!isDone(result.outcome) && !continueOnFailure)) break
  }
  return played
}

function isDone({ verdict }: PlayedOutcome): boolean {
  return verdict === 'passed' || verdict === 'skipped'
}

/** What its author calls it, with what `$names` in that stand for. */
function ownName({ name }: Step, names: Names): string | undefined {
  return name === undefined ? undefined : String(fillInKnown(name, names))
}

/** Throws ChildNotPassed. */
function assertDone({ planned, outcome: { verdict } }: Played): void {
  if (verdict !== 'passed' && verdict !== 'skipped') throw new ChildNotPassed(planned, verdict)
}

/** Plays a step unless somebody who was asked skips it; undefined if the run was ended while they were asked. */
async function playOrSkip(
  step: Step,
  stage: Stage,
  names: Names,
  signal: AbortSignal,
  path: string,
): Promise<Played | undefined> {
  if (stage.stepping === undefined || signal.aborted) return await playStep(step, stage, names, signal, path)
  const name = ownName(step, names) ?? stepSentence(step, stage.verbs, names)
  const planned: PlannedStep = { ...stage.planned(step), name, path }
  const choice = await stage.stepping.before(planned, stage, names, signal)
  if (signal.aborted) return undefined
  if (choice === 'play') return await playStep(step, stage, names, signal, path)
  const { recorder, scenario } = stage
  const index = stage.nextIndex()
  const outcome: PlayedOutcome = { verdict: 'skipped', note: 'skipped by hand' }
  recorder.record({ type: 'step-started', scenario, index, step: planned })
  recorder.record({ type: 'step-ended', scenario, index, step: planned, durationMs: 0, outcome })
  return { planned, outcome }
}

async function playStep(step: Step, stage: Stage, names: Names, signal: AbortSignal, path: string): Promise<Played> {
  const verb = stage.verbs.get(step.verb)
  if (!verb) throw new Error(`the scenario was read with a verb that is not there: ${step.verb}`)
  const index = stage.nextIndex()
  const targets = new Set<string>()
  const startMs = stage.clock.nowMs()
  const waitedMs = stage.stepping?.waitedMs ?? 0
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
  let outcome: PlayedOutcome
  try {
    await stage.lookback.onStep(step, stage.cluster)
    await readMembers([step.arg, step.extras, step.on, step.params], names, stage.cluster)
    const read = verb.read(step, names)
    planned = { ...planned, name: ownName(step, names) ?? read.sentence }
    limitMs = step.withinMs
    started()
    announced = true
    const progress = (text: string): void => {
      lastProgress = text
      stage.recorder.record({ type: 'step-progress', scenario: stage.scenario, index, text })
    }
    const context = contextOf(stage, names, path, targets, { progress, ...movesNotedBy(stage) })
    const began = { nowMs: stage.clock.nowMs(), ranMs: stage.clock.ranMs() }
    const result = await withDeadline(signal, deadlineOf(step, read), (bounded) =>
      read.run({ ...context, signal: bounded, playChildren: childPlayer(stage, names, bounded, path) }),
    )
    if (!verb.keepsWithin) await checkLimit(step, began, stage, result)
    outcome = { verdict: 'passed', ...result }
  } catch (error) {
    if (!announced) started()
    outcome = outcomeOfError(error, stage, lastProgress)
    if (!(error instanceof ChildNotPassed)) await nameCauses(outcome, stage, startMs, signal)
    outcome = await doubtIfShaken(outcome, startMs, stage)
  }
  if (targets.size > 0) outcome.targets = [...targets]
  if (limitMs !== undefined) outcome.limitMs = limitMs
  stage.recorder.record({
    type: 'step-ended',
    scenario: stage.scenario,
    index,
    step: planned,
    durationMs: stage.clock.nowMs() - startMs - ((stage.stepping?.waitedMs ?? 0) - waitedMs),
    outcome,
  })
  return { planned, outcome }
}

/**
 * Throws StepFailure if what the step did took longer than its `within`, and StepInconclusive if only a stall of the
 * runner made it so; a `for` is held beyond it.
 */
async function checkLimit(step: Step, began: Began, { clock, hindsight }: Stage, result: StepResult): Promise<void> {
  const { withinMs, forMs = 0 } = step
  if (withinMs === undefined) return
  const tookMs = clock.ranMs() - began.ranMs - forMs
  const limit = formatDuration(withinMs)
  if (tookMs > withinMs) {
    const message = `it was done after ${formatDuration(tookMs)}, and had to be within ${limit}`
    throw new StepFailure({ message }, result)
  }
  const doubt = await doubtOfTime(stallBeyond(withinMs + forMs, began, clock), hindsight)
  if (doubt !== undefined)
    throw new StepInconclusive({ message: `it had to be done within ${limit}; ${doubt}` }, result)
}

function deadlineOf({ withinMs, forMs = 0 }: Step, { deadlineMs }: ReadStep): number {
  return (withinMs === undefined ? deadlineMs : withinMs + DEADLINE_MARGIN_MS) + forMs
}

function childPlayer(stage: Stage, names: Names, signal: AbortSignal, path: string): StepContext['playChildren'] {
  return async (children, { parallel, iteration, scope = names }) => {
    const base = iteration === undefined ? path : `${path}#${iteration}`
    const playChild = async (child: Step, own: Stage): Promise<void> => {
      const childPath = `${base}.${child.path.slice(child.path.lastIndexOf('.') + 1)}`
      const played = await playOrSkip(child, own, scope, signal, childPath)
      signal.throwIfAborted()
      if (played) assertDone(played)
    }
    if (!parallel) {
      for (const child of children) await playChild(child, stage)
      return
    }
    // Nobody can be asked of several things at once.
    const { stepping: _, ...unasked } = stage
    const results = await Promise.allSettled(children.map((child) => playChild(child, unasked)))
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    if (reasons.length > 0) throw worstOf(reasons)
  }
}

/** The child whose verdict weighs most stands for all; what is no verdict is a bug, and goes first. */
function worstOf(reasons: readonly unknown[]): unknown {
  const bug = reasons.find((reason) => !(reason instanceof ChildNotPassed))
  if (bug !== undefined) return bug
  const children = reasons.filter((reason) => reason instanceof ChildNotPassed)
  const verdict = verdictOfSteps(children.map((child) => child.stepVerdict))
  const [first = children[0], ...others] = children.filter((child) => child.stepVerdict === verdict)
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
  let dontWindDown: (() => void) | undefined
  let abort = (_: unknown): void => {}
  const abandoned = new Promise<never>((_, reject) => {
    abort = (reason) => {
      controller.abort(reason)
      dontWindDown ??= afterRunning(WIND_DOWN_MS, () => reject(reason))
    }
  })
  const stopListening = onAbort(outer, () => abort(outer.reason))
  const cancel = Number.isFinite(deadlineMs)
    ? afterRunning(deadlineMs, () => abort(new DeadlinePassed(`did not end within ${formatDuration(deadlineMs)}`)))
    : undefined
  try {
    const result = await Promise.race([work(controller.signal), abandoned])
    controller.signal.throwIfAborted()
    return result
  } catch (error) {
    // An environment that failed is why the step came to no end, and not the other way round.
    const environmentFailed = error instanceof ChaosError && error.stepVerdict === 'error'
    throw controller.signal.aborted && !environmentFailed ? controller.signal.reason : error
  } finally {
    cancel?.()
    dontWindDown?.()
    stopListening()
  }
}

/** A failure after the whole machine stood still says nothing of the scenario. */
async function doubtIfShaken(outcome: PlayedOutcome, startMs: number, { hindsight }: Stage): Promise<PlayedOutcome> {
  const why = outcome.verdict === 'failed' && outcome.error ? await hindsight.shaken(startMs) : undefined
  if (why === undefined || !outcome.error) return outcome
  return {
    ...outcome,
    verdict: 'inconclusive',
    error: { ...outcome.error, cause: why, message: `${why}; ${outcome.error.message}` },
  }
}

function outcomeOfError(error: unknown, stage: Stage, lastProgress: string | undefined): PlayedOutcome {
  const told = error instanceof ChaosError ? error : expectedError(error)
  if (told === undefined) {
    stage.onBug(error)
    return { verdict: 'error', error: { message: describeBug(error), hint: BUG_HINT } }
  }
  const { stepVerdict: verdict, hint } = told
  if (told instanceof StepFailure) return { verdict, ...told.outcome, error: told.error }
  return { verdict, error: { message: messageInStep(told, lastProgress), ...(hint !== undefined && { hint }) } }
}

function messageInStep(error: ChaosError, lastProgress: string | undefined): string {
  if (!(error instanceof DeadlinePassed)) return error.message
  return `the step ${error.message}${lastProgress === undefined ? '' : `; last seen: ${lastProgress}`}`
}
