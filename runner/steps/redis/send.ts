import type { LiveNode } from '../../cluster/live-cluster.ts'
import type { Command } from '../../cluster/node-client.ts'
import { errorClass, parseAsk, parseMoved } from '../../cluster/reply-errors.ts'
import type { Allowed } from '../../platforms/allowed.ts'
import { isOfAdministrators } from '../command-policy.ts'
import { replyText } from '../reply.ts'
import { type StepContext, StepFailure } from '../verb.ts'

/** ioredis, and redis-cli, follow as many redirections at most. */
const MAX_REDIRECTIONS = 16
/** How long one try may take before it counts as unanswered. */
export const TRY_TIMEOUT_MS = 2000

/** What came back: a value, or an error of the server or of the way to it. */
export interface Reply {
  value?: unknown
  error?: Error
  /** Nodes asked, in order: more than one when redirections were followed. */
  asked: string[]
}

/** Sends one command: to the node of `on`, or to the cluster, following redirections. Throws StepFailure if nobody answers. */
export async function ask(words: readonly string[], context: StepContext): Promise<Reply> {
  const { on } = context.step
  const { allowed } = context.policy
  if (on !== undefined) return await send(words, context.cluster.node(await context.resolveOne(on)), allowed)
  let node = await firstAnswering(context)
  let asking = false
  const asked: string[] = []
  for (;;) {
    const reply = await send(words, node, allowed, asking)
    asked.push(node.name)
    const ask = parseAsk(reply.error)
    const to = ask ?? parseMoved(reply.error)
    const next = to && context.cluster.nameOfAddress(to.host || node.host, to.port)
    if (!next || asked.length > MAX_REDIRECTIONS) return { ...reply, asked }
    node = context.cluster.node(next)
    asking = ask !== undefined
  }
}

/** With `asking`, the node serves a slot that it is only about to get. */
async function send(words: readonly string[], node: LiveNode, allowed: Allowed, asking = false): Promise<Reply> {
  const [command = '', ...args] = words
  const commands: Command[] = [...(asking ? [['ASKING'] as const] : []), [command, ...args]]
  const connection = isOfAdministrators(words, allowed) ? node.data : node.scenario
  const value = (await connection.pipeline(commands, TRY_TIMEOUT_MS)).at(-1)
  return value instanceof Error ? { error: value, asked: [node.name] } : { value, asked: [node.name] }
}

/** The first node that answers, as a client with a list of addresses would find it. */
async function firstAnswering(context: StepContext): Promise<LiveNode> {
  const reasons: string[] = []
  for (const node of context.cluster.nodes) {
    try {
      await node.client.callWithin(500, 'PING')
      return node
    } catch (error) {
      reasons.push(`${node.name}: ${errorClass(error)}`)
    }
  }
  throw new StepFailure({ message: 'no node of the cluster answers', details: reasons })
}

/** `redis-node0 -> redirected to redis-node4: "five"`. */
export function describeReply({ value, error, asked }: Reply): string {
  const redirections = asked.slice(1).map((node) => ` -> redirected to ${node}`)
  return `${asked[0] ?? 'no node'}${redirections.join('')}: ${error ? error.message : replyText(value)}`
}
