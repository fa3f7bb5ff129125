import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { PlatformError } from '../../errors.ts'
import type { DataFiles } from '../../faults.ts'
import { type Engine, undefinedIfGone } from '../engine.ts'
import { type FileEntry, OWNED, putFiles } from '../files.ts'
import { dataFolderOf, moveDataFolder } from './data-folder.ts'

/** Data is read whole. */
const MOST_BYTES = 256_000_000
/** Without a data folder of its own, that of the node holds more than data. */
const DATA = /^(?:appendonlydir\/.*|appendonly\.aof|[\w.-]*\.rdb|nodes\.conf)$/

/** The files of a container's server, running or not. Throws PlatformError. */
export async function readDataFiles(engine: Engine, container: string, doing: string): Promise<DataFiles> {
  const folder = await dataFolderOf(engine, container, doing)
  const archive = await undefinedIfGone(
    engine.call(doing, (abortSignal) =>
      engine.docker.getContainer(container).getArchive({ path: folder, abortSignal }),
    ),
  )
  const files: DataFiles = new Map()
  if (!archive) return files
  let bytes = 0
  const unpacked = extract()
  unpacked.on('entry', (header, stream, next) => {
    // The archive has the folder's own name before each.
    const path = header.name.replace(/^[^/]*\//, '')
    const isData = header.type === 'file' && (folder !== '/node' || DATA.test(path))
    bytes += isData ? (header.size ?? 0) : 0
    if (bytes > MOST_BYTES) {
      unpacked.destroy(new PlatformError(`could not ${doing}: it is more than ${MOST_BYTES / 1_000_000} MB`))
      return
    }
    buffer(stream).then(
      (content) => {
        if (isData) files.set(path, content)
        next()
      },
      (error: Error) => unpacked.destroy(error),
    )
  })
  try {
    await pipeline(archive as Readable, unpacked)
  } catch (error) {
    throw engine.explain(doing, error)
  }
  return files
}

/**
 * Makes the data of a stopped container's server exactly these files: what changed is put in place of what was there,
 * and where files are gone, the server gets another folder. Throws PlatformError.
 */
export async function replaceDataFiles(
  engine: Engine,
  container: string,
  doing: string,
  files: DataFiles,
): Promise<void> {
  const before = await readDataFiles(engine, container, doing)
  const isGone = [...before.keys()].some((path) => !files.has(path))
  if (isGone) {
    await moveDataFolder(engine, container, doing, entriesOf(files))
    return
  }
  const changed = new Map([...files].filter(([path, content]) => before.get(path)?.equals(content) !== true))
  if (changed.size === 0) return
  await putFiles(engine, container, doing, await dataFolderOf(engine, container, doing), entriesOf(changed))
}

/** Folders before what lies in them. */
function entriesOf(files: DataFiles): FileEntry[] {
  const folders = new Set(
    [...files.keys()].filter((path) => path.includes('/')).map((path) => path.replace(/\/.*/, '')),
  )
  return [
    ...[...folders].map((name): FileEntry => ({ name, type: 'directory', mode: 0o755, ...OWNED })),
    ...[...files].map(([name, content]): FileEntry => ({ name, mode: 0o644, ...OWNED, content })),
  ]
}
