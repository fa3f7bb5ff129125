import { formatDuration } from '../base/duration.ts'
import type { PollResult } from '../base/poll.ts'
import { plural } from '../base/text.ts'
import { type StepContext, StepFailure } from './verb.ts'

/** The failure of a poll that ended without its condition: what was expected, last seen, for how long, how often. */
export function failedPoll(
  expected: string,
  result: PollResult,
  context: StepContext,
  reasons: readonly string[] = [],
): StepFailure {
  const { withinMs = 0, forMs = 0 } = context.step
  const looks = `${plural(result.attempts, 'look')} in ${formatDuration(result.elapsedMs)}`
  const limit = withinMs > 0 ? `, limit ${formatDuration(withinMs)}` : ''
  const broke =
    result.brokeAfterMs === undefined
      ? []
      : [`it was so for ${formatDuration(result.brokeAfterMs)}, but had to hold for ${formatDuration(forMs)}`]
  const [first, ...others] = reasons
  const why = first === undefined ? '' : `, but ${first}`
  const error = {
    message: `expected ${expected}${why}; last seen: ${result.lastSeen}`,
    details: [...others, ...broke, `looked: ${looks}${limit}`],
  }
  const once = withinMs === 0 && forMs === 0
  return new StepFailure(
    once
      ? { ...error, hint: 'It was asked once. If it needs time to become true, add within: 10s to the step.' }
      : error,
    {
      attempts: result.attempts,
      lastSeen: result.lastSeen,
    },
  )
}
