import { lstat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../base/folders.ts'
import { userId } from '../base/user.ts'
import { PlatformError } from './errors.ts'
import { wrapFileErrors } from './files.ts'

/**
 * Where process groups of this user keep their data and what tells them apart. In the folder for temporary files and
 * not in `XDG_RUNTIME_DIR`: that is a small one in memory, and is emptied when the user logs out, which a cluster may
 * outlive.
 */
export function defaultStateFolder(): string {
  return join(tmpdir(), `redis-chaos-${userId()}`)
}

/** Makes the folder if it is not there. Throws PlatformError if it cannot be made or is open to other users. */
export async function openStateFolder(folder: string): Promise<void> {
  await wrapFileErrors(`make the folder ${folder}`, async () => makeFolder(folder, 0o700))
  const found = await wrapFileErrors(`look at the folder ${folder}`, () => lstat(folder))
  const hint = 'remove it, or name another folder for temporary files with TMPDIR'
  if (!found.isDirectory()) throw new PlatformError(`${folder} is not a folder`, { hint })
  if (found.uid !== userId()) throw new PlatformError(`the folder ${folder} belongs to another user`, { hint })
  // Servers that run as users of their own may have to get through it.
  if ((found.mode & 0o066) !== 0) {
    throw new PlatformError(`the folder ${folder} is open to other users, and would hold passwords`, { hint })
  }
}

/** With less, servers fail to write what they must, though small writes may still succeed. */
const LEAST_SPACE_BYTES = 2 ** 20
const MAKE_ROOM = 'make room there, or name another folder for temporary files with TMPDIR'

const NO_SPACE = 'no space is left where the servers keep their data'

/** What failed because the system had no room in the folder for it. */
export function noSpaceFor(doing: string, folder: string): PlatformError {
  return new PlatformError(`could not ${doing}: ${NO_SPACE}, in ${folder}`, { hint: MAKE_ROOM })
}

/** Throws PlatformError if servers that keep their data in the folder have no room for it any more. */
export async function assertSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await wrapFileErrors(`look at the folder ${folder}`, () => statfs(folder))
  if (bavail * bsize >= LEAST_SPACE_BYTES) return
  throw new PlatformError(`${NO_SPACE}, in ${folder}`, { hint: MAKE_ROOM })
}
