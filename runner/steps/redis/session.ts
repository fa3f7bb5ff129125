import { z } from 'zod'
import type { Command } from '../../cluster/node-client.ts'
import { expectedErrorText, expectedReply, expectedReplyText, replyMatches, replyText } from '../reply.ts'
import type { StepContext } from '../verb.ts'
import { administers } from './administers.ts'
import { commandSchema, textOfCommand, type Written, wordsOf } from './command.ts'
import { TRY_TIMEOUT_MS } from './send.ts'

const command = commandSchema('own')

const withReply = z
  .strictObject({
    redis: command.describe('The command'),
    expect: expectedReply.optional().describe('The reply that it must get'),
    error: z.string().min(1).optional().describe('The error that it must get: how its text begins'),
  })
  .superRefine(({ expect, error }, refinement) => {
    if (expect === undefined || error === undefined) return
    refinement.addIssue({
      code: 'custom',
      message: 'a reply is an error or a value: give `expect` or `error`',
      path: ['error'],
    })
  })
  .meta({ not: { required: ['error', 'expect'] } })

/** Commands of one connection, as a scenario writes them. */
export const sessionSchema = z.strictObject({
  session: z
    .array(z.union([command, withReply]))
    .min(1)
    .describe(
      'Commands that are sent over one connection of their own, in order: READONLY, ASKING, MULTI and EXEC, WATCH; or { redis, expect }, { redis, error } where a reply matters',
    ),
})

type SessionArg = z.infer<typeof sessionSchema>

export interface SessionCommand {
  command: Written
  expect?: z.infer<typeof expectedReply> | undefined
  error?: string | undefined
}

export function commandsOf({ session }: SessionArg): SessionCommand[] {
  return session.map((item) =>
    typeof item === 'string' || Array.isArray(item)
      ? { command: item }
      : { command: item.redis, expect: item.expect, error: item.error },
  )
}

/** `READONLY, GET a in one session`. */
export function sessionText(arg: SessionArg): string {
  return `${commandsOf(arg)
    .map(({ command }) => textOfCommand(command))
    .join(', ')} in one session`
}

/**
 * Sends commands to one node over a connection of their own, in one go; a reply or an error for each. Never rejects for
 * what the server says. They are sent by the user who has few rights: what follows a MULTI shows not what it does.
 */
export async function sendSession(commands: readonly (readonly string[])[], node: string, context: StepContext) {
  const connection = context.cluster.connectScenario(node)
  const sent = commands.map(([command = '', ...args]): Command => [command, ...args])
  try {
    return await connection.pipeline(sent, TRY_TIMEOUT_MS)
  } finally {
    connection.close()
  }
}

/** What of a session's replies is not as it must be, a sentence for each; an error that nobody expects is among them. */
export function unexpectedReplies(commands: readonly SessionCommand[], replies: readonly unknown[]): string[] {
  return commands.flatMap(({ command, expect, error }, place) => {
    const reply = replies[place]
    const isRight =
      error !== undefined
        ? replyMatches(reply, { error })
        : expect === undefined
          ? !(reply instanceof Error)
          : replyMatches(reply, expect)
    if (isRight) return []
    const expected =
      error !== undefined ? expectedErrorText(error) : expect === undefined ? 'no error' : expectedReplyText(expect)
    return [`${textOfCommand(command)} gave ${replyText(reply)}, and not ${expected}`]
  })
}

/** Why a session cannot hold a command that a step of its own can send; undefined if it can. */
export function sessionRefusal(words: readonly string[]): string | undefined {
  const name = administers(words)
  return name === undefined ? undefined : `${name} is no part of a session: send it in a step of its own`
}

/** The words of each command, with names filled in by `fill`. */
export function wordsOfSession(arg: SessionArg, fill: (word: string) => string): string[][] {
  return commandsOf(arg).map(({ command }) => wordsOf(command).map(fill))
}
