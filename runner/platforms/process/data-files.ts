import { chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../base/errors.ts'
import type { DataFiles } from '../faults.ts'

/** The files of a folder by path. One that goes meanwhile is left out. Throws errors of files. */
export async function readFiles(folder: string): Promise<DataFiles> {
  const files: DataFiles = new Map()
  const read = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = join(below, entry.name)
      if (entry.isDirectory()) await read(path)
      if (!entry.isFile()) continue
      const content = await readFile(join(folder, path)).catch((error) => {
        if (codeOf(error) !== 'ENOENT') throw error
      })
      if (content !== undefined) files.set(path, content)
    }
  }
  await read('')
  return files
}

/** Makes a folder hold exactly these files, its folders being there. What it does not have yet gets its owner. */
export async function replaceFiles(folder: string, files: DataFiles): Promise<void> {
  const before = await readFiles(folder)
  const { uid, gid } = await stat(folder)
  for (const path of before.keys()) if (!files.has(path)) await rm(join(folder, path), { force: true })
  for (const [path, content] of files) {
    const old = before.get(path)
    if (old?.equals(content)) continue
    await writeFile(join(folder, path), content, { mode: 0o600 })
    if (old === undefined) await chown(join(folder, path), uid, gid)
  }
}
