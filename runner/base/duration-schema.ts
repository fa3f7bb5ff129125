import { z } from 'zod'
import { parseDuration } from './duration.ts'

const LONGEST_MS = 24 * 3_600_000

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
  .describe('A duration: 250ms, 15s, 2m')

/** Milliseconds of a text that `duration` accepted. */
export function durationMs(text: string): number {
  return parseDuration(text) ?? 0
}
