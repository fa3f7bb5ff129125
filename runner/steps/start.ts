import { type NodeAction, nodeVerb } from './node-verb.ts'
import { proveAnswering, proveState } from './prove-state.ts'

export const startAction: NodeAction = {
  name: 'start',
  summary: 'Starts stopped nodes with the data they left, and waits until they answer.',
  example: ['- stop: redis-node0', '- start: redis-node0'],
  proof: 'The process runs, and the node answers.',
  from: ['stopped'],
  startsAnew: true,
  takesChanges: true,
  act: (servers, node, { changes }) => servers.start(node, changes),
  prove: async (context, node) => {
    const answering = await proveAnswering(context, node)
    return `${await proveState(context, node, 'running')}, ${answering}`
  },
}

export const start = nodeVerb(startAction)
