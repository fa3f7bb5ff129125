import { z } from 'zod'
import type { Snapshot } from '../cluster/live-cluster.ts'
import { follow } from '../cluster/members/join.ts'
import { formatSlotRanges } from '../cluster/slots.ts'
import { assertMaster, assertNotItself, MEMBERS_WITHIN_MS, memberOptions, refuseItself } from './members.ts'
import { target } from './targets.ts'
import { defineVerb, StepFailure } from './verb.ts'

const arg = z
  .strictObject({
    node: target.describe('A replica, or a master without slots and keys'),
    of: target.describe('The master that it is to follow'),
  })
  .superRefine(refuseItself('of', 'replicate'))

export const replicate = defineVerb({
  name: 'replicate',
  summary: 'Makes a node a replica of a master with CLUSTER REPLICATE; a master with slots refuses.',
  group: 'cluster',
  example: ['- replicate: { node: replica of shard 1, of: master of shard 2 }'],
  proof: 'It is in sync with its new master, and every member that answers sees it so.',
  arg,
  modifiers: ['within'],
  keepsWithin: true,
  defaultDeadlineMs: MEMBERS_WITHIN_MS + 5000,
  sentence: ({ node, of }) => `make ${node} a replica of ${of}`,
  async run({ node, of }, context) {
    const [name, master] = [await context.resolveOne(node, ['node']), await context.resolveOne(of, ['of'])]
    assertNotItself(name, [master], 'replicate')
    const snapshot = await context.cluster.look()
    assertMaster(master, snapshot)
    assertNoSlots(name, snapshot)
    await follow(name, master, memberOptions(context))
    return { administers: 'CLUSTER REPLICATE', proof: `${name} is in sync with ${master}, and all that answer see it` }
  },
})

/** The server would say that the node must be empty, and not of what. Throws StepFailure. */
function assertNoSlots(name: string, { agreed }: Snapshot): void {
  const own = agreed.shards.find(({ master }) => master === name)
  if (own === undefined) return
  throw new StepFailure({
    message: `${name} cannot become a replica: it is not empty, it owns slots ${formatSlotRanges(own.slots)}`,
    hint: 'Move them away first, with `reshard`.',
  })
}
