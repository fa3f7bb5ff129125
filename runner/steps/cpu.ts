import { z } from 'zod'
import { cpu as kind } from '../faults/cpu.ts'
import { percent, ratioOf } from './amounts.ts'
import { faultVerb } from './fault-verb.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

/** A quota of the kernel is 1 ms of each 100 ms at least. */
const LEAST_RATIO = 0.01

const limit = percent
  .superRefine((text, refinement) => {
    const ratio = ratioOf(text)
    // What is no share at all has been told by then.
    if (ratio === 0 || ratio > 1 || (ratio >= LEAST_RATIO && ratio < 1)) return
    const message =
      ratio < LEAST_RATIO
        ? `${text} is too little to be counted: the least is 1%; to stop a server altogether, use pause`
        : `${text} of a core is no limit: a server uses one core at most`
    refinement.addIssue({ code: 'custom', message })
  })
  .describe('A share: 20%, of one core, for each server')

export const cpu = faultVerb({
  name: 'cpu',
  summary: 'Gives servers only a share of a core, until heal or for a time.',
  example: ['- cpu: { node: all replicas, limit: 20% }', '  for: 30s'],
  proof: 'Kept busy, the server is held back to its share.',
  arg: z.strictObject({ node: targets.describe('Servers that are limited'), limit }),
  kind,
  sentence: (arg) => `limit ${describeTargets(arg.node)} to ${arg.limit} of a core`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg.node, context, ['node'])
    return {
      spec: { resources: { cpuShare: ratioOf(arg.limit) } },
      nodes,
      sentence: `limit ${nodes.join(', ')} to ${arg.limit} of a core`,
    }
  },
})
