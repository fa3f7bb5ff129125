import { z } from 'zod'
import { parseDuration } from '../record/duration.ts'

/** A duration as text, `250ms`, `15s`, `2m`; checked here, turned into ms by whoever uses it. */
export const duration = z
  .string()
  .superRefine((text, refinement) => {
    if (parseDuration(text) === undefined) {
      refinement.addIssue({ code: 'custom', message: `\`${text}\` is not a duration; write it as 250ms, 15s or 2m` })
    }
  })
  .describe('A duration: 250ms, 15s, 2m')

/** Milliseconds of a text that `duration` accepted. */
export function durationMs(text: string): number {
  return parseDuration(text) ?? 0
}
