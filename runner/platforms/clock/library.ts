import { fileURLToPath } from 'node:url'
import type { FaultSupport } from '../faults.ts'
import type { Progress } from '../platform.ts'
import { type PreloadSource, preloadLibrary, preloadSupport } from '../preload/library.ts'

const CLOCK: PreloadSource = {
  name: 'clock',
  path: fileURLToPath(new URL('skewed-clock.c', import.meta.url)),
  fault: 'a wrong clock',
  what: 'the clock of the servers',
}

/** What the program of a server gets so that its wall clock can be set: see skewed-clock.c. */
export const CLOCK_VARIABLE = 'REDIS_CHAOS_CLOCK'

/** A clock's file: it says by how much the clock is off, ms. */
export function clockFile(offsetMs: number): Buffer {
  const file = Buffer.alloc(8)
  file.writeBigInt64LE(BigInt(Math.round(offsetMs)) * 1_000_000n)
  return file
}

/** The path of the library that sets a server's wall clock. Throws UnsupportedFault where it cannot be made. */
export function clockLibrary(progress: Progress, signal?: AbortSignal): Promise<string> {
  return preloadLibrary(CLOCK, progress, signal)
}

/** Whether a server's clock can be set, and by which means. Nothing is made or fetched. */
export function clockSupport(): Promise<FaultSupport> {
  return preloadSupport('clock', CLOCK)
}
