import { z } from 'zod'
import { dataWiped as kind } from '../faults/data-wiped.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, type Targets, targets } from './targets.ts'

const withIdentity = z.strictObject({
  node: targets.describe('Servers whose data is taken away'),
  identity: z
    .enum(['kept', 'lost'])
    .optional()
    .describe('kept (default): it comes back as the node that it was. lost: nobody knows it any more'),
})

type Arg = Targets | z.infer<typeof withIdentity>

export const dataWiped = faultVerb({
  name: 'data-wiped',
  summary: 'Kills servers, takes their data away, and starts them again, empty.',
  example: ['- data-wiped: replica of shard 1'],
  proof: 'A new process answers, and it has no keys but those that a master has given it since.',
  arg: z.union([targets, withIdentity]),
  kind,
  passes: true,
  sentence: (arg) => describe(arg, describeTargets(phrasesOf(arg))),
  async plan(arg, context) {
    const nodes = await resolveTargets(phrasesOf(arg), context, isLong(arg) ? ['node'] : [])
    return { spec: { nodes, identity: identityOf(arg) }, nodes, sentence: describe(arg, nodes.join(', ')) }
  },
})

function isLong(arg: Arg): arg is z.infer<typeof withIdentity> {
  return typeof arg === 'object' && !Array.isArray(arg)
}

function phrasesOf(arg: Arg): Targets {
  return isLong(arg) ? arg.node : arg
}

function identityOf(arg: Arg): 'kept' | 'lost' {
  return isLong(arg) ? (arg.identity ?? 'kept') : 'kept'
}

function describe(arg: Arg, nodes: string): string {
  return `wipe the data of ${nodes}${identityOf(arg) === 'lost' ? ', and what it knows of the cluster' : ''}`
}
