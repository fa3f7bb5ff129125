import { z } from 'zod'
import { formatDuration } from '../base/duration.ts'
import { poll } from '../base/poll.ts'
import { listed, plural } from '../base/text.ts'
import type { Snapshot } from '../cluster/live-cluster.ts'
import { follow, forget, type MemberOptions } from '../cluster/members/join.ts'
import { assertAnswer, idsOf } from '../cluster/members/known.ts'
import { resetNode } from '../cluster/members/reset.ts'
import type { SlotMove } from '../cluster/moves/move.ts'
import { countSlots, formatSlotRanges, mergeRanges } from '../cluster/slots.ts'
import { MEMBERS_WITHIN_MS, memberOptions, othersThan } from './members.ts'
import { howArg, MOVES_WITHIN_MS, runMoves } from './move-slots.ts'
import { target } from './targets.ts'
import { defineVerb, type StepContext, StepFailure } from './verb.ts'

const arg = z.union([
  target,
  z
    .strictObject({
      node: target.describe('Who leaves the cluster'),
      slots: z
        .enum(['move', 'refuse'])
        .optional()
        .describe('move (default): its slots go to the other masters first. refuse: one that has slots stays'),
      how: howArg,
      force: z.literal(true).optional().describe('It leaves with its slots, which nobody owns then'),
    })
    .superRefine(({ slots, force, how }, refinement) => {
      if (force !== true || (slots === undefined && how === undefined)) return
      const path = [slots === undefined ? 'how' : 'slots']
      refinement.addIssue({ code: 'custom', path, message: 'with `force` its slots are neither moved nor looked at' })
    })
    .meta({ allOf: [{ not: { required: ['force', 'slots'] } }, { not: { required: ['force', 'how'] } }] }),
])

type Arg = Exclude<z.infer<typeof arg>, string>

const LOOK_EVERY_MS = 50

/** What is known before anything is touched. */
interface Plan {
  name: string
  others: string[]
  ids: string[]
  answers: boolean
  moves: SlotMove[]
  /** Replicas, each with the master that it gets. */
  replicas: Map<string, string>
}

export const removeNode = defineVerb({
  name: 'remove-node',
  summary: 'Takes a node out of the cluster: its slots move to the others, all forget it, and it is reset.',
  group: 'cluster',
  example: ['- remove-node: redis-node6', '- remove-node: { node: redis-node0, force: true }'],
  proof: 'No other member knows it; it owns no slot and knows nobody, if it answers. Its server goes on.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MOVES_WITHIN_MS + 5000,
  sentence: (value) =>
    typeof value === 'string'
      ? `remove ${value} from the cluster`
      : `remove ${value.node} from the cluster${value.force ? ' with its slots' : ''}`,
  async run(value, context) {
    const given: Arg = typeof value === 'string' ? { node: value } : value
    const name = await context.resolveOne(given.node, typeof value === 'string' ? [] : ['node'])
    const waited = given.force ? undefined : await waitForHeir(name, context)
    const plan = planRemoval(await context.cluster.look(), name, given, context)
    const options = { ...memberOptions(context), withinMs: context.step.withinMs ?? MOVES_WITHIN_MS }
    const moved =
      plan.moves.length === 0
        ? undefined
        : await runMoves(context, () => plan.moves, {
            ...{ how: given.how, nothingToDo: 'it has no slots' },
            ...{ background: undefined, until: undefined, as: undefined },
          })
    for (const [replica, master] of await stillFollowing(plan, context)) await follow(replica, master, options)
    await forgetAndReset(plan, given, options)
    return {
      administers: 'CLUSTER FORGET',
      administered: [name, ...plan.replicas.keys()],
      proof: `${waited === undefined ? '' : `${waited}; `}${listed(plan.others)} know it no more${plan.answers ? ', and it knows nobody' : '; it gives no answer itself'}`,
      ...(moved?.note !== undefined && { note: moved.note }),
    }
  },
})

/**
 * Waits while a master that does not answer has slots that a replica may take over: nobody else can give them away, and
 * once they are taken it has none. Returns who took them; undefined where there was nobody to wait for. Throws
 * StepFailure if none did.
 */
async function waitForHeir(
  name: string,
  { cluster, signal, step, progress }: StepContext,
): Promise<string | undefined> {
  let heirs: string[] = []
  let seen = ''
  const look = async () => {
    const { agreed, reports } = await cluster.look()
    const own = agreed.shardOf(name)
    const isOwner = own?.master === name && !reports.has(name)
    const ready = isOwner ? own.replicas.filter((replica) => reports.has(replica)) : []
    if (ready.length === 0) return { ok: true, seen }
    heirs = ready
    const none = heirs.length === 1 ? `its replica ${heirs[0]} has not` : `none of its replicas ${listed(heirs)} has`
    seen = `${name} does not answer, and ${none} taken over its ${plural(countSlots(own?.slots ?? []), 'slot')}`
    progress(`waiting for a new master: ${seen}`)
    return { ok: false, seen }
  }
  const withinMs = Math.min(step.withinMs ?? MEMBERS_WITHIN_MS, MEMBERS_WITHIN_MS)
  const result = await poll(look, { clock: cluster.clock, signal, withinMs, everyMs: LOOK_EVERY_MS })
  if (!result.ok) {
    throw new StepFailure({
      message: `waited for ${formatDuration(result.elapsedMs)} in vain: ${seen}`,
      hint: `\`failover: { node: ${heirs[0]}, mode: takeover }\` has it take them without the votes of the others.`,
    })
  }
  const { agreed } = await cluster.look()
  const heir = heirs.find((one) => agreed.roleOf(one) === 'master')
  return heir && `${heir} had taken over its slots after ${formatDuration(result.elapsedMs)}`
}

/** Throws StepFailure, or MemberError, if it cannot be removed: nothing was touched then. */
function planRemoval(snapshot: Snapshot, name: string, { slots, force }: Arg, context: StepContext): Plan {
  const refuse = (message: string, hint?: string): never => {
    throw new StepFailure({ message, ...(hint !== undefined && { hint }) })
  }
  const { agreed } = snapshot
  const others = othersThan(name, context)
  assertAnswer(snapshot, others, `all others must forget ${name} within a minute, or they are told of it again`)
  const ids = idsOf(snapshot, name)
  if (ids.length === 0) refuse(`${name} is no member of the cluster: nobody knows it`)
  const own = agreed.shards.find(({ master }) => master === name)
  const masters = agreed.shards.filter(({ master }) => master !== name)
  const answers = snapshot.reports.has(name)
  const owned = own?.slots ?? []
  if (agreed.roleOf(name) === 'master' && masters.length === 0) refuse(`${name} is the last master of the cluster`)
  if (owned.length > 0 && slots === 'refuse') {
    refuse(`${name} is not empty: it owns slots ${formatSlotRanges(owned)}`, 'Move them away first, with `reshard`.')
  }
  if (owned.length > 0 && !force && !answers) {
    refuse(
      `${name} does not answer, so its ${plural(countSlots(owned), 'slot')} cannot be moved`,
      'It has no replica that could take them over. With `force: true` it leaves all the same, and nobody owns them.',
    )
  }
  const followers = others.filter((other) => agreed.masterOf(other) === name)
  return {
    ...{ name, others, ids, answers },
    moves:
      force || owned.length === 0
        ? []
        : shares(
            name,
            owned,
            masters.map(({ master }) => master),
          ),
    replicas: heirsOf(followers, masters),
  }
}

/** As even as can be, in ranges. */
function shares(from: string, owned: SlotMove['slots'], masters: readonly string[]): SlotMove[] {
  const numbers = owned.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
  const size = numbers.length / masters.length
  return masters.flatMap((to, place): SlotMove[] => {
    const slots = numbers.slice(Math.round(place * size), Math.round((place + 1) * size))
    return slots.length === 0 ? [] : [{ from, to, slots: mergeRanges(slots.map((slot) => [slot, slot] as const)) }]
  })
}

/** Each goes to the master that has the fewest by then, as `redis-cli --cluster del-node` has it. */
function heirsOf(followers: readonly string[], masters: Snapshot['agreed']['shards']): Map<string, string> {
  const counts = new Map(masters.map(({ master, replicas }) => [master, replicas.length]))
  return new Map(
    followers.flatMap((replica) => {
      const [fewest] = [...counts].sort((a, b) => a[1] - b[1])
      if (fewest === undefined) return []
      counts.set(fewest[0], fewest[1] + 1)
      return [[replica, fewest[0]] as const]
    }),
  )
}

/** Replicas that have not followed the last slot to another master by themselves. */
async function stillFollowing({ name, replicas }: Plan, { cluster }: StepContext): Promise<[string, string][]> {
  const { agreed } = await cluster.look()
  return [...replicas].filter(([replica]) => agreed.masterOf(replica) === name)
}

async function forgetAndReset({ name, others, ids, answers }: Plan, { force }: Arg, options: MemberOptions) {
  const { cluster } = options
  await forget(ids, others, options)
  cluster.leave(name)
  if (!answers) return
  // A master with keys takes no reset.
  if (force) await cluster.node(name).client.pipeline([['FLUSHALL']])
  await resetNode(cluster, name, 'soft')
}
