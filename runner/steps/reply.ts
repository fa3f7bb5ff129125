import { z } from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const least = z.number().describe('The smallest number that it may be')
const most = z.number().describe('The largest number that it may be')

/** What a reply should be: an exact value, a list, or a bound. */
export const expectedReply = z
  .union([
    scalar,
    z.array(z.unknown()),
    z.strictObject({
      contains: z.union([z.string(), z.number()]).describe('A part of the text, or an element of the list'),
    }),
    z.strictObject({ at_least: least, at_most: most.optional() }),
    z.strictObject({ at_most: most }),
  ])
  .meta({ title: 'Reply', description: 'What a reply must be: a value, a list, or contains, at_least, at_most' })

export type ExpectedReply = z.infer<typeof expectedReply>

/**
 * Whether a server's reply is as expected. Numbers and texts compare by their text, as RESP2 does not tell them apart.
 */
export function replyMatches(reply: unknown, expected: ExpectedReply): boolean {
  if (expected === null) return reply === null
  if (Array.isArray(expected)) {
    return (
      Array.isArray(reply) &&
      reply.length === expected.length &&
      expected.every((item, i) => isExpectedReply(item) && replyMatches(reply[i], item))
    )
  }
  if (typeof expected === 'object') {
    if ('contains' in expected) return containsPart(reply, String(expected.contains))
    const number = reply === null || Array.isArray(reply) || reply === '' ? Number.NaN : Number(reply)
    const { at_least = Number.NEGATIVE_INFINITY, at_most = Number.POSITIVE_INFINITY } = bounds(expected)
    return number >= at_least && number <= at_most
  }
  return reply !== null && !Array.isArray(reply) && String(reply) === String(expected)
}

function isExpectedReply(value: unknown): value is ExpectedReply {
  return expectedReply.safeParse(value).success
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
export function expectedReplyText(expected: ExpectedReply): string {
  if (expected !== null && typeof expected === 'object' && !Array.isArray(expected)) {
    if ('contains' in expected) return `a reply that contains ${JSON.stringify(expected.contains)}`
    const { at_least, at_most } = bounds(expected)
    const parts = [at_least !== undefined && `at least ${at_least}`, at_most !== undefined && `at most ${at_most}`]
    return parts.filter(Boolean).join(' and ')
  }
  return replyText(expected)
}

const SHOWN_LENGTH = 200

/** A reply as redis-cli would name it: `"value"`, `(nil)`, `[1, "a"]`; long ones are cut. */
export function replyText(reply: unknown): string {
  const text = reply === null || reply === undefined ? '(nil)' : JSON.stringify(reply)
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)` : text
}
