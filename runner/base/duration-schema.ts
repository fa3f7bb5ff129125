import { z } from 'zod'
import { parseDuration } from './duration.ts'
import { numberUpTo } from './number-pattern.ts'

const LONGEST_MS = 24 * 3_600_000

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const FORMS = Object.entries(UNITS_MS).map(([unit, unitMs]) => `${numberUpTo(LONGEST_MS / unitMs)}${unit}`)

/** A duration as text, `250ms`, `15s`, `2m`; checked here, turned into ms by whoever uses it. */
export const duration = z
  .string()
  .superRefine((text, refinement) => {
    const parsedMs = parseDuration(text)
    if (parsedMs !== undefined && parsedMs > LONGEST_MS) {
      refinement.addIssue({ code: 'custom', message: `\`${text}\` is too long; the longest is 24h` })
    }
    if (parsedMs === undefined) {
      refinement.addIssue({ code: 'custom', message: `\`${text}\` is not a duration; write it as 250ms, 15s or 2m` })
    }
  })
  .meta({
    title: 'Duration',
    description: 'A duration: 250ms, 15s, 2m',
    pattern: `^(?:${FORMS.join('|')})$`,
    examples: ['250ms', '5s', '15s', '2m'],
  })

/** Milliseconds of a text that `duration` accepted. */
export function durationMs(text: string): number {
  return parseDuration(text) ?? 0
}
