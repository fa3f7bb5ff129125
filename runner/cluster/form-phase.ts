import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { ChaosError } from '../base/errors.ts'
import { type Look, poll } from '../base/poll.ts'

/** The cluster could not be formed: which phase, what was last seen, how long and how often it was looked. */
export class FormError extends ChaosError {
  override name = 'FormError'
}

/** The one deadline that all phases of forming share. */
export interface FormDeadline {
  clock: Clock
  signal?: AbortSignal
  startMs: number
  timeoutMs: number
}

/** A server that writes its configuration to a slow disk may take this long to answer a command of forming, ms. */
export const ANSWER_WITHIN_MS = 10_000

/** Short: what is waited for happens at ticks of the servers' cron, and each ms of waiting longer is lost. */
const LOOK_EVERY_MS = 10

/** Looks until the condition holds. `phase` completes "gave up while …". Throws FormError when the deadline passes. */
export async function waitInPhase(phase: string, look: () => Promise<Look>, deadline: FormDeadline): Promise<void> {
  const { clock, signal, startMs, timeoutMs } = deadline
  const leftMs = Math.max(0, startMs + timeoutMs - clock.ranMs())
  const result = await poll(look, {
    clock,
    withinMs: leftMs,
    everyMs: LOOK_EVERY_MS,
    ...(signal ? { signal } : {}),
  })
  if (result.ok) return
  throw new FormError(
    `the cluster was not formed within ${formatDuration(timeoutMs)}: gave up while ${phase}; ` +
      `last seen, after looking ${result.attempts} times in ${formatDuration(result.elapsedMs)}: ${result.lastSeen}`,
  )
}
