import { z } from 'zod'
import { droppedPackets as kind } from '../faults/dropped-packets.ts'
import { PACKET_NAMES } from '../platforms/bus-packets.ts'
import { faultVerb } from './fault-verb.ts'
import { assertFilterFree } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

const arg = z.strictObject({
  node: targets.describe('Servers that drop them'),
  type: z.enum(PACKET_NAMES).describe('What they do not get on the cluster bus; ping, for example'),
})

export const droppedPackets = faultVerb({
  name: 'dropped-packets',
  summary: 'Has servers drop one type of packet that comes in on the cluster bus, until heal or for a time.',
  example: ['- dropped-packets: { node: redis-node0, type: ping }', '  for: 10s'],
  proof: 'A packet of that type, sent to the bus of the server, is dropped, as its log says.',
  arg,
  kind,
  needs: () => ({ debug: true }),
  sentence: ({ node, type }) => `let ${describeTargets(node)} drop ${type} packets`,
  async plan({ node, type }, context) {
    const nodes = await resolveTargets(node, context, ['node'])
    assertFilterFree(nodes, context)
    return { spec: { nodes, type }, nodes, sentence: `${nodes.join(', ')} dropping ${type} packets` }
  },
})
