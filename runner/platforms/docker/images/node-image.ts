import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DEFAULT_SERVER, findServer, packagedServers, parseServer } from '../../catalogue.ts'
import { dialectOf } from '../../dialects.ts'
import { PlatformError } from '../../errors.ts'
import { IMAGE_NAME, withTag } from '../../image-name.ts'
import type { Progress } from '../../platform.ts'
import { type Engine, EngineRefusal } from '../engine.ts'
import { SERVER_LABEL } from '../labels.ts'
import { type BaseImage, chooseBaseImage, haveImage, inspectImage, ownBaseImage } from './base-image.ts'
import { buildImage, type ContextFile, readContext } from './image-jobs.ts'

export interface NodeImage {
  /** `redis-cluster:redis-7.0`. */
  image: string
  /** `redis 7.0.15`. */
  server: string
}

const REPOSITORY = 'redis-cluster'
const CONTEXT_LABEL = 'redis-chaos.context'
const BASE_LABEL = 'redis-chaos.base'

/** The build context: everything that the image is made of, beside its base. */
const CONTEXT = [
  { name: 'Dockerfile', mode: 0o644 },
  { name: 'redis.conf', mode: 0o644 },
  { name: 'entrypoint.sh', mode: 0o755 },
]

/**
 * The image of a cluster's nodes for this server, an entry of the catalogue (`redis:7.0`) or one's own image
 * (`image:my/redis:tag`), built unless the engine has it as it would be built now. Throws PlatformError when it cannot
 * be made.
 */
export async function prepareImage(
  engine: Engine,
  projectRoot: string,
  serverName: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<NodeImage> {
  const recipe = await findRecipe(engine, projectRoot, serverName, progress, signal)
  const context = await readContext(join(projectRoot, 'docker'), CONTEXT)
  const fingerprint = fingerprintOf(recipe.identity, context)
  const image = `${REPOSITORY}:${recipe.tag}`

  const present = await inspectImage(engine, image)
  const labels = present?.Config.Labels ?? {}
  const server = labels[SERVER_LABEL]
  if (server && labels[CONTEXT_LABEL] === fingerprint) {
    if (recipe.isLatest && !present?.RepoTags?.includes(`${REPOSITORY}:latest`)) await tagLatest(engine, image)
    return { image, server }
  }

  const base = await recipe.chooseBase()
  // Throws for a server that scenarios cannot be played against, before anything is made of it.
  dialectOf(base.server)
  progress(`building ${image}`)
  await buildImage(engine, {
    image,
    context,
    buildargs: { BASE: base.image, SERVER: base.program },
    labels: { [CONTEXT_LABEL]: fingerprint, [SERVER_LABEL]: base.server, [BASE_LABEL]: base.choice },
    progress,
    signal,
  })
  if (recipe.isLatest) await tagLatest(engine, image)
  if (present) await removeOutdated(engine, present.Id)
  return { image, server: base.server }
}

/** What an image is made from. */
interface Recipe {
  tag: string
  /** Changes whenever another base would be chosen. */
  identity: unknown
  /** Whether the tag `latest` is this image's. */
  isLatest: boolean
  chooseBase: () => Promise<BaseImage>
}

async function findRecipe(
  engine: Engine,
  projectRoot: string,
  serverName: string,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Recipe> {
  const { kind, value } = parseServer(serverName)
  if (kind === 'path') {
    throw new PlatformError(`${serverName} is a program of this machine, which containers cannot run`, {
      hint: 'give `--platform process` with it, or an image with the server: `--server image:my/redis:tag`',
    })
  }
  if (kind === 'image') return ownRecipe(engine, value, progress, signal)
  const entry = await findServer(projectRoot, value)
  return {
    tag: entry.name.replace(':', '-'),
    identity: entry,
    isLatest: entry.name === DEFAULT_SERVER,
    chooseBase: async () =>
      chooseBaseImage(engine, { entry, packaged: await packagedServers(projectRoot) }, progress, signal),
  }
}

async function ownRecipe(
  engine: Engine,
  reference: string,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Recipe> {
  if (!IMAGE_NAME.test(reference)) {
    throw new PlatformError(`\`image:${reference}\` names no image`, {
      hint: 'expected something like `image:my/redis:tag`',
    })
  }
  const name = withTag(reference)
  await haveImage(engine, name, progress, signal)
  const id = (await inspectImage(engine, name))?.Id
  return {
    tag: `own-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`,
    identity: [name, id],
    isLatest: false,
    chooseBase: () => ownBaseImage(engine, name, progress, signal),
  }
}

/** Changes whenever the image would be built from something else. */
function fingerprintOf(identity: unknown, context: readonly ContextFile[]): string {
  return createHash('sha256')
    .update(JSON.stringify([identity, context]))
    .digest('hex')
    .slice(0, 16)
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
