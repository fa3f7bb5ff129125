import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { messageOf } from '../../base/errors.ts'
import { PlatformError } from '../errors.ts'
import type { Progress } from '../platform.ts'
import type { Engine } from './engine.ts'
import { followJob } from './json-stream.ts'

const BUILD_TIMEOUT_MS = 180_000

export interface ContextFile {
  name: string
  mode: number
  text: string
}

export interface BuildPlan {
  image: string
  /** The build context, its `Dockerfile` among it. */
  context: readonly ContextFile[]
  buildargs: Record<string, string>
  labels: Record<string, string>
  progress: Progress
  signal: AbortSignal | undefined
}

/** Reads files of a build context from a folder. Throws PlatformError for one that cannot be read. */
export async function readContext(
  folder: string,
  files: readonly { name: string; mode: number }[],
): Promise<ContextFile[]> {
  try {
    return await Promise.all(
      files.map(async (file) => ({ ...file, text: await readFile(join(folder, file.name), 'utf8') })),
    )
  } catch (error) {
    throw new PlatformError(`the image cannot be built: ${messageOf(error)}`, { cause: error })
  }
}

/** Throws PlatformError when the engine reports a failure, or is not done after 180 s; the signal's reason on abort. */
export async function buildImage(engine: Engine, plan: BuildPlan): Promise<void> {
  const { image, context, buildargs, labels, progress, signal } = plan
  const archive = pack()
  for (const { name, mode, text } of context) archive.entry({ name, mode, mtime: new Date(0) }, text)
  archive.finalize()
  const tar = await buffer(archive)
  const start = (abortSignal: AbortSignal) =>
    engine.docker.buildImage(Readable.from([tar]), {
      t: image,
      version: '1',
      forcerm: true,
      buildargs,
      labels,
      abortSignal,
    })
  await followJob(engine, `build ${image}`, start, {
    timeoutMs: BUILD_TIMEOUT_MS,
    silenceMs: BUILD_TIMEOUT_MS,
    signal,
    onEvent: ({ stream }) => {
      const step = /^Step (\d+\/\d+) : (.*)/.exec(stream ?? '')
      if (step) progress(`building ${image}: step ${step[1]}, ${step[2]}`)
    },
  })
}
