import { formatDuration } from '../base/duration.ts'
import type { PollResult } from '../base/poll.ts'
import type { Reason } from '../cluster/reason.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** What to do where a step asks once. */
export const ASKED_ONCE = 'It was asked once. If it needs time to become true, add within: 10s to the step.'

/**
 * The failure of a poll that ended without its condition: why, as far as it is known, what was expected, and what was
 * last seen. What to do follows from the first reason, where it says, else from `advice`.
 */
export function failedPoll(
  expected: string,
  { brokeAfterMs, lastSeen, attempts }: PollResult,
  { step: { withinMs = 0, forMs = 0 } }: StepContext,
  reasons: readonly Reason[] = [],
  advice?: string,
): StepFailure {
  const broke =
    brokeAfterMs === undefined
      ? []
      : [`it was so for ${formatDuration(brokeAfterMs)}, but had to hold for ${formatDuration(forMs)}`]
  const [cause, ...others] = reasons
  const details = [...others.map(({ text }) => text), ...broke]
  const once = withinMs === 0 && forMs === 0 ? [ASKED_ONCE] : []
  const hint = cause?.hint ?? ([...(advice === undefined ? [] : [advice]), ...once].join(' ') || undefined)
  const error = {
    message: [cause?.text, `expected ${expected}`, `last seen: ${lastSeen}`]
      .filter((part) => part !== undefined)
      .join('; '),
    ...(cause !== undefined && { cause: cause.text }),
    expected,
    ...(details.length > 0 && { details }),
    ...(hint !== undefined && { hint }),
  }
  return new StepFailure(error, { attempts, lastSeen })
}
