import type { ServerEntry } from '../catalogue.ts'
import { pipeProgram } from '../child.ts'
import { type DebianTree, debianTree, treeKey } from '../debian/tree.ts'
import { PlatformError, type Progress } from '../platform.ts'
import { type Engine, unlessGone } from './engine.ts'
import { followJob } from './json-stream.ts'

/** An image that has the server and a shell, and why it is this one. */
export interface BaseImage {
  image: string
  /** `redis 7.0.15`. */
  server: string
  /** In words. */
  choice: string
}

const PULL_TIMEOUT_MS = 600_000
const PULL_SILENCE_MS = 45_000
const IMPORT_TIMEOUT_MS = 180_000
const VERSION_LABEL = 'redis-chaos.server'

/**
 * The image that the node image is built on: the official one, which is pulled unless the engine has it; where it cannot be
 * pulled, one made from Debian packages. Throws PlatformError, with both reasons, when neither can be had.
 */
export async function chooseBaseImage(
  engine: Engine,
  entry: ServerEntry,
  progress: Progress,
  signal?: AbortSignal,
): Promise<BaseImage> {
  const here = await inspectImage(engine, entry.image)
  if (here) return announced(official(entry, here.Config.Env, 'already on this engine'), progress)
  let refusal: PlatformError
  try {
    await pull(engine, entry.image, progress, signal)
    const pulled = await inspectImage(engine, entry.image)
    return announced(official(entry, pulled?.Config.Env, 'the official image'), progress)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    refusal = error
  }
  const reason = `because ${entry.image} could not be pulled (${pullProblem(refusal.message)})`
  const choice = `Debian ${entry.debian.suites[0]} packages, ${reason}`
  progress(`base image: ${choice}`)
  try {
    return { ...(await debianBase(engine, entry, progress, signal)), choice }
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

/** The image's inspection, or undefined if the engine has no such image. */
export async function inspectImage(engine: Engine, image: string) {
  return unlessGone(engine.call(`inspect image ${image}`, () => engine.docker.getImage(image).inspect()))
}

function announced(base: BaseImage, progress: Progress): BaseImage {
  progress(`base image: ${base.choice}`)
  return base
}

function official(entry: ServerEntry, env: readonly string[] | undefined, how: string): BaseImage {
  const version = env?.map((line) => /^(?:REDIS|VALKEY)_VERSION=(.+)$/.exec(line)?.[1]).find((found) => found)
  const server = version ? `${entry.name.split(':')[0]} ${version}` : entry.name.replace(':', ' ')
  return { image: entry.image, server, choice: `${entry.image}, ${how}` }
}

async function pull(engine: Engine, image: string, progress: Progress, signal?: AbortSignal): Promise<void> {
  progress(`pulling ${image}`)
  const layers = new Map<string, boolean>()
  let done = -1
  await followJob(engine, `pull ${image}`, (abortSignal) => engine.docker.pull(image, { abortSignal }), {
    timeoutMs: PULL_TIMEOUT_MS,
    silenceMs: PULL_SILENCE_MS,
    signal,
    onEvent: ({ id, status }) => {
      if (!id || !status) return
      if (status === 'Pulling fs layer' || status === 'Already exists') layers.set(id, status === 'Already exists')
      if (status === 'Pull complete' && layers.has(id)) layers.set(id, true)
      const complete = [...layers.values()].filter((whole) => whole).length
      if (complete === done || layers.size === 0) return
      done = complete
      progress(`pulling ${image}: ${complete} of ${layers.size} layers`)
    },
  })
}

/** The last clause of the engine's complaint is the reason: `no such host`, `connection refused`, `manifest unknown`. */
function pullProblem(message: string): string {
  const clauses = message.split(': ').map((clause) => clause.trim())
  return clauses.filter((clause) => clause !== '').at(-1) ?? message
}

/** A base image of Debian packages, imported once for each set of packages. */
async function debianBase(
  engine: Engine,
  entry: ServerEntry,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Omit<BaseImage, 'choice'>> {
  const tag = `${entry.debian.suites[0]}-${treeKey(entry.debian)}`
  const image = `redis-chaos-base:${tag}`
  const imported = (await inspectImage(engine, image))?.Config.Labels?.[VERSION_LABEL]
  if (imported) return { image, server: imported }
  const tree = await debianTree(entry.debian, { progress, signal })
  const server = serverOf(tree, entry)
  progress(`importing ${image}`)
  const doing = `import ${image}`
  const { output, ended } = pipeProgram(
    'tar',
    ['--create', '--numeric-owner', '--owner=0', '--group=0', '-C', tree.root, '.'],
    {
      purpose: 'pack the root file system of the base image',
      timeoutMs: IMPORT_TIMEOUT_MS,
      signal,
    },
  )
  const imports = followJob(
    engine,
    doing,
    (abortSignal) =>
      engine.docker.importImage(output, {
        repo: 'redis-chaos-base',
        tag,
        changes: `LABEL ${VERSION_LABEL}="${server}"`,
        abortSignal,
      }),
    { timeoutMs: IMPORT_TIMEOUT_MS, silenceMs: IMPORT_TIMEOUT_MS, signal, onEvent: () => undefined },
  )
  const [packed, taken] = await Promise.allSettled([ended, imports.finally(() => output.destroy())])
  if (taken.status === 'rejected') throw taken.reason
  if (packed.status === 'rejected') {
    await unlessGone(engine.call(`remove ${image}`, () => engine.docker.getImage(image).remove()))
    throw packed.reason
  }
  return { image, server }
}

/** From the version of the server's own package: `5:7.0.15-1~deb12u10` is redis 7.0.15. */
function serverOf(tree: DebianTree, entry: ServerEntry): string {
  const found = tree.packages.find(({ name }) => entry.debian.packages.includes(name) && name === entry.program)
  const version = found?.version.replace(/^\d+:/, '').replace(/[-+~].*$/, '')
  return version ? `${entry.name.split(':')[0]} ${version}` : entry.name.replace(':', ' ')
}
