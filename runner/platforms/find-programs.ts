import { access, constants, realpath, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

/**
 * The paths of all executables of this name on the PATH, then in `otherFolders`, in that order. Several paths of one
 * file count once; relative folders of the PATH do not count.
 */
export async function findPrograms(name: string, otherFolders: readonly string[] = []): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  const found = new Map<string, string>()
  for (const path of [...folders, ...otherFolders].map((folder) => join(folder, name))) {
    const file = await executableFile(path)
    if (file !== undefined && !found.has(file)) found.set(file, path)
  }
  return [...found.values()]
}

/** The file behind a path, links followed; undefined if this user cannot execute it. */
async function executableFile(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile() ? await realpath(path) : undefined
  } catch {
    return undefined
  }
}
