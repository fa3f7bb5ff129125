import { z } from 'zod'
import type { LiveNode } from '../cluster/live-cluster.ts'
import { errorClass, parseMoved } from '../cluster/reply-errors.ts'
import { poll } from '../record/poll.ts'
import { commandWords } from './command-words.ts'
import { failedPoll } from './failed-poll.ts'
import { expectedReply, expectedReplyText, replyMatches, replyText } from './reply.ts'
import { type StepContext, StepFailure, type StepResult, type Verb } from './verb.ts'

const commandText = z.string().superRefine((text, refinement) => {
  try {
    if (commandWords(text).length === 0) refinement.addIssue({ code: 'custom', message: 'a command is missing' })
  } catch (error) {
    refinement.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
})

const arg = z
  .union([commandText, z.array(z.union([z.string(), z.number()])).min(1)])
  .describe('A command as text (SET aa "some value") or as a list ([SET, aa, some value])')

const extras = z.strictObject({
  expect: expectedReply
    .optional()
    .describe('The reply there must be: a value, a list, or contains, at_least, at_most with a value'),
  error: z.string().min(1).optional().describe('The error there must be: how its text begins, as MOVED or WRONGTYPE'),
  save: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional()
    .describe('Keeps the reply under this $name'),
})

type Extras = z.infer<typeof extras>

/** ioredis, and redis-cli, follow as many redirections at most. */
const MAX_REDIRECTIONS = 16
/** How long one try may take before it counts as unanswered. */
const TRY_TIMEOUT_MS = 2000
const EVERY_MS = 20

interface Reply {
  value?: unknown
  error?: Error
  /** Nodes asked, in order: more than one when redirections were followed. */
  asked: string[]
}

export const redis: Verb<z.infer<typeof arg>, Extras> = {
  name: 'redis',
  summary: 'Sends any command: to a node (on), or to the cluster, where redirections are followed.',
  arg,
  extras,
  modifiers: ['on', 'within', 'for'],
  defaultDeadlineMs: 10_000,
  sentence: (command, step) => {
    const text = Array.isArray(command) ? command.join(' ') : command
    return `${text}${step.on === undefined ? '' : ` on ${step.on}`}`
  },
  async run(command, context, { expect, error, save }) {
    const words = Array.isArray(command) ? command.map(String) : commandWords(command)
    const result = await askUntil(words, context, expect, error)
    if (save !== undefined) context.names.set(save, result.reply.value)
    return result.outcome
  },
}

async function askUntil(
  words: string[],
  context: StepContext,
  expect: Extras['expect'],
  error: string | undefined,
): Promise<{ reply: Reply; outcome: StepResult }> {
  let reply: Reply = { asked: [] }
  const look = async () => {
    reply = await ask(words, context)
    const seen = describeReply(reply)
    context.progress(seen)
    return { ok: isExpected(reply, expect, error), seen }
  }
  const { withinMs = 0, forMs = 0 } = context.step
  const result = await poll(look, { clock: context.clock, signal: context.signal, withinMs, forMs, everyMs: EVERY_MS })
  if (!result.ok) throw failedPoll(`${words.join(' ')} to give ${expectedText(expect, error)}`, result, context)
  const note = describeReply(reply)
  return {
    reply,
    outcome:
      withinMs > 0 || forMs > 0
        ? { attempts: result.attempts, trueAfterMs: result.trueAfterMs ?? 0, lastSeen: note, note }
        : { note },
  }
}

function isExpected(reply: Reply, expect: Extras['expect'], error: string | undefined): boolean {
  if (error !== undefined) return reply.error?.message.startsWith(error) ?? false
  if (reply.error) return false
  return expect === undefined || replyMatches(reply.value, expect)
}

function expectedText(expect: Extras['expect'], error: string | undefined): string {
  if (error !== undefined) return `the error ${error}`
  return expect === undefined ? 'a reply without an error' : expectedReplyText(expect)
}

function describeReply({ value, error, asked }: Reply): string {
  const redirections = asked.slice(1).map((node) => ` -> redirected to ${node}`)
  return `${asked[0] ?? 'no node'}${redirections.join('')}: ${error ? error.message : replyText(value)}`
}

async function ask(words: string[], context: StepContext): Promise<Reply> {
  const { on } = context.step
  if (on !== undefined) return await send(words, context.cluster.node(await context.resolveOne(on)))
  let node = await firstAnswering(context)
  const asked: string[] = []
  for (;;) {
    const reply = await send(words, node)
    asked.push(node.name)
    const moved = reply.error && parseMoved(reply.error)
    const next = moved && context.cluster.nameOfAddress(moved.host || node.host, moved.port)
    if (!next || asked.length > MAX_REDIRECTIONS) return { ...reply, asked }
    node = context.cluster.node(next)
  }
}

async function send(words: string[], node: LiveNode): Promise<Reply> {
  const [command = '', ...args] = words
  try {
    return { value: await node.data.callWithin(TRY_TIMEOUT_MS, command, ...args), asked: [node.name] }
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)), asked: [node.name] }
  }
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
