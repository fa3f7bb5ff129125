import { type NodeAction, nodeVerb, proveAnswering, proveState } from './node-verb.ts'

export const unpauseAction: NodeAction = {
  name: 'unpause',
  summary: 'Lets paused nodes go on.',
  from: ['paused'],
  act: (servers, node) => servers.unpause(node),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'running')
    return `${state}, ${await proveAnswering(context, node)}`
  },
}

export const unpause = nodeVerb(unpauseAction)
