import { z } from 'zod'
import { describeEnd, KILLED } from '../platforms/last-words.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** An entry of the catalogue. Programs and images of one's own are for the command line alone: a scenario starts none. */
const SERVER_PATTERN = /^(?:redis|valkey|redict):\d[a-z0-9.-]*$/

/** A server by its name. */
export const serverName = z
  .string()
  .regex(
    SERVER_PATTERN,
    'a server is written like redis:8.0 or valkey:9.1; programs and images of your own are for --server alone',
  )
  .meta({
    title: 'Server',
    description: 'Which server of the catalogue, as --server names it: redis:8.0, valkey:9.1',
    examples: ['redis:8.0', 'valkey:9.1'],
  })

/** Waits until the node is down again; throws StepFailure if it goes on, or ends for another reason. */
export async function proveRefused(context: StepContext, node: string, wanted: string): Promise<string> {
  for (;;) {
    const state = await context.servers.state(node)
    if (state.status === 'stopped') {
      const end = await describeEnd(context.servers, node, state)
      if (state.exitCode !== KILLED && end.includes(wanted)) return `refused to start: ${end}`
      throw new StepFailure({
        message: `${node} was to refuse to start with “${wanted}”, and ended otherwise: ${end}`,
        hint: `Its log is nodes/${node}.log in the report folder.`,
      })
    }
    if (await isAnswering(context, node)) {
      throw new StepFailure({ message: `${node} was to refuse to start with “${wanted}”, but it runs and answers` })
    }
    await context.clock.sleep(10, context.signal)
  }
}

async function isAnswering(context: StepContext, node: string): Promise<boolean> {
  const { client } = context.cluster.node(node)
  return await client.callWithin(1000, 'PING').then(
    () => true,
    () => false,
  )
}

/** `runs redis 8.0.2`, as INFO has it. Throws StepFailure if the node says that it is of another version. */
export async function proveServer(context: StepContext, node: string): Promise<string> {
  const server = context.servers.nodes.find(({ name }) => name === node)?.server ?? ''
  const info = String(await context.cluster.node(node).client.callWithin(2000, 'INFO', 'server'))
  const said = [...info.matchAll(/^(redis|valkey|redict)_version:(\S+)/gm)].map(
    ([, name, version]) => `${name} ${version}`,
  )
  // What is built of a branch calls itself 255.255.255: what it can do tells its version.
  if (said.includes(server) || said.some((one) => one.endsWith(' 255.255.255'))) return `runs ${server}`
  throw new StepFailure({
    message: `${node} was to be ${server}, and its INFO says ${said.join(', ') || 'no version'}`,
  })
}
