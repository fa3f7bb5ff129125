import { fileURLToPath } from 'node:url'
import type { FaultSupport } from '../faults.ts'
import type { Progress } from '../platform.ts'
import { type PreloadSource, preloadLibrary, preloadSupport } from '../preload/library.ts'

const UNDO: PreloadSource = {
  name: 'undo-log',
  path: fileURLToPath(new URL('undo-log.c', import.meta.url)),
  fault: 'a power cut',
  what: 'what notes unsynced writes',
}

/** The folder of a server's data, for the library: see undo-log.c. */
export const UNSYNCED_VARIABLE = 'REDIS_CHAOS_UNSYNCED'

/** The path of the library that notes what is not synced. Throws UnsupportedFault where it cannot be made. */
export function undoLibrary(progress: Progress, signal?: AbortSignal): Promise<string> {
  return preloadLibrary(UNDO, progress, signal)
}

/** Whether servers can lose what they have not synced, and by which means. Nothing is made or fetched. */
export function powerCutSupport(): Promise<FaultSupport> {
  return preloadSupport('power-cut', UNDO)
}
