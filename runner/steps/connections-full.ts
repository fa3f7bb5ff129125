import { CONNECTIONS_SETTING, connectionsFull as kind } from '../faults/connections-full.ts'
import { faultVerb } from './fault-verb.ts'
import { assertSettingsFree } from './preconditions.ts'
import { describeTargets, resolveTargets, targets } from './targets.ts'

export const connectionsFull = faultVerb({
  name: 'connections-full',
  summary: 'Has servers refuse new connections (maxclients reached); those that are open stay open.',
  example: ['- connections-full: master of shard 1', '  for: 5s'],
  proof: 'A new connection is refused.',
  arg: targets,
  kind,
  sentence: (arg) => `let ${describeTargets(arg)} refuse new connections`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg, context, [])
    assertSettingsFree(nodes, [CONNECTIONS_SETTING], context)
    return { spec: { nodes }, nodes, sentence: `${nodes.join(', ')} refusing new connections` }
  },
})
