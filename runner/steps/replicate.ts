import { z } from 'zod'
import { follow } from '../cluster/members/join.ts'
import { assertNotItself, MEMBERS_WITHIN_MS, memberOptions, refuseItself } from './members.ts'
import { target } from './targets.ts'
import { defineVerb } from './verb.ts'

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
    await follow(name, master, memberOptions(context))
    return { administers: 'CLUSTER REPLICATE', proof: `${name} is in sync with ${master}, and all that answer see it` }
  },
})
