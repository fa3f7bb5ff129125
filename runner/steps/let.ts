import { z } from 'zod'
import { fillIn } from './names.ts'
import { readMembers } from './node-members.ts'
import { target } from './targets.ts'
import { defineVerb } from './verb.ts'

/** The master of a shard may be down, until another takes over: its name is given all the same, and the note says so. */
export const letVerb = defineVerb({
  name: 'let',
  summary: 'Gives nodes a name for the rest of the scenario: which ones is decided now, and stays.',
  group: 'flow',
  example: ['- let: { victim: master of key aa, heir: replica of $victim }', '- stop: $victim'],
  proof: 'Each phrase stands for a node now.',
  arg: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name is letters, digits and _'), target).meta({
    description: 'Names, each with the nodes that it stands for: { victim: master of shard 1 }',
    minProperties: 1,
  }),
  modifiers: [],
  fillsInNames: true,
  defaultDeadlineMs: 10_000,
  sentence: (arg) =>
    Object.entries(arg)
      .map(([name, phrase]) => `let $${name} be ${phrase}`)
      .join(', '),
  async run(arg, context) {
    const bound: [name: string, nodes: string[]][] = []
    for (const [name, phrase] of Object.entries(arg)) {
      await readMembers(phrase, context.names, context.cluster)
      const nodes = await context.resolveMany(String(fillIn(phrase, context.names)), [name])
      context.names.set(name, nodes.length === 1 ? nodes[0] : nodes)
      bound.push([name, nodes])
    }
    const { unreachable } = await context.cluster.look()
    const described = (node: string) =>
      unreachable.has(node) ? `${node} (does not answer: ${unreachable.get(node)})` : node
    return { note: bound.map(([name, nodes]) => `$${name} = ${nodes.map(described).join(', ')}`).join('; ') }
  },
})
