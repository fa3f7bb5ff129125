import { z } from 'zod'
import { listed } from '../base/text.ts'
import type { Snapshot } from '../cluster/live-cluster.ts'
import { forget as forgetIds } from '../cluster/members/join.ts'
import { assertAnswer, idsOf } from '../cluster/members/known.ts'
import { MEMBERS_WITHIN_MS, memberOptions, nodeAndOthers, othersThan, refuseItself } from './members.ts'
import { target, targets } from './targets.ts'
import { defineVerb, StepFailure } from './verb.ts'

const arg = z.union([
  target,
  z
    .strictObject({
      node: target.describe('Who is forgotten'),
      by: targets.optional().describe('Who forgets it. Default: all other members'),
    })
    .superRefine(refuseItself('by', 'forget')),
])

const { describe, resolve } = nodeAndOthers('by', 'forget')

export const forget = defineVerb({
  name: 'forget',
  summary: 'Makes nodes forget another with CLUSTER FORGET; one that all others forgot is no member any more.',
  group: 'cluster',
  example: ['- forget: redis-node5', '- forget: { node: redis-node5, by: redis-node0 }'],
  proof: 'None of them knows it. Where it came back as a stranger, the node that it was is forgotten, and it stays.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MEMBERS_WITHIN_MS + 5000,
  sentence: (value) => {
    const { node, others } = describe(value)
    return `make ${others} forget ${node}`
  },
  async run(value, context) {
    const { name, others: by } = await resolve(value, context)
    const others = othersThan(name, context)
    const snapshot = await context.cluster.look()
    const ids = await idsToForget(snapshot, name, by)
    await forgetIds(ids, by, memberOptions(context))
    const isGone = others.every((other) => by.includes(other)) && idsOf(snapshot, name).length === ids.length
    if (isGone) context.cluster.leave(name)
    return {
      administers: 'CLUSTER FORGET',
      administered: [name],
      proof: `${listed(by)} ${by.length === 1 ? 'knows' : 'know'} it no more (id ${ids.map((id) => `${id.slice(0, 8)}…`).join(', ')})`,
    }
  },
})

/** Throws before anybody was told. Of a node that came back under another id the old ones are forgotten. */
async function idsToForget(snapshot: Snapshot, name: string, by: readonly string[]): Promise<string[]> {
  assertAnswer(snapshot, by, 'who forgets a node must do so together with the others, or is told of it again by them')
  const ids = idsOf(snapshot, name)
  const own = snapshot.reports.get(name)?.view.myId
  const old = ids.filter((id) => id !== own)
  const chosen = old.length > 0 ? old : ids
  if (chosen.length === 0) throw new StepFailure({ message: `nobody knows ${name}` })
  const followers = by.filter((other) => followsOneOf(snapshot, other, chosen))
  if (followers.length === 0) return chosen
  throw new StepFailure({
    message: `${listed(followers)} ${followers.length === 1 ? 'is a replica' : 'are replicas'} of ${name}, and a replica cannot forget its master`,
    hint: 'Give it another master first: `replicate: { node: …, of: … }`; `remove-node` does so by itself.',
  })
}

function followsOneOf({ reports }: Snapshot, name: string, ids: readonly string[]): boolean {
  const view = reports.get(name)?.view
  const own = view?.nodes.find(({ id }) => id === view.myId)
  return own?.masterId !== undefined && ids.includes(own.masterId)
}
