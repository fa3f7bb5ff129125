import { access } from 'node:fs/promises'
import { codeOf, messageOf } from '../base/errors.ts'
import { PlatformError } from './errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: 'no space is left there for this user',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  ENOENT: 'the folder that it should be in does not exist',
  ENOTDIR: 'something on the way to it is not a folder',
}

/** What to do when files cannot be written. */
export const FILES_HINT =
  'make room or the right to write there, or name another folder for temporary files with TMPDIR'

/** Runs work on files; a failure of the system becomes a PlatformError. `doing`: `make the folder /x`. */
export async function wrapFileErrors<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new PlatformError(`could not ${doing}: ${fileErrorReason(codeOf(error), messageOf(error))}`, {
      hint: FILES_HINT,
      cause: error,
    })
  }
}

/** Why files could not be written, in plain words where the code (`ENOSPC`) has some; else the message. */
export function fileErrorReason(code: string | undefined, message: string): string {
  return REASONS[code ?? ''] ?? message
}

/** Whether there is something at this path. */
export function pathExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
