import { z } from 'zod'

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

/** What a reply should be: an exact value, a list, or a bound. */
export const expectedReply = z.union([
  scalar,
  z.array(z.unknown()),
  z.strictObject({
    contains: z.union([z.string(), z.number()]).describe('A part of the text, or an element of the list'),
  }),
  z.strictObject({ at_least: z.number() }),
  z.strictObject({ at_most: z.number() }),
])

export type ExpectedReply = z.infer<typeof expectedReply>

/** Whether a server's reply is as expected. Numbers and texts compare by their text, as RESP2 does not tell them apart. */
export function replyMatches(reply: unknown, expected: ExpectedReply): boolean {
  if (expected === null) return reply === null
  if (Array.isArray(expected)) {
    return (
      Array.isArray(reply) &&
      reply.length === expected.length &&
      expected.every((item, i) => replyMatches(reply[i], item as ExpectedReply))
    )
  }
  if (typeof expected === 'object') {
    if ('contains' in expected) return containsPart(reply, String(expected.contains))
    const number = reply === null || Array.isArray(reply) || reply === '' ? Number.NaN : Number(reply)
    return 'at_least' in expected ? number >= expected.at_least : number <= expected.at_most
  }
  return reply !== null && !Array.isArray(reply) && String(reply) === String(expected)
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
    return 'at_least' in expected ? `at least ${expected.at_least}` : `at most ${expected.at_most}`
  }
  return replyText(expected)
}

const SHOWN_LENGTH = 200

/** A reply as redis-cli would name it: `"value"`, `(nil)`, `[1, "a"]`; long ones are cut. */
export function replyText(reply: unknown): string {
  const text = reply === null || reply === undefined ? '(nil)' : JSON.stringify(reply)
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}… (${text.length} characters)` : text
}
