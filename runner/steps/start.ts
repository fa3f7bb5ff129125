import { type NodeAction, nodeVerb, proveAnswering, proveState } from './node-verb.ts'

export const startAction: NodeAction = {
  name: 'start',
  summary: 'Starts stopped nodes with the data they left, and waits until they answer.',
  from: ['stopped'],
  startsAnew: true,
  act: (servers, node) => servers.start(node),
  prove: async (context, node) => {
    const answering = await proveAnswering(context, node)
    return `${await proveState(context, node, 'running')}, ${answering}`
  },
}

export const start = nodeVerb(startAction)
