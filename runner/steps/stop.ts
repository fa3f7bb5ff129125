import { KILLED } from '../platforms/last-words.ts'
import { nodeVerb, proveSilent, proveState } from './node-verb.ts'
import { startAction } from './start.ts'
import { StepInconclusive } from './verb.ts'

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
    const { exitCode, oomKilled } = await context.servers.state(node)
    if (exitCode === KILLED && !oomKilled) {
      throw new StepInconclusive({
        message: `${node} did not end by itself within its grace and was killed: that is another experiment than stop`,
        hint: 'Give it longer (stop: { node: …, grace: 30s }), or write kill if a crash is what you want to see.',
      })
    }
    return `${state}, ${await proveSilent(context, node)}`
  },
  undo: startAction,
})
