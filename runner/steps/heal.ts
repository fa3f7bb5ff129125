import { z } from 'zod'
import { endMoves } from '../cluster/moves/end-moves.ts'
import { faultKindNames } from '../faults/index.ts'
import { asStepError } from './fault-verb.ts'
import { applyTo } from './node-verb.ts'
import { startAction } from './start.ts'
import { resolveTargets, targets } from './targets.ts'
import { unpauseAction } from './unpause.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

const HEAL_MS = 60_000

const arg = z.union([
  z
    .enum(['all', 'slots', ...faultKindNames])
    .describe(
      'all: every fault, paused and stopped nodes go on, and slots that are open are closed; slots: only those; or one kind of fault: partition',
    ),
  z.strictObject({ node: targets.describe('Only faults that bite these nodes') }),
])

export const heal = defineVerb({
  name: 'heal',
  summary:
    'Takes faults away, and shows that they bite no more; all also lets paused and stopped nodes go on, and closes open slots as redis-cli --cluster fix does.',
  group: 'faults',
  example: ['- partition: { isolate: redis-node0 }', '- wait: 10s', '- heal: partition'],
  proof: 'The same look that showed the fault now shows that it is gone. With nothing to heal, it fails.',
  arg,
  modifiers: ['within'],
  defaultDeadlineMs: HEAL_MS,
  sentence: (value) =>
    typeof value !== 'string'
      ? `heal all faults of ${value.node}`
      : value === 'all'
        ? 'heal everything'
        : `heal ${value}`,
  async run(value, context) {
    const nodes = typeof value === 'string' ? [] : await resolveTargets(value.node, context, ['node'])
    const chosen = context.faults.active.filter((fault) =>
      typeof value === 'string'
        ? value === 'all' || fault.kind === value
        : fault.nodes.some((node) => nodes.includes(node)),
    )
    const proofs: string[] = []
    for (const fault of [...chosen].reverse()) {
      try {
        proofs.push(`${fault.sentence}: ${await context.faults.end(fault.id, context.signal)}`)
      } catch (error) {
        throw asStepError(error)
      }
    }
    if (value === 'all') proofs.push(...(await resumeNodes(context)))
    if (value === 'all' || value === 'slots') proofs.push(...(await closeSlots(context)))
    if (proofs.length === 0) throw nothingToHeal(value, context)
    return { proof: proofs.join('; ') }
  },
})

/** Paused nodes first: one may hold what a stopped one needs in order to come back. */
async function resumeNodes(context: StepContext): Promise<string[]> {
  const proofs: string[] = []
  for (const action of [unpauseAction, startAction]) {
    const states = await Promise.all(
      context.servers.nodes.map(async ({ name }) => ({ name, state: await context.servers.state(name) })),
    )
    const nodes = states.filter(({ state }) => action.from.includes(state.status)).map(({ name }) => name)
    if (nodes.length > 0) proofs.push(...(await applyTo(action, nodes, { graceMs: 0 }, context)))
  }
  return proofs
}

/** Throws StepFailure with the slots that stay open. */
async function closeSlots(context: StepContext): Promise<string[]> {
  const { done, left } = await endMoves({
    cluster: context.cluster,
    signal: context.signal,
    onMove: (move) => context.noteMoves([move]),
  })
  if (left.length === 0) return done
  const [first = '', ...others] = left
  throw new StepFailure({ message: first, details: [...others, ...done] })
}

/** A healing that heals nothing would pass for one that worked. */
function nothingToHeal(value: z.infer<typeof arg>, { faults }: StepContext): StepFailure {
  const active = faults.active.map(({ sentence }) => sentence)
  const what = typeof value === 'string' ? value : String(value.node)
  return new StepFailure({
    message: `there is nothing to heal (${what}): ${active.length === 0 ? 'no fault is active' : `active are: ${active.join('; ')}`}`,
    hint: 'A fault with `for` is healed when its time is over.',
  })
}
