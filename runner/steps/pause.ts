import { nodeVerb } from './node-verb.ts'
import { proveSilent, proveState } from './prove-state.ts'
import { unpauseAction } from './unpause.ts'

export const pause = nodeVerb({
  name: 'pause',
  summary: 'Freezes nodes: alive, connected, silent. With for, they go on after that time.',
  example: ['- pause: random replica', '  for: 10s'],
  proof: 'The process is frozen, and the node no longer answers.',
  from: ['running'],
  act: (servers, node) => servers.pause(node),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'paused')
    return `${state}, ${await proveSilent(context, node)}`
  },
  undo: unpauseAction,
})
