import { type Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { extract, pack } from 'tar-stream'
import { type Engine, undefinedIfGone } from './engine.ts'

/** The user of the image, by number: see docker/Dockerfile. */
export const USER_ID = 10001
/** What belongs to the server's user. */
export const OWNED = { uid: USER_ID, gid: USER_ID }

/**
 * A file to be put into a container, or with `type: 'directory'` a folder, which is made, or given this owner and mode.
 */
export interface FileEntry {
  /** May be a path, whose folders must be there. */
  name: string
  type?: 'file' | 'directory'
  mode: number
  uid: number
  gid: number
  content?: string | Buffer
}

/** Holds the secret of the runner's users. Not the server's to read: it knows its hash. */
export const SECRET_ENTRY: FileEntry = { name: 'secret', mode: 0o400, uid: 0, gid: 0 }

const PUT_TIMEOUT_MS = 60_000
/** Of what is read whole: configuration, and what a node knows of the cluster. */
const MOST_BYTES = 4_000_000

/**
 * Puts files into a folder of a container, running or not. A file that is there is replaced by another one, not
 * overwritten.
 */
export async function putFiles(
  engine: Engine,
  container: string,
  doing: string,
  folder: string,
  entries: readonly FileEntry[],
): Promise<void> {
  const archive = pack()
  for (const { content, ...header } of entries) archive.entry(header, content ?? '')
  archive.finalize()
  const tar = await buffer(archive)
  await engine.call(
    doing,
    (abortSignal) => engine.docker.getContainer(container).putArchive(tar, { path: folder, abortSignal }),
    { timeoutMs: PUT_TIMEOUT_MS },
  )
}

/** The content of a file of a container, running or not; undefined if there is none. */
export async function getFile(
  engine: Engine,
  container: string,
  doing: string,
  path: string,
): Promise<Buffer | undefined> {
  const archive = await undefinedIfGone(
    engine.call(doing, (abortSignal) => engine.docker.getContainer(container).getArchive({ path, abortSignal })),
  )
  if (!archive) return undefined
  try {
    return await firstFile(archive as Readable)
  } catch (error) {
    throw engine.explain(doing, error)
  }
}

async function firstFile(archive: Readable): Promise<Buffer | undefined> {
  const files: Buffer[] = []
  const unpacked = extract()
  unpacked.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = []
    let size = 0
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        size += chunk.length
        if (size <= MOST_BYTES) chunks.push(chunk)
        done(size > MOST_BYTES ? new Error(`${header.name} is larger than ${MOST_BYTES} bytes`) : null)
      },
    })
    pipeline(stream, sink).then(
      () => {
        if (header.type === 'file') files.push(Buffer.concat(chunks))
        next()
      },
      (error: Error) => unpacked.destroy(error),
    )
  })
  await pipeline(archive, unpacked)
  return files[0]
}

/** Whether the container has something at this path. */
export async function hasPath(engine: Engine, container: string, doing: string, path: string): Promise<boolean> {
  const found = await undefinedIfGone(
    engine.call(doing, (abortSignal) => engine.docker.getContainer(container).infoArchive({ path, abortSignal })),
  )
  return found !== undefined
}
