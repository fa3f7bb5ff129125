import { systemClock } from './clock.ts'

/**
 * What waited while this thread stood still gets this long when it goes on, ms: answers that have come meanwhile are
 * read before anything is given up.
 */
const AFTER_STALL_MS = 100
/** Timers may fire this much early, ms. */
const GRAIN_MS = 1

/**
 * Calls `onOver` once this thread has run for `limitMs`: as setTimeout, but a time in which the thread stood still does
 * not count. The returned function takes it back.
 */
export function afterRunning(limitMs: number, onOver: () => void, ranMs = systemClock.ranMs): () => void {
  const dueMs = ranMs() + limitMs
  const look = (): void => {
    const leftMs = dueMs - ranMs()
    if (leftMs <= GRAIN_MS) onOver()
    else timer = setTimeout(look, Math.max(leftMs, AFTER_STALL_MS))
  }
  let timer = setTimeout(look, limitMs)
  return () => clearTimeout(timer)
}

/** A signal that aborts with a TimeoutError once this thread has run for `limitMs`: as AbortSignal.timeout. */
export function abortAfterRunning(limitMs: number): AbortSignal {
  const controller = new AbortController()
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  afterRunning(limitMs, () => controller.abort(late))
  return controller.signal
}
