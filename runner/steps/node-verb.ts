import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { settleAll } from '../base/settle.ts'
import type { GroupNeeds } from '../platforms/faults.ts'
import type { NodeState, ServerGroup, StartChanges } from '../platforms/platform.ts'
import { asStepError } from './fault-verb.ts'
import {
  type ActOptions,
  DEFAULT_GRACE_MS,
  describeRolling,
  type NodeArg,
  nodeArg,
  optionsOf,
  phrasesOf,
  rollingMsOf,
} from './node-arg.ts'
import { goneBehindOurBack } from './prove-state.ts'
import { proveRefused } from './server-of-node.ts'
import {
  administeredBy,
  alsoAdministered,
  beforeChanges,
  describeChanges,
  needsOfChanges,
  proveChanges,
} from './start-changes.ts'
import { resolveTargets, targets } from './targets.ts'
import { defineVerb, type StepContext, StepFailure, type StepResult, type Verb } from './verb.ts'

/** Longer than a platform itself waits for its engine, so that an engine that hangs is told as such. */
const ENGINE_MS = 90_000
/** As long as an hour of rolling: each node is bounded by its own deadlines. */
const ROLLING_WITHIN_MS = 3_600_000

/** Something done to servers from outside, and how it is seen to have worked. */
export interface NodeAction {
  name: 'stop' | 'kill' | 'power-cut' | 'pause' | 'unpause' | 'start' | 'restart'
  summary: string
  example: readonly string[]
  proof: string
  takesGrace?: true
  /** It starts servers, and something about them may be another than before. */
  takesChanges?: true
  /** The server that runs afterwards is a new one. */
  startsAnew?: true
  /** States in which it makes sense. */
  from: readonly NodeState['status'][]
  act(servers: ServerGroup, node: string, options: ActOptions): Promise<void>
  /** In its place, where it must be done to all nodes at one moment. Returns what became of each, in words. */
  actAtOnce?(servers: ServerGroup, nodes: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** What servers must be made with. */
  needs?: GroupNeeds
  /** A fact taken before acting that the proof needs. */
  before?(context: StepContext, node: string): Promise<string>
  /** In words, what shows that it worked; throws StepInconclusive if it did not. */
  prove(context: StepContext, node: string, before: string | undefined, done: string | undefined): Promise<string>
  /** What `for` does when the time is over. Absent: the verb takes no `for`. */
  undo?: NodeAction
}

/** The verb of an action: the same for all of them but for what they do. */
export function nodeVerb(action: NodeAction): Verb {
  return defineVerb({
    name: action.name,
    summary: action.summary,
    group: 'nodes',
    example: action.example,
    proof: action.proof,
    arg: z.union([targets, nodeArg(action)]),
    modifiers: action.undo ? ['for', 'within'] : ['within'],
    defaultDeadlineMs: ENGINE_MS,
    deadlineMs: (arg) =>
      rollingMsOf(arg) === undefined ? ENGINE_MS + optionsOf(arg).graceMs : ROLLING_WITHIN_MS + optionsOf(arg).graceMs,
    sentence: (arg, step) =>
      `${action.name} ${phrasesOf(arg).join(', ')}${describeChanges(optionsOf(arg).changes)}${describeRolling(arg)}${step.forMs === undefined ? '' : ` for ${formatDuration(step.forMs)}`}`,
    needs: (given) => ({ ...action.needs, ...(action.takesChanges && needsOfChanges(given)) }),
    async run(arg, context) {
      const options = optionsOf(arg)
      const nodes = await resolveAll(arg, context)
      const pauseMs = rollingMsOf(arg)
      try {
        if (pauseMs === undefined) return await once(action, nodes, options, context)
        return await oneByOne(action, nodes, options, pauseMs, context)
      } catch (error) {
        throw alsoAdministered(error, options.changes)
      }
    },
  })
}

async function oneByOne(
  action: NodeAction,
  nodes: string[],
  options: ActOptions,
  pauseMs: number,
  context: StepContext,
): Promise<StepResult> {
  const proofs: string[] = []
  for (const [index, node] of nodes.entries()) {
    if (index > 0) await context.clock.sleep(pauseMs, context.signal)
    context.progress(`${action.name} ${node}, ${index + 1} of ${nodes.length}`)
    const { proof } = await once(action, [node], options, context)
    proofs.push(proof ?? '')
  }
  return { proof: proofs.join('; '), attempts: nodes.length, ...administeredBy(options.changes) }
}

async function once(
  action: NodeAction,
  nodes: string[],
  options: ActOptions,
  context: StepContext,
): Promise<StepResult> {
  const { forMs } = context.step
  if (forMs === undefined || !action.undo) {
    return { proof: (await applyTo(action, nodes, options, context)).join('; '), ...administeredBy(options.changes) }
  }
  return await applyForAWhile(action, action.undo, nodes, options, forMs, context)
}

async function resolveAll(arg: NodeArg, context: StepContext): Promise<string[]> {
  return typeof arg === 'object' && !Array.isArray(arg)
    ? await resolveTargets(arg.node, context, ['node'])
    : await resolveTargets(arg, context, [])
}

/**
 * Does it to all of these nodes at once, and proves it for each. Throws StepFailure for a node it makes no sense for.
 */
export async function applyTo(
  action: NodeAction,
  nodes: string[],
  options: ActOptions,
  context: StepContext,
): Promise<string[]> {
  await assertStates(action, nodes, context)
  const before = await Promise.all(nodes.map((node) => action.before?.(context, node)))
  const proofOfChanges = options.changes && whatChanges(nodes, options.changes, context)
  const done = await actOn(action, nodes, options, context).finally(() =>
    context.cluster.readdress(context.servers.nodes),
  )
  const refused = options.changes?.refused
  if (refused !== undefined) {
    const refusals = await settleAll(nodes.map((node) => proveRefused(context, node, refused)))
    return nodes.map((node, i) => `${node} ${refusals[i]}`)
  }
  const proofs = await settleAll(
    nodes.map(async (node, i) => {
      const proof = await action.prove(context, node, before[i], done?.get(node))
      return proofOfChanges ? `${proof}, ${await proofOfChanges(node)}` : proof
    }),
  )
  const again = action.startsAnew ? await applyLostFaults(nodes, context) : []
  return [...nodes.map((node, i) => `${node}: ${proofs[i]}`), ...again]
}

/** Notes who the nodes are, and returns what proves of each that it was changed. */
function whatChanges(nodes: readonly string[], changes: StartChanges, context: StepContext) {
  const before = new Map(nodes.map((node) => [node, beforeChanges(node, context)]))
  return async (node: string) => {
    const was = before.get(node)
    return was ? await proveChanges(node, changes, was, context) : ''
  }
}

async function actOn(
  action: NodeAction,
  nodes: string[],
  options: ActOptions,
  { servers }: StepContext,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    if (action.actAtOnce) return await action.actAtOnce(servers, nodes)
    await settleAll(nodes.map((node) => action.act(servers, node, options)))
    return undefined
  } catch (error) {
    throw asStepError(error)
  }
}

/** A server that starts anew has lost some faults that should still bite. */
async function applyLostFaults(nodes: string[], context: StepContext): Promise<string[]> {
  try {
    return await context.faults.reapply(nodes, context.signal)
  } catch (error) {
    throw asStepError(error)
  }
}

async function assertStates(action: NodeAction, nodes: string[], context: StepContext): Promise<void> {
  const states = await Promise.all(nodes.map(async (node) => ({ node, state: await context.servers.state(node) })))
  const missing = states.find(({ state }) => state.status === 'missing')
  if (missing) throw goneBehindOurBack(missing.node, missing.state.text)
  const wrong = states.filter(({ state }) => !action.from.includes(state.status))
  if (wrong.length === 0) return
  const found = wrong.map(({ node, state }) => `${node}, which is ${state.status} (${state.text})`)
  throw new StepFailure({
    message: `cannot ${action.name} ${found.join('; ')}`,
    hint: `${action.name} needs a node that is ${action.from.join(' or ')}: look at the steps before this one.`,
  })
}

/** Applies the action, holds it for its time, and undoes it: on every path, and on whichever nodes it came to bite. */
async function applyForAWhile(
  action: NodeAction,
  undo: NodeAction,
  nodes: string[],
  options: ActOptions,
  forMs: number,
  context: StepContext,
): Promise<StepResult> {
  await assertStates(action, nodes, context)
  let proofs: string[]
  try {
    proofs = await applyTo(action, nodes, options, context)
    await context.clock.sleep(forMs, context.signal)
  } catch (failure) {
    await Promise.allSettled(nodes.map((node) => undoWhereNeeded(undo, node, context)))
    throw failure
  }
  try {
    const undone = await applyTo(undo, nodes, { graceMs: DEFAULT_GRACE_MS }, context)
    return { proof: [...proofs, `after ${formatDuration(forMs)}: ${undo.name}`, ...undone].join('; ') }
  } catch (failure) {
    if (!(failure instanceof StepFailure)) throw failure
    const message = `${action.name} was to be undone after ${formatDuration(forMs)}: ${failure.error.message}`
    throw new StepFailure({ ...failure.error, message }, failure.outcome)
  }
}

async function undoWhereNeeded(undo: NodeAction, node: string, context: StepContext): Promise<void> {
  const { status } = await context.servers.state(node)
  if (undo.from.includes(status)) await undo.act(context.servers, node, { graceMs: DEFAULT_GRACE_MS })
}
