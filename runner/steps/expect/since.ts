import { z } from 'zod'
import type { Mark } from '../lookback.ts'
import { type StepContext, StepFailure } from '../verb.ts'

/** The key that says from when on something is asked. */
export const since = z.string().min(1).describe('From when on: the name of a phase, or of a step, that began before')

/** ` since outage`, or nothing. */
export function sinceText(from: string | undefined): string {
  return from === undefined ? '' : ` since ${JSON.stringify(from)}`
}

/** What was so then. Throws StepFailure for a step that was not played. */
export function markOf(from: string, { lookback }: StepContext): Mark {
  const mark = lookback.since(from)
  if (mark) return mark
  throw new StepFailure({
    message: `no step that was played begins the phase ${JSON.stringify(from)} or has this name`,
    hint: 'It was skipped, or comes later.',
  })
}
