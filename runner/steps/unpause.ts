import { type NodeAction, nodeVerb, proveAnswering, proveState } from './node-verb.ts'

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
