import { z } from 'zod'
import { target, targets } from '../targets.ts'

const groups = z.array(z.array(target).min(1)).meta({ minItems: 2 })

const FORMS = ['isolate', 'groups', 'from', 'halves', 'bridge'] as const
/** Each of them, without any of the others; but `bridge` stands with `groups`, too. */
const alone = FORMS.map((form) => ({
  required: form === 'from' ? ['from', 'to'] : [form],
  not: {
    anyOf: FORMS.filter((other) => other !== form && `${form} ${other}` !== 'groups bridge').map((other) => ({
      required: [other],
    })),
  },
}))

const keys = {
  isolate: targets.optional().describe('These nodes can reach each other, and no other node can reach them'),
  groups: groups
    .optional()
    .describe(
      'Sides that cannot reach each other: [[master of shard 1], [all replicas]]. Nodes that are not named reach all',
    ),
  from: targets.optional().describe('One way: what these nodes send to the nodes of `to` is lost'),
  to: targets.optional().describe('One way: these nodes get nothing from those of `from`, and still send to them'),
  bridge: target.optional().describe('The one node that reaches both sides; alone, the others are halved'),
  halves: z
    .enum(['across', 'together'])
    .optional()
    .describe(
      'A minority of the masters on one side, the majority on the other; across: the replicas of each side’s masters are on the other side; together: with their masters',
    ),
  traffic: z
    .enum(['all', 'bus', 'data', 'client'])
    .optional()
    .describe(
      'all (default): everything between nodes. bus: the cluster bus alone. data: replication alone. client: nothing between nodes, only clients',
    ),
  mode: z
    .enum(['drop', 'reject'])
    .optional()
    .describe('drop (default): packets vanish. reject: connections are reset and refused'),
  clients: z
    .enum(['reach', 'cut'])
    .optional()
    .describe(
      'reach (default): clients reach both sides. cut: they reach neither the isolated nodes nor, of sides, any but the first',
    ),
}

export const partitionArg = z
  .strictObject(keys)
  .superRefine((value, refinement) => {
    const say = (message: string) => refinement.addIssue({ code: 'custom', message })
    const forms = FORMS.filter((form) => value[form] !== undefined)
    const allowed = forms.length === 1 || (forms.length === 2 && forms.includes('bridge') && forms.includes('groups'))
    if (forms.length === 0 && value.to === undefined)
      say('say who is cut off: isolate, groups, from and to, bridge or halves')
    else if (!allowed && forms.length > 1)
      say(`${forms.join(' and ')} do not go together: one of them says who is cut off`)
    if ((value.from === undefined) !== (value.to === undefined)) say('one way needs both: `from` and `to`')
    if (value.traffic === 'client' && value.isolate === undefined)
      say('traffic: client goes with isolate: it cuts clients off from those nodes')
    if (value.clients === 'cut' && value.from !== undefined) say('clients: cut does not go with one way')
    if (value.groups !== undefined && value.groups.length < 2)
      say('`groups` has one side alone, which is cut off from nobody')
    for (const phrase of namedTwice(value.groups ?? []))
      say(`${phrase} stands in the groups twice: no node can be on two sides`)
  })
  .meta({ allOf: [{ oneOf: alone }], dependencies: { from: ['to'], to: ['from'] } })

export type PartitionArg = z.infer<typeof partitionArg>

/** Phrases that stand for the same node wherever they stand. */
function namedTwice(sides: readonly (readonly string[])[]): string[] {
  const all = sides.flat().filter((phrase) => !/random|majority|minority/.test(phrase))
  return [...new Set(all.filter((phrase, index) => all.indexOf(phrase) !== index))]
}
