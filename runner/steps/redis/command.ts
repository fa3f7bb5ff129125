import { z } from 'zod'
import { messageOf } from '../../base/errors.ts'
import { commandText, commandWords } from '../command-words.ts'

/** Commands that mean something on a connection of one's own: what they change ends with it. */
const OF_SESSIONS = [
  ...['READONLY', 'READWRITE', 'ASKING', 'MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH', 'SELECT'],
  ...['CLIENT SETNAME', 'CLIENT NO-EVICT', 'CLIENT NO-TOUCH'],
]

/**
 * Commands that change what a connection is, and so what later commands on it would mean: the runner's connections are
 * shared by all steps.
 */
const CHANGES_THE_CONNECTION: ReadonlySet<string> = new Set([
  ...OF_SESSIONS,
  ...['SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE', 'UNSUBSCRIBE', 'PUNSUBSCRIBE', 'SUNSUBSCRIBE', 'MONITOR'],
  ...['QUIT', 'RESET', 'HELLO', 'AUTH', 'SYNC', 'PSYNC', 'REPLCONF', 'SCRIPT DEBUG'],
  ...['CACHING', 'CAPA', 'IMPORT-SOURCE', 'KILL', 'REPLY', 'SETINFO', 'TRACKING'].map((word) => `CLIENT ${word}`),
])

/** Where a command is to be sent: over a connection that all steps share, or over one of its own. */
type Over = 'shared' | 'own'

/** Why a command cannot be sent; undefined if it can. */
export function commandProblem(words: readonly string[], over: Over = 'shared'): string | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase())
  if (first === '') return 'a command is missing'
  const name = [first, `${first} ${second}`].find((candidate) => CHANGES_THE_CONNECTION.has(candidate))
  if (name === undefined) return undefined
  if (!OF_SESSIONS.includes(name))
    return `${name} changes the connection${over === 'own' ? '' : ', which the runner shares among steps'}, so it cannot be sent`
  if (over === 'own') return undefined
  return `${name} changes the connection, which the runner shares among steps, so it cannot be sent alone: with what comes after it, it is a session, \`redis: { session: [${name}, …] }\``
}

/** A command as a scenario writes it: one text, or a list of words. */
export type Written = string | (string | number)[]

export function wordsOf(command: Written): string[] {
  return Array.isArray(command) ? command.map(String) : commandWords(command)
}

export function textOfCommand(command: Written): string {
  return Array.isArray(command) ? commandText(command) : command
}

/** What is accepted as a command that is sent in this way. */
export function commandSchema(over: Over) {
  const check = (command: Written, refinement: z.RefinementCtx): void => {
    // An empty list is told by its own schema.
    if (command.length === 0 && Array.isArray(command)) return
    try {
      const problem = commandProblem(wordsOf(command), over)
      if (problem !== undefined) refinement.addIssue({ code: 'custom', message: problem })
    } catch (error) {
      refinement.addIssue({ code: 'custom', message: messageOf(error) })
    }
  }
  const list = z.array(z.union([z.string(), z.number()])).min(1)
  return z.union([z.string().superRefine(check), list.superRefine(check)])
}
