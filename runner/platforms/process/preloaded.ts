import { CLOCK_VARIABLE, clockLibrary } from '../clock/library.ts'
import { PlatformError } from '../errors.ts'
import type { GroupNeeds } from '../faults.ts'
import type { Progress } from '../platform.ts'
import { UNSYNCED_VARIABLE, undoLibrary } from '../unsynced/library.ts'

/** Libraries that are loaded into the servers of a group, by what they are for. */
export interface Libraries {
  clock?: string
  undo?: string
}

/** What the servers of a group load for the faults that it is made for. Throws UnsupportedFault. */
export async function librariesFor(needs: GroupNeeds, progress: Progress, signal?: AbortSignal): Promise<Libraries> {
  return {
    ...(needs.clock && { clock: await clockLibrary(progress, signal) }),
    ...(needs.powerCut && { undo: await undoLibrary(progress, signal) }),
  }
}

/** The environment of a server that loads them; `places`: the file of its clock, and the folder of its data. */
export function preloadEnvironment(
  { clock, undo }: Libraries,
  places: { clock: string; data: string },
): Record<string, string> {
  const paths = [clock, undo].filter((path) => path !== undefined)
  // The loader takes both for the end of a name.
  const unusable = paths.find((path) => /[\s:]/.test(path))
  if (unusable !== undefined) {
    throw new PlatformError(`${unusable} cannot be loaded into a server: its path has a space or a colon`, {
      hint: 'name another folder for caches with XDG_CACHE_HOME',
    })
  }
  return {
    ...(paths.length > 0 && { LD_PRELOAD: paths.join(':') }),
    ...(clock !== undefined && { [CLOCK_VARIABLE]: places.clock }),
    ...(undo !== undefined && { [UNSYNCED_VARIABLE]: places.data }),
  }
}
