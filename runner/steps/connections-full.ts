import { CONNECTIONS_SETTING, connectionsFull as kind } from '../faults/connections-full.ts'
import { faultVerb } from './fault-verb.ts'
import { demandFreeSettings } from './preconditions.ts'
import { phrasesInWords, resolveTargets, targets } from './targets.ts'

export const connectionsFull = faultVerb({
  name: 'connections-full',
  summary: 'Has servers refuse new connections (maxclients reached); those that are open stay open.',
  arg: targets,
  kind,
  sentence: (arg) => `let ${phrasesInWords(arg)} refuse new connections`,
  async plan(arg, context) {
    const nodes = await resolveTargets(arg, context, [])
    demandFreeSettings(nodes, [CONNECTIONS_SETTING], context)
    return { spec: { nodes }, nodes, sentence: `${nodes.join(', ')} refusing new connections` }
  },
})
