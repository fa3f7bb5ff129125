import { type NodeAction, nodeVerb } from './node-verb.ts'
import { proveAnswering, proveState } from './prove-state.ts'

export const unpauseAction: NodeAction = {
  name: 'unpause',
  summary: 'Lets paused nodes go on.',
  example: ['- pause: redis-node1', '- unpause: redis-node1'],
  proof: 'The process runs, and the node answers.',
  from: ['paused'],
  act: (servers, node) => servers.unpause(node),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'running')
    return `${state}, ${await proveAnswering(context, node)}`
  },
}

export const unpause = nodeVerb(unpauseAction)
