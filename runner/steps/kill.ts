import { nodeVerb } from './node-verb.ts'
import { proveSilent, proveState } from './prove-state.ts'
import { startAction } from './start.ts'

export const kill = nodeVerb({
  name: 'kill',
  summary: 'Ends nodes at once (SIGKILL), as a crash would. With for, they are started again after that time.',
  example: ['- kill: { node: all masters, rolling: 20s }', '  for: 5s'],
  proof: 'The process has ended, and the node no longer answers.',
  from: ['running', 'paused'],
  act: (servers, node) => servers.kill(node),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'stopped')
    return `${state}, ${await proveSilent(context, node)}`
  },
  undo: startAction,
})
