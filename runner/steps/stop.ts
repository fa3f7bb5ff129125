import { assertEndedByItself } from './in-good-order.ts'
import { nodeVerb } from './node-verb.ts'
import { proveSilent, proveState } from './prove-state.ts'
import { startAction } from './start.ts'

export const stop = nodeVerb({
  name: 'stop',
  summary: 'Stops nodes in good order (SIGTERM). With for, they are started again after that time.',
  example: ['- stop: master of shard 1', '  phase: outage'],
  proof: 'The process has ended by itself, and the node no longer answers.',
  takesGrace: true,
  from: ['running'],
  act: (servers, node, { graceMs }) => servers.stop(node, graceMs),
  prove: async (context, node) => {
    const state = await proveState(context, node, 'stopped')
    assertEndedByItself('stop', node, await context.servers.state(node))
    return `${state}, ${await proveSilent(context, node)}`
  },
  undo: startAction,
})
