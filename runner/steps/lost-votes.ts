import { lostVotes as kind } from '../faults/dropped-packets.ts'
import { faultVerb } from './fault-verb.ts'
import { assertFilterFree } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

export const lostVotes = faultVerb({
  name: 'lost-votes',
  summary: 'Has masters never hear that a replica asks for their vote in an election, until heal or for a time.',
  example: ['- lost-votes: majority of masters'],
  proof: 'A request for a vote, sent to the bus of the server, is dropped, as its log says.',
  arg: targets,
  kind,
  needs: () => ({ debug: true }),
  sentence: (arg) => `lose the votes of ${describeTargets(arg)}`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg, context, [])
    assertFilterFree(nodes, context)
    return {
      spec: { nodes, type: 'failover-auth-request' as const },
      nodes,
      sentence: `the votes of ${nodes.join(', ')} lost`,
    }
  },
})
