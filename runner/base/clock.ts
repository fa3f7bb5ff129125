/**
 * The one source of time. Durations come from the monotonic clock; the wall clock only names moments for people
 * and maps server log lines. Tests pass a clock of their own.
 */
export interface Clock {
  /** Monotonic milliseconds, fractional, from an arbitrary origin. */
  nowMs(): number
  /** Milliseconds since the epoch. */
  wallMs(): number
  /** Resolves after `durationMs` (0 or more). Rejects with the signal's reason as soon as `signal` aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, durationMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/**
 * The monotonic clock that all threads of the machine share, ms: `performance.now()` begins anew in each. Only
 * differences have a meaning.
 */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
