import { formatDuration } from '../base/duration.ts'
import type { PollResult } from '../base/poll.ts'
import type { LogObservation } from '../record/observations.ts'
import { doubtOfTime, stallText } from './hindsight.ts'
import { type StepContext, StepFailure, StepInconclusive } from './verb.ts'

/** Lines of logs are read this much later than they were written, ms: followers look every 50 ms. */
const LOG_LAG_MS = 150

/**
 * Throws where a poll that found its condition true cannot know it: StepFailure if a line of a log tells that it was
 * broken while it had to hold, StepInconclusive if the runner stood still when it mattered. `contradicts` says which
 * lines tell so.
 */
export async function assertKnown(
  expected: string,
  result: PollResult,
  context: StepContext,
  contradicts: (line: LogObservation) => boolean = () => false,
): Promise<void> {
  const { clock, hindsight, signal } = context
  const { attempts, lastSeen, blind, heldFromMs, ok } = result
  const seen = { attempts, lastSeen }
  if (blind) await clock.sleep(LOG_LAG_MS, signal)
  const fromMs = heldFromMs ?? blind?.fromMs
  const line = fromMs === undefined ? undefined : hindsight.logged(fromMs, clock.nowMs()).find(contradicts)
  if (line) throw new StepFailure({ message: `expected ${expected}; it was not so all the time: ${told(line)}` }, seen)
  if (!blind) return
  const hold = `and that for ${formatDuration(context.step.forMs ?? 0)}; nobody can say that it held in between`
  const doubt = ok ? await doubtOfTime(blind, hindsight) : `${hold}: ${stallText(blind, hindsight)}`
  if (doubt !== undefined) throw new StepInconclusive({ message: `expected ${expected}, ${doubt}` }, seen)
}

function told({ node, text }: LogObservation): string {
  return `meanwhile ${node} logged "${text}"`
}
