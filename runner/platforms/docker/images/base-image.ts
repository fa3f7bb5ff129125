import type { DebianSource, ServerEntry } from '../../catalogue.ts'
import { debianTree, treeKey } from '../../debian/tree.ts'
import { serverOfTree } from '../../debian/tree-server.ts'
import { PlatformError } from '../../errors.ts'
import type { Progress } from '../../platform.ts'
import { type Engine, undefinedIfGone } from '../engine.ts'
import { importTree, pullImage } from './image-jobs.ts'
import { type ImageServer, serverOfImage } from './image-server.ts'

/** An image that has the server and a shell, and why it is this one. */
export interface BaseImage extends ImageServer {
  image: string
  /** In words. */
  choice: string
}

const VERSION_LABEL = 'redis-chaos.server'

/**
 * The image that the node image is built on: the official one, which is pulled unless the engine has it; where it
 * cannot be pulled, one made from Debian packages. `packaged` are the servers that can be made so. Throws PlatformError,
 * with both reasons, when neither can be had.
 */
export async function chooseBaseImage(
  engine: Engine,
  { entry, packaged }: { entry: ServerEntry; packaged: readonly string[] },
  progress: Progress,
  signal?: AbortSignal,
): Promise<BaseImage> {
  let refusal: PlatformError
  try {
    const how = await ensureImage(engine, entry.image, progress, signal)
    return await baseOf(engine, entry.image, `${entry.image}, ${how}`, progress, signal)
  } catch (error) {
    if (!(error instanceof PullError)) throw error
    refusal = error
  }
  const { debian } = entry
  const refused = `${entry.image} could not be pulled (${refusal.message})`
  if (!debian) {
    throw new PlatformError(`${entry.name} cannot be had here: ${refused}, and Debian has no package of it`, {
      hint: `choose one that can be made of Debian packages, \`--server\` with ${packaged.join(', ')}; or make a registry reachable, or \`docker load\` the official image as ${entry.image}`,
      cause: refusal,
    })
  }
  const reason = `because ${refused}`
  const choice = `Debian ${debian.suites[0]} packages, ${reason}`
  progress(`base image: ${choice}`)
  try {
    return { ...(await debianBase(engine, { ...entry, debian }, progress, signal)), choice }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    throw new PlatformError(
      `no image with ${entry.name} can be made: ${error.message}, and Debian packages were tried ${reason}`,
      {
        hint: error.hint ?? `load the official image by hand: \`docker load\` it as ${entry.image}`,
        cause: error,
      },
    )
  }
}

/**
 * A base image of one's own (`my/redis:tag`), pulled unless the engine has it. Throws PlatformError when it cannot be
 * pulled, or has no server.
 */
export async function ownBaseImage(
  engine: Engine,
  image: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<BaseImage> {
  return baseOf(engine, image, `${image}, as asked for`, progress, signal)
}

/**
 * Pulls the image unless the engine has it; returns where it came from, in words. Throws PullError when it cannot be
 * pulled.
 */
export async function ensureImage(
  engine: Engine,
  image: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> {
  if (await inspectImage(engine, image)) return 'already on this engine'
  try {
    await pullImage(engine, image, progress, signal)
    return 'pulled'
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    throw new PullError(pullProblem(error.message), { cause: error })
  }
}

/** Makes sure that the engine has somebody's own image. Throws PlatformError, which says what can be done. */
export async function haveImage(
  engine: Engine,
  image: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await ensureImage(engine, image, progress, signal)
  } catch (error) {
    if (!(error instanceof PullError)) throw error
    throw new PlatformError(`image ${image} is not on this engine and could not be pulled: ${error.message}`, {
      hint: `build it (\`docker build -t ${image} …\`), load it (\`docker load\`), or check its name`,
      cause: error,
    })
  }
}

/** An image could not be pulled; the message is the reason alone. */
export class PullError extends PlatformError {
  override name = 'PullError'
}

/** The image's inspection, or undefined if the engine has no such image. */
export async function inspectImage(engine: Engine, image: string) {
  return undefinedIfGone(engine.call(`inspect image ${image}`, () => engine.docker.getImage(image).inspect()))
}

async function baseOf(
  engine: Engine,
  image: string,
  choice: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<BaseImage> {
  progress(`base image: ${choice}`)
  return { image, choice, ...(await serverOfImage(engine, image, signal)) }
}

/**
 * The last clause of the engine's complaint is the reason: `no such host`, `connection refused`, `manifest unknown`.
 */
function pullProblem(message: string): string {
  const clauses = message.split(': ').map((clause) => clause.trim())
  return clauses.filter((clause) => clause !== '').at(-1) ?? message
}

/** A base image of Debian packages, imported once for each set of packages. */
async function debianBase(
  engine: Engine,
  entry: ServerEntry & { debian: DebianSource },
  progress: Progress,
  signal?: AbortSignal,
): Promise<Omit<BaseImage, 'choice'>> {
  const tag = `${entry.debian.suites[0]}-${treeKey(entry.debian)}`
  const image = `redis-chaos-base:${tag}`
  const imported = (await inspectImage(engine, image))?.Config.Labels?.[VERSION_LABEL]
  if (imported) return { image, program: entry.program, server: imported }
  const tree = await debianTree(entry.debian, { progress, signal })
  const server = serverOfTree(tree, entry)
  await importTree(engine, tree, {
    repo: 'redis-chaos-base',
    tag,
    change: `LABEL ${VERSION_LABEL}="${server}"`,
    progress,
    signal,
  })
  return { image, program: entry.program, server }
}
