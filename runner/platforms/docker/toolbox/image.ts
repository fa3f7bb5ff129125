import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DebianSource } from '../../catalogue.ts'
import { debianTree, treeKey } from '../../debian/tree.ts'
import { PlatformError } from '../../errors.ts'
import type { Progress } from '../../platform.ts'
import type { Engine } from '../engine.ts'
import { ensureImage, inspectImage, PullError } from '../images/base-image.ts'
import { buildImage, type ContextFile, importTree, readContext } from '../images/image-jobs.ts'

const REPOSITORY = 'redis-chaos-toolbox'
const TOOLS_REPOSITORY = 'redis-chaos-tools'
/** On everything made here, with where the tools came from. */
const TOOLS_LABEL = 'redis-chaos.tools'

const DEBIAN_IMAGE = 'debian:bookworm-slim'

/** The tools, in Debian: what filters packets, what shapes them, what enters a namespace, and what runs the scripts. */
const DEBIAN_PACKAGES: DebianSource = {
  suites: ['bookworm', 'bookworm-security'],
  packages: ['nftables', 'iproute2', 'util-linux', 'perl-base'],
  // What only installation scripts and other programs of these packages need.
  without: [
    'adduser',
    'debconf',
    'dpkg',
    'libcap2-bin',
    'libdb5.3',
    'util-linux-extra',
    'libpam0g',
    'libsystemd0',
    'libudev1',
    'libblkid1',
    'libmount1',
    'libsmartcols1',
    'libuuid1',
  ],
}

const CONTEXT = ['Dockerfile', 'tools.Dockerfile', 'toolbox.pl', 'probe.pl'].map((name) => ({ name, mode: 0o644 }))

/**
 * The toolbox's image, made unless the engine has it as it would be made now: its tag tells its content, so that two
 * versions of this program do not take it from each other. Throws PlatformError when it cannot be made.
 */
export async function prepareToolboxImage(
  engine: Engine,
  projectRoot: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<string> {
  const context = await toolboxContext(projectRoot)
  const image = imageOf(context)
  if (await inspectImage(engine, image)) return image
  const { base, choice } = await chooseTools(engine, context, progress, signal)
  progress(`building ${image}`)
  await buildImage(engine, {
    image,
    context,
    buildargs: { BASE: base },
    labels: { [TOOLS_LABEL]: choice },
    progress,
    signal,
  })
  return image
}

/** The toolbox's image if the engine has it; undefined if it would have to be made. */
export async function presentToolboxImage(engine: Engine, projectRoot: string): Promise<string | undefined> {
  const image = imageOf(await toolboxContext(projectRoot))
  return (await inspectImage(engine, image)) ? image : undefined
}

function toolboxContext(projectRoot: string): Promise<ContextFile[]> {
  return readContext(join(projectRoot, 'docker', 'toolbox'), CONTEXT)
}

function imageOf(context: readonly ContextFile[]): string {
  return `${REPOSITORY}:${keyOf([DEBIAN_IMAGE, DEBIAN_PACKAGES, context])}`
}

function keyOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
}

interface Tools {
  base: string
  /** In words. */
  choice: string
}

/** Debian's own image with the tools installed; where that cannot be had, the tools' packages alone. */
async function chooseTools(
  engine: Engine,
  context: readonly ContextFile[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<Tools> {
  let refusal: PlatformError
  try {
    return await officialTools(engine, context, progress, signal)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    refusal = error
  }
  const reason =
    refusal instanceof PullError
      ? `because ${DEBIAN_IMAGE} could not be pulled (${refusal.message})`
      : `because ${refusal.message}`
  progress(`tools for network faults: Debian packages, ${reason}`)
  try {
    return await packagedTools(engine, reason, progress, signal)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    throw new PlatformError(
      `no toolbox for network faults can be made: ${error.message}, and Debian packages were tried ${reason}`,
      { hint: `load Debian's image by hand: \`docker load\` it as ${DEBIAN_IMAGE}`, cause: error },
    )
  }
}

async function officialTools(
  engine: Engine,
  context: readonly ContextFile[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<Tools> {
  const recipe = context.filter(({ name }) => name === 'tools.Dockerfile')
  const base = `${TOOLS_REPOSITORY}:debian-${keyOf([DEBIAN_IMAGE, recipe])}`
  const choice = `${DEBIAN_IMAGE} with its packages`
  if (await inspectImage(engine, base)) return { base, choice }
  await ensureImage(engine, DEBIAN_IMAGE, progress, signal)
  progress(`tools for network faults: ${choice}`)
  await buildImage(engine, {
    image: base,
    context: recipe.map((file) => ({ ...file, name: 'Dockerfile' })),
    buildargs: { BASE: DEBIAN_IMAGE },
    labels: { [TOOLS_LABEL]: choice },
    progress,
    signal,
  })
  return { base, choice }
}

async function packagedTools(engine: Engine, reason: string, progress: Progress, signal?: AbortSignal): Promise<Tools> {
  const tag = `${DEBIAN_PACKAGES.suites[0]}-${treeKey(DEBIAN_PACKAGES)}`
  const base = `${TOOLS_REPOSITORY}:${tag}`
  const choice = `Debian packages, ${reason}`
  if (await inspectImage(engine, base)) return { base, choice }
  const tree = await debianTree(DEBIAN_PACKAGES, { progress, signal })
  const change = `LABEL ${TOOLS_LABEL}="Debian packages"`
  await importTree(engine, tree, { repo: TOOLS_REPOSITORY, tag, change, progress, signal })
  return { base, choice }
}
