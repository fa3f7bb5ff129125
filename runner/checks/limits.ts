import { z } from 'zod'
import { formatDuration, parseDuration } from '../base/duration.ts'
import { numberUpTo } from '../base/number-pattern.ts'
import { LIMIT_CLASSES } from '../record/history-codes.ts'
import { comparisonKeys, comparisonText, HALF_A_COMPARISON, isWholeComparison, WHOLE_COMPARISON } from './comparison.ts'

/**
 * How limits are written. They stay as written, so that a schema for editors can be made of them; the functions below
 * read them.
 */

const during = z.string().min(1).optional().describe('Only what began in this phase of the scenario')

export const shards = z
  .union([z.enum(['touched', 'untouched']), z.array(z.int().min(1)).min(1)])
  .optional()
  .describe('Only these shards: touched by a fault, untouched, or by number')

export type ShardChoice = 'touched' | 'untouched' | number[]

/** The key that makes a limit of an amount. */
export const AT_MOST = 'The most that there may be'

export const count = z.int().min(0).meta({ title: 'Count', description: 'A whole number, 0 or more' })

export const durationText = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, {
    error: ({ input }) => `\`${input}\` is not a duration; write it as 250ms, 15s or 2m`,
  })
  .meta({
    title: 'Duration as a limit',
    description: 'A duration: 250ms, 15s, 2m',
    pattern: '^\\d+(?:\\.\\d+)?(?:ms|s|m|h)$',
    examples: ['250ms', '2s', '15s', '2m'],
  })

export const percentage = z
  .string()
  .regex(/^\d+(\.\d+)?%$/, { error: ({ input }) => `\`${input}\` is not a share; write it as 0% or 2.5%` })
  .refine((text) => Number.parseFloat(text) <= 100, {
    error: ({ input }) => `${input} is no share of anything: it must be at most 100%`,
  })
  .meta({
    title: 'Share as a limit',
    description: 'A share: 0%, 2.5%',
    pattern: `^${numberUpTo(100)}%$`,
    examples: ['0%', '1%', '2.5%'],
  })

const rate = z
  .string()
  .regex(/^\d+(\.\d+)?\/(s|m|h)$/, { error: ({ input }) => `\`${input}\` is not a rate; write it as 500/s` })
  .meta({ title: 'Rate as a limit', description: 'A rate: 500/s', examples: ['500/s', '30/m'] })

export const countLimit = z
  .union([
    count,
    z
      .strictObject({ at_most: count.describe(AT_MOST), during, ...comparisonKeys })
      .refine(isWholeComparison, HALF_A_COMPARISON)
      .meta(WHOLE_COMPARISON),
  ])
  .meta({ title: 'Limit of a count', description: 'How many there may be: a number; or how many, and where it counts' })
export type CountLimit = z.infer<typeof countLimit>

export const durationLimit = z
  .union([
    durationText,
    z.strictObject({
      at_most: durationText.describe('A duration: 250ms, 15s, 2m; the longest that it may be'),
      during,
    }),
  ])
  .meta({ title: 'Limit of a time', description: 'How long it may be: a duration; or how long, and where it counts' })
export type DurationLimit = z.infer<typeof durationLimit>

/** Whatever else a driver calls an error is counted as `other`: no class but these can ever be found. */
export const errorClassKey = z
  .enum(LIMIT_CLASSES)
  .optional()
  .meta({
    description: 'Only errors of this class: CLUSTERDOWN, timeout, …',
    examples: ['CLUSTERDOWN', 'READONLY', 'LOADING', 'MISCONF', 'refused', 'timeout', 'closed'],
  })

export const shareLimit = z
  .union([
    percentage,
    z.strictObject({
      at_most: percentage.describe('A share: 0%, 2.5%; the largest that there may be'),
      during,
      class: errorClassKey,
    }),
  ])
  .meta({ title: 'Limit of a share', description: 'How large a share may be; or how large, and where it counts' })
export type ShareLimit = z.infer<typeof shareLimit>

export const rateLimit = z
  .union([rate, z.strictObject({ at_least: rate.describe('A rate: 500/s; the lowest that it may be'), during })])
  .meta({ title: 'Limit of a rate', description: 'How low a rate may be; or how low, and where it counts' })
export type RateLimit = z.infer<typeof rateLimit>

/** A property that must hold. */
export const mustHold = z.literal(true).describe('It must hold')

export { during as duringKey }

/** The same of what lasts: of an outage that reaches beyond the phase, the part within it. */
export const withinKey = during.describe('Only what lies within this phase of the scenario')

/** Milliseconds of a text that `durationText` accepted. */
export function durationOf(text: string): number {
  return parseDuration(text) ?? 0
}

/** 0–1, of a text that `percentage` accepted. */
export function shareOf(text: string): number {
  return Number.parseFloat(text) / 100
}

/** Per second, of a text that `rate` accepted. */
export function rateOf(text: string): number {
  const perUnit = Number.parseFloat(text)
  if (text.endsWith('/m')) return perUnit / 60
  return text.endsWith('/h') ? perUnit / 3600 : perUnit
}

/** Where and when a limit counts, in words: ` during recovery, touched shards`. */
export function scopeText({
  during,
  shards,
  against,
}: {
  during?: string | undefined
  shards?: ShardChoice | undefined
  against?: string | undefined
}): string {
  const when = during === undefined ? '' : ` during ${during}`
  const which = Array.isArray(shards)
    ? `, shard ${shards.join(', ')}`
    : shards === undefined
      ? ''
      : `, ${shards} shards`
  return `${when}${which}${comparisonText({ against })}`
}

export function atMostText(most: string | number): string {
  return typeof most === 'number' || most.endsWith('%')
    ? `at most ${most}`
    : `at most ${formatDuration(durationOf(most))}`
}

/** A count limit with its parts. */
export function countOf(limit: CountLimit): Exclude<CountLimit, number> {
  return typeof limit === 'number' ? { at_most: limit } : limit
}

export function countText(limit: CountLimit): string {
  return typeof limit === 'number' ? String(limit) : `${atMostText(limit.at_most)}${scopeText(limit)}`
}

/** A property that must hold, with its parts. */
export const propertyLimit = z
  .union([mustHold, z.strictObject({ during })])
  .meta({ title: 'Property', description: 'That it must hold: true; or the phase in which it must' })
export type PropertyLimit = z.infer<typeof propertyLimit>

export function propertyText(limit: PropertyLimit): string {
  return limit === true ? 'always' : scopeText(limit).trim()
}

/** What limits are made of. */
export const limitForms: readonly z.ZodType[] = [count, durationText, percentage, rate]
