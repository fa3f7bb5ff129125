import { onAbort } from './on-abort.ts'
import { Pulse, type Stall } from './pulse.ts'

/**
 * The one source of time. Durations come from the monotonic clock; the wall clock only names moments for people
 * and maps server log lines. Tests pass a clock of their own.
 */
export interface Clock {
  /** Monotonic milliseconds, fractional, from an arbitrary origin. */
  nowMs(): number
  /** Monotonic milliseconds in which this thread ran: times in which it stood still are left out. Limits go by it. */
  ranMs(): number
  /** The times after `sinceMs`, of `nowMs`, in which this thread stood still. */
  stallsSince(sinceMs: number): readonly Stall[]
  /** Milliseconds since the epoch. */
  wallMs(): number
  /** Resolves after `durationMs` (0 or more). Rejects with the signal's reason as soon as `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

/** Of this thread: each thread loads this file for itself. */
const pulse = new Pulse(() => performance.now())

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  ranMs: () => pulse.ranMs(),
  stallsSince: (sinceMs) => pulse.stallsSince(sinceMs),
  wallMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const timer = setTimeout(() => {
        stopListening()
        resolve()
      }, durationMs)
      const stopListening = onAbort(signal, () => {
        clearTimeout(timer)
        reject(signal?.reason)
      })
    }),
}

/**
 * The monotonic clock that all threads of the machine share, ms: `performance.now()` begins anew in each. Only
 * differences have a meaning.
 */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
