import { access } from 'node:fs/promises'
import { hintFor, reasonOf, systemCode } from '../base/surroundings.ts'
import { PlatformError } from './errors.ts'

/** What to do when files cannot be written. */
export const FILES_HINT =
  'make room or the right to write there, or name another folder for temporary files with TMPDIR'

/** Runs work on files; a failure of the system becomes a PlatformError. `doing`: `make the folder /x`. */
export async function wrapFileErrors<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new PlatformError(`could not ${doing}: ${reasonOf(error)}`, {
      hint: hintFor(systemCode(error), FILES_HINT),
      cause: error,
    })
  }
}

/** Whether there is something at this path. */
export function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
