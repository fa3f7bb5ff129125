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
  return startTimer(limitMs, onOver, ranMs, true)
}

/** Whether what never rejects is over once this thread has run for `limitMs`, at the latest. */
export async function isOverWithin(ended: Promise<unknown>, limitMs: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const cancel = afterRunning(limitMs, () => resolve(false))
    void ended.then(() => {
      cancel()
      resolve(true)
    })
  })
}

function startTimer(limitMs: number, onOver: () => void, ranMs: () => number, keepsAlive: boolean): () => void {
  const start = (look: () => void, waitMs: number) => {
    const started = setTimeout(look, waitMs)
    return keepsAlive ? started : started.unref()
  }
  const dueMs = ranMs() + limitMs
  const look = (): void => {
    const leftMs = dueMs - ranMs()
    if (leftMs <= GRAIN_MS) onOver()
    else timer = start(look, Math.max(leftMs, AFTER_STALL_MS))
  }
  let timer = start(look, limitMs)
  return () => clearTimeout(timer)
}

/**
 * A signal that aborts with a TimeoutError once this thread has run for `limitMs`: as AbortSignal.timeout, which keeps no
 * program from ending either.
 */
export function abortAfterRunning(limitMs: number): AbortSignal {
  const controller = new AbortController()
  const late = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  startTimer(limitMs, () => controller.abort(late), systemClock.ranMs, false)
  return controller.signal
}
