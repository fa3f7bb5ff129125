import { messageOf } from '../base/errors.ts'
import { assertEndedByItself } from './in-good-order.ts'
import { nodeVerb } from './node-verb.ts'
import { proveAnswering, proveState } from './prove-state.ts'
import { type StepContext, StepFailure, StepInconclusive } from './verb.ts'

export const restart = nodeVerb({
  name: 'restart',
  summary: 'Stops running nodes in good order, starts them again, and waits until they answer.',
  example: [
    '- restart: { node: all replicas, rolling: 5s }',
    '- restart: { node: redis-node0, address: new }',
    '- restart: { node: replica of shard 1, server: redis:8.0 }',
  ],
  proof: 'The old process has ended by itself; another one runs, and the node answers.',
  takesGrace: true,
  takesChanges: true,
  startsAnew: true,
  from: ['running'],
  before: async (context, node) => {
    try {
      return await serverRunId(context, node)
    } catch (error) {
      const seen = messageOf(error)
      throw new StepFailure({ message: `${node} did not answer before its restart: ${seen}` })
    }
  },
  act: async (servers, node, { graceMs, changes }) =>
    assertEndedByItself('restart', node, await servers.restart(node, graceMs, changes)),
  prove: async (context, node, before) => {
    const answering = await proveAnswering(context, node)
    if ((await serverRunId(context, node)) === before) {
      throw new StepInconclusive({ message: `${node} was to be restarted, but the same server process still answers` })
    }
    return `${await proveState(context, node, 'running')}, a new server process, ${answering}`
  },
})

/** The id that a server process draws when it starts. */
async function serverRunId(context: StepContext, node: string): Promise<string> {
  const info = String(await context.cluster.node(node).client.callWithin(2000, 'INFO', 'server'))
  return /^run_id:(\w+)/m.exec(info)?.[1] ?? ''
}
