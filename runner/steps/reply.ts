import { z } from 'zod'
import { boundsText } from './bounds.ts'

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const least = z.number().describe('The smallest number that it may be')
const most = z.number().describe('The largest number that it may be')

const contains = z.strictObject({
  contains: z.union([z.string(), z.number()]).describe('A part of the text, or an element of the list'),
})

const anyError = z.strictObject({ error: z.string().min(1).describe('An error: how its text begins, as ASK') })

const single = [
  scalar,
  z.array(z.unknown()),
  contains,
  z.strictObject({ at_least: least, at_most: most.optional() }),
  z.strictObject({ at_most: most }),
] as const

/** What a reply should be: an exact value, a list, or a bound; or one of several. */
export const expectedReply = z
  .union([
    ...single,
    z.strictObject({
      any_of: z
        .array(z.union([...single, anyError]))
        .min(1)
        .describe('One of these: values, lists, contains, at_least, at_most, or { error: … }'),
    }),
  ])
  .meta({
    title: 'Reply',
    description: 'What a reply must be: a value, a list, or contains, at_least, at_most, any_of',
  })

export type ExpectedReply = z.infer<typeof expectedReply>

/** What may be said of one reply among several: of a list, of a session, of `any_of`. */
type ExpectedItem = ExpectedReply | z.infer<typeof anyError>

const expectedItem = z.union([expectedReply, anyError])

/**
 * Whether a server's reply is as expected; an error stands for itself. Numbers and texts compare by their text, as RESP2
 * does not tell them apart.
 */
export function replyMatches(reply: unknown, expected: ExpectedItem): boolean {
  if (isOf(expected, 'any_of')) return expected.any_of.some((one) => replyMatches(reply, one))
  if (isOf(expected, 'error')) return reply instanceof Error && reply.message.startsWith(expected.error)
  if (reply instanceof Error) return false
  if (expected === null) return reply === null
  if (Array.isArray(expected)) {
    return (
      Array.isArray(reply) &&
      reply.length === expected.length &&
      expected.every((item, i) => {
        const parsed = expectedItem.safeParse(item)
        return parsed.success && replyMatches(reply[i], parsed.data)
      })
    )
  }
  if (isOf(expected, 'contains')) return containsPart(reply, String(expected.contains))
  if (typeof expected === 'object') {
    const number = reply === null || Array.isArray(reply) || reply === '' ? Number.NaN : Number(reply)
    const { at_least = Number.NEGATIVE_INFINITY, at_most = Number.POSITIVE_INFINITY } = bounds(expected)
    return number >= at_least && number <= at_most
  }
  return reply !== null && !Array.isArray(reply) && String(reply) === String(expected)
}

function isOf<Key extends string>(
  expected: ExpectedItem,
  key: Key,
): expected is Extract<ExpectedItem, Record<Key, unknown>> {
  return typeof expected === 'object' && expected !== null && key in expected
}

interface Bounds {
  at_least?: number | undefined
  at_most?: number | undefined
}

function bounds(expected: Bounds): Bounds {
  return expected
}

function containsPart(reply: unknown, part: string): boolean {
  if (Array.isArray(reply))
    return reply.some((item) => (Array.isArray(item) ? containsPart(item, part) : String(item) === part))
  return reply !== null && String(reply).includes(part)
}

/** An expectation of a reply in words. */
export function expectedReplyText(expected: ExpectedItem): string {
  if (isOf(expected, 'any_of')) return expected.any_of.map(expectedReplyText).join(' or ')
  if (isOf(expected, 'error')) return expectedErrorText(expected.error)
  if (isOf(expected, 'contains')) return `a reply that contains ${JSON.stringify(expected.contains)}`
  if (expected !== null && typeof expected === 'object' && !Array.isArray(expected)) return boundsText(bounds(expected))
  return replyText(expected)
}

export function expectedErrorText(error: string): string {
  return `the error ${error}`
}

const SHOWN_LENGTH = 200

/** A reply as redis-cli would name it: `"value"`, `(nil)`, `[1, "a"]`; long ones are cut. */
export function replyText(reply: unknown): string {
  const text = wholeReply(reply) ?? '(nil)'
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)` : text
}

/** What of a reply is kept in the record at most, characters. */
const MOST_KEPT = 100_000

/** A reply as the record keeps it: JSON, `{"error":…}` for an error; the first 100,000 characters of a longer one. */
export function keptReply(reply: unknown): string {
  const text = reply instanceof Error ? JSON.stringify({ error: reply.message }) : (wholeReply(reply) ?? 'null')
  return text.length > MOST_KEPT ? `${text.slice(0, MOST_KEPT)}… (${text.length} characters)` : text
}

function wholeReply(reply: unknown): string | undefined {
  if (reply === null || reply === undefined) return undefined
  if (reply instanceof Error) return reply.message
  return JSON.stringify(reply, (_, value) => (value instanceof Error ? { error: value.message } : value))
}
