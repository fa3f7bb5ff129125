import { type ErrorClass, errorClass } from '../../cluster/reply-errors.ts'
import { REPLY_ERRORS } from '../../record/history-codes.ts'
import type { Reply } from '../client/operation.ts'
import type { DriverReply, Outcome } from './protocol.ts'

const CLASSES: ReadonlySet<string> = new Set<ErrorClass>([...REPLY_ERRORS, 'refused', 'closed', 'timeout'])

/** A reply as a driver tells it, as a server gives it: texts as bytes. */
export function replyOf(told: DriverReply): Reply {
  if (typeof told === 'string') return Buffer.from(told)
  if (typeof told === 'boolean') return Number(told)
  if (told === null || typeof told === 'number') return told
  return Array.isArray(told) ? told.map(replyOf) : new Error(told.error)
}

/** What kind of failure it was: by the driver's own word, else by the first word of what its client says. */
export function classOf({ class: word, text }: Exclude<Outcome, { type: 'ok' }>): ErrorClass {
  if (word !== undefined && CLASSES.has(word)) return word as ErrorClass
  return text === undefined ? 'other' : errorClass(new Error(text))
}
