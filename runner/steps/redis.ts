import { z } from 'zod'
import { messageOf } from '../base/errors.ts'
import { poll } from '../base/poll.ts'
import type { LiveNode } from '../cluster/live-cluster.ts'
import type { Command } from '../cluster/node-client.ts'
import { errorClass, parseAsk, parseMoved } from '../cluster/reply-errors.ts'
import type { Allowed } from '../platforms/allowed.ts'
import { assertKnown } from './assert-known.ts'
import { isOfAdministrators, isRefusedByServer, REFUSED_BY_SERVER, refusalOf } from './command-policy.ts'
import { commandText, commandWords } from './command-words.ts'
import { failedPoll } from './failed-poll.ts'
import { fillIn, MOST_CHARACTERS } from './names.ts'
import { expectedReply, expectedReplyText, replyMatches, replyText } from './reply.ts'
import { defineVerb, type StepContext, StepFailure, type StepResult } from './verb.ts'

/**
 * Commands that change what a connection is, and so what later commands on it would mean: the runner's connections are
 * shared by all steps.
 */
const CHANGES_THE_CONNECTION: ReadonlySet<string> = new Set([
  ...[
    'SUBSCRIBE',
    'PSUBSCRIBE',
    'SSUBSCRIBE',
    'UNSUBSCRIBE',
    'PUNSUBSCRIBE',
    'SUNSUBSCRIBE',
    'MONITOR',
    'MULTI',
    'EXEC',
  ],
  'DISCARD',
  'WATCH',
  'UNWATCH',
  'QUIT',
  'RESET',
  'HELLO',
  'AUTH',
  'SELECT',
  'SYNC',
  'PSYNC',
  'ASKING',
  'READONLY',
  'READWRITE',
  'CLIENT REPLY',
  'CLIENT TRACKING',
  'CLIENT SETNAME',
  'REPLCONF',
  'SCRIPT DEBUG',
  ...['CACHING', 'CAPA', 'IMPORT-SOURCE', 'KILL', 'NO-EVICT', 'NO-TOUCH', 'SETINFO'].map((word) => `CLIENT ${word}`),
])

/** Why a command cannot be sent; undefined if it can. */
function commandProblem(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase())
  if (first === '') return 'a command is missing'
  const name = [first, `${first} ${second}`].find((candidate) => CHANGES_THE_CONNECTION.has(candidate))
  if (name !== undefined)
    return `${name} changes the connection, which the runner shares among steps, so it cannot be sent`
  return undefined
}

const textOfCommand = z.string().superRefine((text, refinement) => {
  try {
    const problem = commandProblem(commandWords(text))
    if (problem !== undefined) refinement.addIssue({ code: 'custom', message: problem })
  } catch (error) {
    refinement.addIssue({ code: 'custom', message: messageOf(error) })
  }
})

const commandList = z
  .array(z.union([z.string(), z.number()]))
  .min(1)
  .superRefine((list, refinement) => {
    const problem = list.length === 0 ? undefined : commandProblem(list.map(String))
    if (problem !== undefined) refinement.addIssue({ code: 'custom', message: problem })
  })

type Written = string | (string | number)[]

function wordsOf(command: Written): string[] {
  return Array.isArray(command) ? command.map(String) : commandWords(command)
}

const arg = z
  .union([textOfCommand, commandList])
  .describe('A command as text (SET aa "some value") or as a list ([SET, aa, some value])')

const extraKeys = z
  .strictObject({
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
  .superRefine(({ expect, error, save }, refinement) => {
    const complain = (message: string, path: string) => refinement.addIssue({ code: 'custom', message, path: [path] })
    if (error !== undefined && expect !== undefined)
      complain('a reply is an error or a value: give `expect` or `error`', 'error')
    if (error !== undefined && save !== undefined) complain('an error is not saved: give `save` or `error`', 'save')
  })
  .meta({ allOf: [{ not: { required: ['error', 'expect'] } }, { not: { required: ['error', 'save'] } }] })

type Extras = z.infer<typeof extraKeys>

/** ioredis, and redis-cli, follow as many redirections at most. */
const MAX_REDIRECTIONS = 16
/** How long one try may take before it counts as unanswered. */
const TRY_TIMEOUT_MS = 2000
const EVERY_MS = 20

/** Commands that change nodes, not keys; of each, `*` stands for every second word. */
const OF_ADMINISTRATORS: ReadonlySet<string> = new Set([
  ...['SHUTDOWN', 'FLUSHALL', 'FLUSHDB', 'REPLICAOF', 'SLAVEOF', 'SWAPDB', 'DEBUG *', 'FUNCTION *'],
  ...['ADDSLOTS', 'ADDSLOTSRANGE', 'BUMPEPOCH', 'DELSLOTS', 'DELSLOTSRANGE', 'FAILOVER', 'FLUSHSLOTS', 'FORGET'].map(
    (word) => `CLUSTER ${word}`,
  ),
  ...['MEET', 'REPLICATE', 'RESET', 'SET-CONFIG-EPOCH', 'SETSLOT', 'MIGRATESLOTS'].map((word) => `CLUSTER ${word}`),
])

/**
 * The command of an administrator among these words: `CLUSTER SETSLOT`, `CONFIG SET port` with the names of all settings
 * and without their values; undefined if it is another.
 */
export function administers(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase())
  if (OF_ADMINISTRATORS.has(first)) return first
  if (first === 'CONFIG' && second === 'SET') {
    const settings = words.slice(2).filter((_, index) => index % 2 === 0)
    return ['CONFIG SET', ...settings.map((name) => name.toLowerCase())].join(' ')
  }
  const isOne = OF_ADMINISTRATORS.has(`${first} ${second}`) || OF_ADMINISTRATORS.has(`${first} *`)
  return isOne ? `${first} ${second}` : undefined
}

/** Servers take DEBUG from Redis 7.0 on only where they were made to. */
function isDebug(written: unknown): boolean {
  const [first] = Array.isArray(written) ? written : String(written).trim().split(/\s/)
  return String(first).toUpperCase() === 'DEBUG'
}

interface Reply {
  value?: unknown
  error?: Error
  /** Nodes asked, in order: more than one when redirections were followed. */
  asked: string[]
}

export const redis = defineVerb({
  name: 'redis',
  summary: 'Sends any command: to a node (on), or to the cluster, where redirections (MOVED, ASK) are followed.',
  group: 'data',
  example: [
    '- redis: INCRBY stock 5',
    '  save: stock',
    '- redis: [GET, stock]',
    '  expect: $stock',
    '- redis: GET stock',
    '  on: redis-node1',
    '  error: MOVED',
  ],
  proof:
    'The reply is what `expect` says, or the error begins with what `error` says; with neither, there was a reply and no error.',
  arg,
  extras: extraKeys,
  modifiers: ['on', 'within', 'for'],
  // A value that is filled in stays one word, whatever is in it.
  fillsInNames: true,
  keepsWithin: true,
  defaultDeadlineMs: 10_000,
  refusals(written, policy) {
    const command = arg.safeParse(written).data
    const message = command === undefined ? undefined : refusalOf(wordsOf(command), policy)
    return message === undefined ? [] : [{ path: [], message }]
  },
  needs: (_, written) => (isDebug(written) ? { debug: true } : {}),
  sentence: (command, step) => {
    const text = Array.isArray(command) ? commandText(command) : command
    return `${text}${step.on === undefined ? '' : ` on ${step.on}`}`
  },
  async run(command, context, extras) {
    const { expect, error, save } = extras ?? {}
    const words = wordsOf(command).map((word) => String(fillIn(word, context.names)))
    const problem = commandProblem(words) ?? refusalOf(words, context.policy)
    if (problem !== undefined) throw new StepFailure({ message: problem })
    const result = await askUntil(words, context, expect, error)
    if (save !== undefined) keep(save, result.reply.value, context)
    const ofAdministrator = administers(words)
    return { ...result.outcome, ...(ofAdministrator === undefined ? {} : { administers: ofAdministrator }) }
  },
})

/** Throws StepFailure for a reply that is too long to stand in events and reports. */
function keep(name: string, reply: unknown, { names }: StepContext): void {
  const length = JSON.stringify(reply ?? null).length
  if (length > MOST_CHARACTERS) {
    throw new StepFailure({
      message: `the reply has ${length} characters, and a name keeps at most ${MOST_CHARACTERS}: $${name} cannot hold it`,
    })
  }
  names.set(name, reply)
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
  const expected = `${commandText(words)} to give ${expectedText(expect, error)}`
  if (!result.ok && !result.blind) throw explained(failedPoll(expected, result, context), reply)
  await assertKnown(expected, result, context)
  const note = describeReply(reply)
  return {
    reply,
    outcome:
      withinMs > 0 || forMs > 0
        ? { attempts: result.attempts, trueAfterMs: result.trueAfterMs ?? 0, lastSeen: note, note }
        : { note },
  }
}

/** A server that refuses a command for who sends it says so in words of its own. */
function explained(failure: StepFailure, { error }: Reply): StepFailure {
  if (error === undefined || !isRefusedByServer(error.message)) return failure
  return new StepFailure({ ...failure.error, hint: REFUSED_BY_SERVER }, failure.outcome)
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
async function send(words: string[], node: LiveNode, allowed: Allowed, asking = false): Promise<Reply> {
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
