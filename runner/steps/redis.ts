import { z } from 'zod'
import { poll } from '../base/poll.ts'
import { assertKnown } from './assert-known.ts'
import { isRefusedByServer, type Policy, REFUSED_BY_SERVER, refusalOf } from './command-policy.ts'
import { commandText } from './command-words.ts'
import { failedPoll } from './failed-poll.ts'
import { fillIn, MOST_CHARACTERS } from './names.ts'
import { administers } from './redis/administers.ts'
import { commandProblem, commandSchema, textOfCommand, wordsOf } from './redis/command.ts'
import { ask, describeReply, type Reply } from './redis/send.ts'
import {
  commandsOf,
  type SessionCommand,
  sendSession,
  sessionRefusal,
  sessionSchema,
  sessionText,
  unexpectedReplies,
  wordsOfSession,
} from './redis/session.ts'
import { expectedErrorText, expectedReply, expectedReplyText, keptReply, replyMatches, replyText } from './reply.ts'
import { defineVerb, type Step, type StepContext, StepFailure, type StepResult } from './verb.ts'

const arg = z
  .union([...commandSchema('shared').options, sessionSchema])
  .describe('A command as text (SET aa "some value") or as a list ([SET, aa, some value]); or session, with several')

type RedisArg = z.infer<typeof arg>

const extraKeys = z
  .strictObject({
    expect: expectedReply
      .optional()
      .describe(
        'The reply there must be: a value, a list, or contains, at_least, at_most, any_of; of a session, a list of them',
      ),
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

const EVERY_MS = 20

/** Servers take DEBUG from Redis 7.0 on only where they were made to. */
function isDebug(written: unknown): boolean {
  return commandsIn(written).some((words) => words[0]?.toUpperCase() === 'DEBUG')
}

/** The words of all commands in an argument; none where it is wrong. */
function commandsIn(written: unknown): string[][] {
  const { data } = arg.safeParse(written)
  if (data === undefined) return []
  return isSession(data) ? wordsOfSession(data, (word) => word) : [wordsOf(data)]
}

function isSession(value: RedisArg): value is z.infer<typeof sessionSchema> {
  return typeof value === 'object' && !Array.isArray(value)
}

/** The commands of administrators among those of an argument. */
export function administersIn(written: unknown): string[] {
  return commandsIn(written).flatMap((words) => administers(words) ?? [])
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
    '- redis: { session: [READONLY, { redis: GET stock, expect: $stock }] }',
    '  on: replica of key stock',
  ],
  proof:
    'The reply is what `expect` says, or the error begins with what `error` says; with neither, there was a reply and no error. Of a session, all are.',
  arg,
  extras: extraKeys,
  modifiers: ['on', 'within', 'for'],
  // A value that is filled in stays one word, whatever is in it.
  fillsInNames: true,
  keepsWithin: true,
  defaultDeadlineMs: 10_000,
  refusals(written, policy, step) {
    const isSession = isSessionWritten(written)
    const problems = [
      isSession ? sessionProblem(step) : undefined,
      ...commandsIn(written).map((words) => problemOf(words, policy, isSession)),
    ]
    const message = problems.find((problem) => problem !== undefined)
    return message === undefined ? [] : [{ path: [], message }]
  },
  needs: (_, written) => (isDebug(written) ? { debug: true } : {}),
  sentence: (value, step) => {
    const text = isSession(value) ? sessionText(value) : textOfCommand(value)
    return `${text}${step.on === undefined ? '' : ` on ${step.on}`}`
  },
  async run(value, context, extras = {}) {
    const fill = (word: string) => String(fillIn(word, context.names))
    const session = isSession(value) ? filledSession(commandsOf(value), context) : undefined
    const words = isSession(value) ? wordsOfSession(value, fill) : [wordsOf(value).map(fill)]
    for (const each of words) {
      const problem = problemOf(each, context.policy, session !== undefined)
      if (problem !== undefined) throw new StepFailure({ message: problem })
    }
    const { reply, outcome } = await askUntil(words, session, context, extras)
    if (extras.save !== undefined) keep(extras.save, reply.value, context)
    const ofAdministrator = administers(words[0] ?? [])
    return { ...outcome, ...(ofAdministrator !== undefined && { administers: ofAdministrator }) }
  },
})

function problemOf(words: readonly string[], policy: Policy, inSession: boolean): string | undefined {
  return (
    commandProblem(words, inSession ? 'own' : 'shared') ??
    (inSession ? sessionRefusal(words) : undefined) ??
    refusalOf(words, policy)
  )
}

function isSessionWritten(written: unknown): boolean {
  return typeof written === 'object' && written !== null && 'session' in written
}

function sessionProblem({ on, extras }: Step): string | undefined {
  if (on === undefined) return 'a session is one connection to one node: say which, with `on`'
  if (extras.error === undefined) return undefined
  return 'an error belongs to one command of a session: give it there, as `{ redis: GET a, error: MOVED }`'
}

/** With names filled in where replies are expected. */
function filledSession(commands: readonly SessionCommand[], { names }: StepContext): SessionCommand[] {
  return commands.map(({ command, expect, error }) => ({
    command,
    ...(expect !== undefined && { expect: expectedReply.parse(fillIn(expect, names)) }),
    ...(error !== undefined && { error: String(fillIn(error, names)) }),
  }))
}

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

/** Sends until the reply is as expected. A session begins anew each time. */
async function askUntil(
  commands: readonly string[][],
  session: readonly SessionCommand[] | undefined,
  context: StepContext,
  { expect, error }: Extras,
): Promise<{ reply: Reply; outcome: StepResult }> {
  let reply: Reply = { asked: [] }
  const look = async () => {
    const found = session ? await lookAtSession(commands, session, expect, context) : undefined
    reply = found?.reply ?? (await ask(commands[0] ?? [], context))
    const seen = found?.seen ?? describeReply(reply)
    context.progress(seen)
    return { ok: found?.ok ?? isExpected(reply, expect, error), seen }
  }
  const { withinMs = 0, forMs = 0 } = context.step
  const result = await poll(look, { clock: context.clock, signal: context.signal, withinMs, forMs, everyMs: EVERY_MS })
  const sent = commands.map((words) => commandText(words)).join(', ')
  const expected = `${sent} to give ${expectedText(expect, error)}`
  if (!result.ok && !result.blind) throw explained(failedPoll(expected, result, context), reply)
  await assertKnown(expected, result, context)
  const kept = { note: result.lastSeen, reply: keptOf(reply) }
  const times = { attempts: result.attempts, trueAfterMs: result.trueAfterMs ?? 0, lastSeen: result.lastSeen }
  return { reply, outcome: withinMs > 0 || forMs > 0 ? { ...times, ...kept } : kept }
}

async function lookAtSession(
  commands: readonly string[][],
  session: readonly SessionCommand[],
  expect: Extras['expect'],
  context: StepContext,
): Promise<{ ok: boolean; seen: string; reply: Reply }> {
  const node = await context.resolveOne(context.step.on ?? '')
  const value = await sendSession(commands, node, context)
  const wrong =
    expect === undefined ? unexpectedReplies(session, value) : replyMatches(value, expect) ? [] : [replyText(value)]
  const seen = `${node}: ${wrong.length > 0 ? wrong.join('; ') : replyText(value)}`
  const error = value.find((each) => each instanceof Error)
  return { ok: wrong.length === 0, seen, reply: { value, asked: [node], ...(error && wrong.length > 0 && { error }) } }
}

function keptOf({ value, error }: Reply): string {
  return keptReply(value === undefined ? error : value)
}

/** A server that refuses a command for who sends it says so in words of its own. The reply is kept. */
function explained(failure: StepFailure, reply: Reply): StepFailure {
  const outcome = { ...failure.outcome, reply: keptOf(reply) }
  const isRefused = reply.error !== undefined && isRefusedByServer(reply.error.message)
  return new StepFailure(isRefused ? { ...failure.error, hint: REFUSED_BY_SERVER } : failure.error, outcome)
}

function isExpected(reply: Reply, expect: Extras['expect'], error: string | undefined): boolean {
  const came = reply.error ?? reply.value
  if (error !== undefined) return replyMatches(came, { error })
  return expect === undefined ? reply.error === undefined : replyMatches(came, expect)
}

function expectedText(expect: Extras['expect'], error: string | undefined): string {
  if (error !== undefined) return expectedErrorText(error)
  return expect === undefined ? 'a reply without an error' : expectedReplyText(expect)
}
