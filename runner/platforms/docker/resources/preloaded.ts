import { readFile } from 'node:fs/promises'
import { CLOCK_VARIABLE, clockFile, clockLibrary } from '../../clock/library.ts'
import type { GroupNeeds } from '../../faults.ts'
import type { Progress } from '../../platform.ts'
import { UNSYNCED_VARIABLE, undoLibrary } from '../../unsynced/library.ts'
import { type FileEntry, OWNED } from '../files.ts'
import { CLOCK } from './clock.ts'
import { DATA_FOLDER } from './disks.ts'

/** Libraries that are loaded into the servers of a group, for their folders and environments. */
export interface Preloaded {
  files: FileEntry[]
  environment: string[]
}

/** Where the data is of a server that can lose what it has not synced: in a folder that holds nothing else. */
export const OWN_DATA_FOLDER = '/node/data'
/** The same, to be made in the node's folder. */
export const OWN_DATA_ENTRY: FileEntry = { name: 'data', type: 'directory', mode: 0o700, ...OWNED }

/** What the servers of a group load for the faults that it is made for. Throws UnsupportedFault. */
export async function preloadedFor(needs: GroupNeeds, progress: Progress, signal?: AbortSignal): Promise<Preloaded> {
  const files: FileEntry[] = []
  const environment: string[] = []
  const libraries: string[] = []
  const load = async (name: string, library: string) => {
    files.push({ name, mode: 0o444, ...OWNED, content: await readFile(library) })
    libraries.push(`/node/${name}`)
  }
  if (needs.clock) {
    await load('clock.so', await clockLibrary(progress, signal))
    files.push({ name: 'clock', mode: 0o600, ...OWNED, content: clockFile(0) })
    environment.push(`${CLOCK_VARIABLE}=${CLOCK}`)
  }
  if (needs.powerCut) {
    await load('undo-log.so', await undoLibrary(progress, signal))
    environment.push(`${UNSYNCED_VARIABLE}=${needs.disk ? DATA_FOLDER : OWN_DATA_FOLDER}`)
  }
  if (libraries.length > 0) environment.push(`LD_PRELOAD=${libraries.join(':')}`)
  return { files, environment }
}
