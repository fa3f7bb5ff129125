import type { Clock } from '../base/clock.ts'
import type { Platform } from '../platforms/platform.ts'

const EVERY_MS = 1000

/**
 * Asks the platform all the time whether it is still there, and calls `onDeath` once when it is not: a verdict about
 * servers whose platform has died would be wrong. The returned function ends the asking; an answer under way is
 * dropped.
 */
export function watchPlatform(platform: Platform, clock: Clock, onDeath: (error: unknown) => void): () => void {
  const stopped = new AbortController()
  const watch = async (): Promise<void> => {
    try {
      for (;;) {
        await clock.sleep(EVERY_MS, stopped.signal)
        await platform.probe()
      }
    } catch (error) {
      if (!stopped.signal.aborted) onDeath(error)
    }
  }
  void watch()
  return () => stopped.abort()
}
