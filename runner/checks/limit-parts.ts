import { z } from 'zod'
import { AT_MOST, atMostText, count, durationText, type ShardChoice, scopeText } from './limits.ts'

/** A limit that is a number alone, or a number with more keys that say what is counted. */
export function countWith<Keys extends z.core.$ZodLooseShape>(keys: Keys) {
  return z.union([count, z.strictObject({ at_most: count.describe(AT_MOST), ...keys })])
}

/** How long it takes until something counts; `meaning` is said with the default, `2s`. */
export function afterKey(meaning: string, otherwise: string) {
  return durationText.optional().describe(`${meaning}; ${otherwise} unless given`)
}

type Short = number | string

/** A limit with its parts: one that is written short is its `at_most`. All other parts of a limit may be left out. */
export function partsOf<Limit extends Short | { at_most: Short }>(limit: Limit): Exclude<Limit, Short>
export function partsOf(limit: Short | { at_most: Short }): { at_most: Short } {
  return typeof limit === 'object' ? limit : { at_most: limit }
}

/** A limit of a time in words: `at most 2.00 s, touched shards`. */
export function timeText(
  limit: string | { at_most: string; during?: string | undefined; shards?: ShardChoice | undefined },
): string {
  return typeof limit === 'string' ? atMostText(limit) : `${atMostText(limit.at_most)}${scopeText(limit)}`
}
