import { z } from 'zod'

/**
 * What the values of a record must be, whoever wrote it: times and counts that can be reckoned with, and lists that can
 * be gone through. A record of a hundred years, or of more nodes than a cluster can have, was not recorded.
 */

const MOST_MS = 100 * 365 * 24 * 3_600_000

/** Every field that a type has, and what it must be; fields of later versions are let through. */
export function fields<T>(own: { [Field in keyof T]-?: z.ZodType }): z.ZodType {
  return z.looseObject(own)
}

export const text = z.string()
export const texts = z.array(text)
export const yes = z.boolean()
/** On the clock of the events, or a duration; clocks that were compared may put what comes first before the start. */
export const ms = z.number().min(-MOST_MS).max(MOST_MS)
/** ms since the epoch. */
export const wallMs = z
  .number()
  .min(0)
  .max(1000 * MOST_MS)
/** JSON has no infinity: what has no limit comes back as null. */
export const limitMs = ms.nullable()
export const number = z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)
export const count = number.min(0)
/** The place of a scenario or step in its run. */
export const place = z.int().min(0).max(100_000)
/** Nodes and shards: as many as there are slots at most. */
export const shard = z.int().min(0).max(16_384)
export const slot = z.int().min(0).max(16_383)
/** UTC time, ISO 8601. */
export const instant = text.refine(
  (written) => wallMs.safeParse(Date.parse(written)).success,
  'a time as ISO 8601 writes it',
)

export const textsByName = z.record(text, text)
export const values = z.record(text, z.unknown())
export const valuesByName = z.record(text, values)

export function some(item: z.ZodType): z.ZodType {
  return z.array(item)
}

export function few(item: z.ZodType): z.ZodType {
  return z.array(item).max(16_384)
}

export function maybe(value: z.ZodType): z.ZodType {
  return value.exactOptional()
}

/** What is wrong with a value that was read, and where inside it; undefined when nothing is. */
export function problemWith(value: unknown, shape: z.ZodType): string | undefined {
  const odd = oddity(value, 0)
  if (odd !== undefined) return sentence(odd.path, odd.why)
  const [issue] = shape.safeParse(value).error?.issues ?? []
  if (issue === undefined) return undefined
  return sentence(issue.path, `expected ${expected(issue)}, found ${shown(at(value, issue.path))}`)
}

function sentence(path: readonly PropertyKey[], why: string): string {
  return path.length === 0 ? why : `at ${path.map(String).join('.')}: ${why}`
}

/** Deeper than anything that is recorded; what goes through a value must not run out of stack. */
const DEEPEST = 40

/** What JSON can write and no run records: values in values without end, and numbers beyond all bounds. */
function oddity(value: unknown, depth: number): { path: PropertyKey[]; why: string } | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return { path: [], why: 'this number is beyond all bounds' }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= DEEPEST) return { path: [], why: `this is nested more than ${DEEPEST} deep` }
  for (const [key, inner] of Object.entries(value)) {
    const found = oddity(inner, depth + 1)
    if (found !== undefined) return { path: [key, ...found.path], why: found.why }
  }
  return undefined
}

function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length > MOST_CHOICES ? 'one of its words' : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return issue.origin === 'array' ? `${issue.minimum} at least` : `a number from ${issue.minimum} on`
    case 'too_big':
      return issue.origin === 'array' ? `${issue.maximum} items at most` : `a number up to ${issue.maximum}`
    default:
      return issue.message
  }
}

const MOST_CHOICES = 8
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a group of names and values',
  record: 'a group of names and values',
}

const LONGEST = 60

/** A value for people, in short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a group of names and values'
  const written = JSON.stringify(value)
  return written.length > LONGEST ? `${written.slice(0, LONGEST)}…` : written
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<PropertyKey, unknown>)[step]
        : undefined,
    value,
  )
}
