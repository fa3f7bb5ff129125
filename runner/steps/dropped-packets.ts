import { z } from 'zod'
import { PACKET_NAMES, type PacketType } from '../faults/bus-packets.ts'
import { droppedPackets as kind } from '../faults/dropped-packets.ts'
import { faultVerb } from './fault-verb.ts'
import { phrasesInWords, resolveTargets } from './resolve-targets.ts'
import { type Targets, targets } from './target-schema.ts'
import { type StepContext, StepFailure } from './verb.ts'

const arg = z.strictObject({
  node: targets,
  type: z.enum(PACKET_NAMES).describe('What they do not get on the cluster bus; ping, for example'),
})

export const droppedPackets = faultVerb({
  name: 'dropped-packets',
  summary: 'Has servers drop one type of packet that comes in on the cluster bus, until heal or for a time.',
  arg,
  kind,
  needs: () => ({ debug: true }),
  sentence: ({ node, type }) => `let ${phrasesInWords(node)} drop ${type} packets`,
  async plan({ node, type }, context) {
    const nodes = await resolveTargets(node, context, ['node'])
    return plan(nodes, type, `${nodes.join(', ')} dropping ${type} packets`, context)
  },
})

export const lostVotes = faultVerb({
  name: 'lost-votes',
  summary: 'Has masters never hear that a replica asks for their vote in an election, until heal or for a time.',
  arg: targets,
  kind,
  needs: () => ({ debug: true }),
  sentence: (phrases: Targets) => `lose the votes of ${phrasesInWords(phrases)}`,
  async plan(phrases, context) {
    const nodes = await resolveTargets(phrases, context, [])
    return plan(nodes, 'failover-auth-request', `the votes of ${nodes.join(', ')} lost`, context)
  },
})

/** A server has one filter: another fault's would be taken away by this one. */
function plan(nodes: string[], type: PacketType, sentence: string, { faults }: StepContext) {
  const other = faults.active.find(
    (fault) => fault.kind === kind.name && fault.nodes.some((node) => nodes.includes(node)),
  )
  if (other) {
    throw new StepFailure({
      message: `a server can drop one type of packet at a time, and this is active already: ${other.sentence}`,
      hint: 'Heal that first.',
    })
  }
  return { spec: { nodes, type }, nodes, sentence }
}
