import { nodeVerb, proveSilent, proveState } from './node-verb.ts'
import { startAction } from './start.ts'

export const kill = nodeVerb({
  name: 'kill',
  summary: 'Ends nodes at once (SIGKILL), as a crash would. With for, they are started again after that time.',
  from: ['running', 'paused'],
  act: (servers, node) => servers.kill(node),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'stopped')
    return `${state}, ${await proveSilent(context, node)}`
  },
  undo: startAction,
})
