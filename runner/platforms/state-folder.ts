import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { PlatformError } from './errors.ts'

/**
 * Where process groups of this user keep their data and what tells them apart. In the folder for temporary files and not in
 * `XDG_RUNTIME_DIR`: that is a small one in memory, and is emptied when the user logs out, which a cluster may outlive.
 */
export function defaultStateFolder(): string {
  return join(tmpdir(), `redis-chaos-${userInfo().uid}`)
}

/** Makes the folder if it is not there. Throws PlatformError if it cannot be made or is open to other users. */
export async function openStateFolder(folder: string): Promise<void> {
  await plainly(`make the folder ${folder}`, () => mkdir(folder, { recursive: true, mode: 0o700 }))
  const found = await plainly(`look at the folder ${folder}`, () => lstat(folder))
  const hint = 'remove it, or name another folder for temporary files with TMPDIR'
  if (!found.isDirectory()) throw new PlatformError(`${folder} is no folder`, { hint })
  if (found.uid !== userInfo().uid) throw new PlatformError(`the folder ${folder} belongs to another user`, { hint })
  if ((found.mode & 0o077) !== 0) {
    throw new PlatformError(`the folder ${folder} is open to other users, and would hold passwords`, { hint })
  }
}

const IN_WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: 'no space is left there for this user',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  ENOENT: 'the folder that it should be in does not exist',
  ENOTDIR: 'something on the way to it is no folder',
}

/** What to do when files cannot be written. */
export const FILES_HINT =
  'make room or the right to write there, or name another folder for temporary files with TMPDIR'

/** Does what works on files; a failure becomes a PlatformError in plain words. `doing`: `make the folder /x`. */
export async function plainly<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new PlatformError(`could not ${doing}: ${reasonInWords(code, message)}`, {
      hint: FILES_HINT,
      cause: error,
    })
  }
}

/** Why files could not be written, in plain words where the code (`ENOSPC`) has some. */
export function reasonInWords(code: string | undefined, message: string): string {
  return IN_WORDS[code ?? ''] ?? message
}
