import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { findServer, type ServerEntry } from '../catalogue.ts'
import { PlatformError, type Progress } from '../platform.ts'
import { type BaseImage, chooseBaseImage, inspectImage } from './base-image.ts'
import { type Engine, EngineRefusal } from './engine.ts'
import { followJob } from './json-stream.ts'

export interface NodeImage {
  /** `redis-cluster:redis-7.0`. */
  image: string
  /** `redis 7.0.15`. */
  server: string
}

const REPOSITORY = 'redis-cluster'
const CONTEXT_LABEL = 'redis-chaos.context'
const SERVER_LABEL = 'redis-chaos.server'
const BASE_LABEL = 'redis-chaos.base'
const BUILD_TIMEOUT_MS = 180_000

/** The build context: everything that the image is made of, beside its base. */
const CONTEXT = [
  { name: 'Dockerfile', mode: 0o644 },
  { name: 'redis.conf', mode: 0o644 },
  { name: 'entrypoint.sh', mode: 0o755 },
]

type ContextFile = (typeof CONTEXT)[number] & { text: string }

/**
 * The image of a cluster's nodes for this server of the catalogue, built unless the engine has it as it would be built now.
 * Throws PlatformError when it cannot be made.
 */
export async function prepareImage(
  engine: Engine,
  projectRoot: string,
  serverName: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<NodeImage> {
  const entry = await findServer(projectRoot, serverName)
  const context = await readContext(projectRoot)
  const fingerprint = fingerprintOf(entry, context)
  const image = `${REPOSITORY}:${entry.name.replace(':', '-')}`

  const present = await inspectImage(engine, image)
  const labels = present?.Config.Labels ?? {}
  const server = labels[SERVER_LABEL]
  if (server && labels[CONTEXT_LABEL] === fingerprint) {
    if (!present?.RepoTags?.includes(`${REPOSITORY}:latest`)) await tagLatest(engine, image)
    return { image, server }
  }

  const base = await chooseBaseImage(engine, entry, progress, signal)
  progress(`building ${image}`)
  await build(engine, { image, entry, base, context, fingerprint, progress, signal })
  await tagLatest(engine, image)
  if (present) await removeOutdated(engine, present.Id)
  return { image, server: base.server }
}

async function readContext(projectRoot: string): Promise<ContextFile[]> {
  const folder = join(projectRoot, 'docker')
  try {
    return await Promise.all(
      CONTEXT.map(async (file) => ({ ...file, text: await readFile(join(folder, file.name), 'utf8') })),
    )
  } catch (error) {
    throw new PlatformError(`the image cannot be built: ${(error as Error).message}`, { cause: error })
  }
}

/** Changes whenever the image would be built from something else. */
function fingerprintOf(entry: ServerEntry, context: readonly ContextFile[]): string {
  return createHash('sha256')
    .update(JSON.stringify([entry, context]))
    .digest('hex')
    .slice(0, 16)
}

interface BuildPlan {
  image: string
  entry: ServerEntry
  base: BaseImage
  context: readonly ContextFile[]
  fingerprint: string
  progress: Progress
  signal: AbortSignal | undefined
}

async function build(engine: Engine, plan: BuildPlan): Promise<void> {
  const { image, entry, base, context, fingerprint, progress, signal } = plan
  const archive = pack()
  for (const { name, mode, text } of context) archive.entry({ name, mode, mtime: new Date(0) }, text)
  archive.finalize()
  const tar = await buffer(archive)
  const start = (abortSignal: AbortSignal) =>
    engine.docker.buildImage(Readable.from([tar]), {
      t: image,
      version: '1',
      forcerm: true,
      buildargs: { BASE: base.image, SERVER: entry.program },
      labels: { [CONTEXT_LABEL]: fingerprint, [SERVER_LABEL]: base.server, [BASE_LABEL]: base.choice },
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

function tagLatest(engine: Engine, image: string): Promise<unknown> {
  return engine.call(`tag ${image}`, (abortSignal) =>
    engine.docker.getImage(image).tag({ repo: REPOSITORY, tag: 'latest', abortSignal }),
  )
}

/** The image that the new one replaced, unless containers or another tag still use it. */
async function removeOutdated(engine: Engine, id: string): Promise<void> {
  try {
    const outdated = await inspectImage(engine, id)
    if (!outdated || (outdated.RepoTags ?? []).length > 0) return
    await engine.call('remove the outdated image', (abortSignal) => engine.docker.getImage(id).remove({ abortSignal }))
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
  }
}
