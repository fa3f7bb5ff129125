import { nodeVerb, proveSilent, proveState } from './node-verb.ts'
import { startAction } from './start.ts'

export const stop = nodeVerb({
  name: 'stop',
  summary: 'Stops nodes in good order (SIGTERM). With for, they are started again after that time.',
  takesGrace: true,
  from: ['running'],
  act: (servers, node, graceMs) => servers.stop(node, graceMs),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'stopped')
    return `${state}, ${await proveSilent(context, node)}`
  },
  undo: startAction,
})
