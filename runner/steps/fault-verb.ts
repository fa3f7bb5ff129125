import type { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { abortAfterRunning } from '../base/time-limit.ts'
import type { FaultPlan } from '../faults/board.ts'
import { type FaultKind, NotHealed, NotProven } from '../faults/fault.ts'
import { PlatformError } from '../platforms/errors.ts'
import type { GroupNeeds } from '../platforms/faults.ts'
import { UnsupportedFault } from '../platforms/faults.ts'
import type { Policy } from './command-policy.ts'
import {
  defineVerb,
  type Given,
  type Refusal,
  type Step,
  type StepContext,
  StepFailure,
  StepInconclusive,
  type StepResult,
  type Verb,
} from './verb.ts'

/** Applying, proving, healing and proving again, ms, beside the time that `for` holds it. */
const FAULT_MS = 40_000
const HEAL_WITHIN_MS = 15_000
/** A proof that took longer than the fault should last is worth telling, ms. */
const LATE_MS = 100

export interface FaultVerb<Arg, Spec> {
  name: string
  summary: string
  example: readonly string[]
  /** What is seen from outside before it counts as brought about; a sentence. */
  proof: string
  arg: z.ZodType<Arg>
  kind: FaultKind<Spec>
  sentence(arg: Arg): string
  /** Resolves the targets. Throws StepFailure for what makes no sense on the nodes that there are. */
  plan(arg: Arg, context: StepContext): Promise<FaultPlan<Spec>>
  needs?(given: Given<Arg>): GroupNeeds
  refusals?(written: unknown, policy: Policy): Refusal[]
  /** Set where it is over by itself: it takes no `for`, and no `heal`. */
  passes?: true
  /** Set where it is brought about on servers that are down. */
  onStopped?: true
}

/**
 * The verb of a fault: brings it about, proves it, and leaves it until `heal` or the end of the scenario; with `for`,
 * holds it that long and takes it away again, on every path. A fault that cannot be proven, or that is unsupported
 * here, makes the step inconclusive; one that cannot be healed makes it fail.
 */
export function faultVerb<Arg, Spec>(verb: FaultVerb<Arg, Spec>): Verb {
  return defineVerb({
    name: verb.name,
    summary: verb.summary,
    group: 'faults',
    example: verb.example,
    proof: verb.proof,
    arg: verb.arg,
    modifiers: verb.passes ? ['within'] : ['for', 'within'],
    defaultDeadlineMs: FAULT_MS,
    ...(verb.needs && { needs: verb.needs }),
    ...(verb.refusals && { refusals: verb.refusals }),
    sentence: (arg, step) => verb.sentence(arg) + forWords(step),
    async run(arg, context) {
      const plan = await verb.plan(arg, context)
      await assertStates(verb, plan.nodes, context)
      const { fault, proof, appliedAtMs } = await begun(verb.kind, plan, context)
      const { forMs } = context.step
      if (verb.passes) return { proof: `${proof}; ${await ended(fault.id, context)}` }
      return forMs === undefined ? { proof } : await holdUntil(appliedAtMs + forMs, fault.id, proof, context)
    },
  })
}

function forWords({ forMs }: Step): string {
  return forMs === undefined ? '' : ` for ${formatDuration(forMs)}`
}

async function assertStates(
  { name, onStopped }: { name: string; onStopped?: true },
  nodes: readonly string[],
  { servers }: StepContext,
): Promise<void> {
  const [wanted, words] = onStopped ? ['stopped', 'down'] : ['running', 'running']
  const states = await Promise.all(nodes.map(async (node) => ({ node, state: await servers.state(node) })))
  const wrong = states.filter(({ state }) => state.status !== wanted)
  if (wrong.length === 0) return
  throw new StepFailure({
    message: `${name} needs nodes that are ${words}: ${wrong.map(({ node, state }) => `${node} is ${state.status} (${state.text})`).join('; ')}`,
    hint: 'Look at the steps before this one.',
  })
}

async function begun<Spec>(kind: FaultKind<Spec>, plan: FaultPlan<Spec>, context: StepContext) {
  try {
    return await context.faults.begin(kind, plan, context.signal)
  } catch (error) {
    throw asStepError(error)
  }
}

/** Its time counts from when it was applied: proving it is part of it. */
async function holdUntil(endMs: number, id: string, proof: string, context: StepContext): Promise<StepResult> {
  const { clock } = context
  try {
    await clock.sleep(Math.max(endMs - clock.nowMs(), 0), context.signal)
  } catch (interruption) {
    await context.faults.end(id, abortAfterRunning(HEAL_WITHIN_MS)).catch(() => undefined)
    throw interruption
  }
  const lateMs = clock.nowMs() - endMs
  const healed = await ended(id, context)
  return {
    proof: `${proof}; ${lateMs > LATE_MS ? `healed ${formatDuration(lateMs)} late` : 'healed in time'}: ${healed}`,
  }
}

async function ended(id: string, context: StepContext): Promise<string> {
  try {
    return await context.faults.end(id, context.signal)
  } catch (error) {
    throw asStepError(error)
  }
}

/** What became of a fault, as the step that brought it about or heals it must end; other errors stay as they are. */
export function asStepError(error: unknown): unknown {
  const hinted = (hint: string | undefined) => (hint === undefined ? {} : { hint })
  if (error instanceof UnsupportedFault) return new StepInconclusive({ message: error.message, ...hinted(error.hint) })
  if (error instanceof PlatformError) return error
  if (error instanceof NotProven) {
    return new StepInconclusive({
      message: error.message,
      hint: error.hint ?? 'The fault did not bite, so nothing after it can be judged.',
    })
  }
  if (error instanceof NotHealed) {
    return new StepFailure({ message: `not healed: ${error.message}`, ...hinted(error.hint) })
  }
  return error
}
