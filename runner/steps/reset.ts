import { z } from 'zod'
import { resetNode } from '../cluster/members/reset.ts'
import { target } from './targets.ts'
import { defineVerb } from './verb.ts'

const arg = z.union([
  target,
  z.strictObject({
    node: target.describe('Who forgets all others, its slots and its master'),
    mode: z.enum(['soft', 'hard']).optional().describe('soft (default): it keeps its id. hard: it gets a new one'),
  }),
])

export const reset = defineVerb({
  name: 'reset',
  summary: 'Makes a node forget the cluster with CLUSTER RESET; a master with keys refuses.',
  group: 'cluster',
  example: ['- reset: { node: redis-node5, mode: hard }'],
  proof: 'It knows no other node and owns no slot. The others know it still: `forget` is for them.',
  arg,
  modifiers: ['within'],
  defaultDeadlineMs: 15_000,
  sentence: (value) => (typeof value === 'string' ? `reset ${value}` : `reset ${value.node} (${value.mode ?? 'soft'})`),
  async run(value, context) {
    const { node, mode = 'soft' } = typeof value === 'string' ? { node: value } : value
    const name = await context.resolveOne(node, typeof value === 'string' ? [] : ['node'])
    const id = await resetNode(context.cluster, name, mode)
    return {
      administers: 'CLUSTER RESET',
      proof: `${name} knows nobody and owns no slot; its id is ${id.slice(0, 8)}…`,
    }
  },
})
