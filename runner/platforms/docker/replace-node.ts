import { Readable } from 'node:stream'
import type { ContainerInspectInfo } from 'dockerode'
import { extract, pack } from 'tar-stream'
import type { ServerNode } from '../platform.ts'
import { type CreationPlan, createContainer } from './create-nodes.ts'
import { type Engine, undefinedIfGone } from './engine.ts'
import { getFile } from './files.ts'
import type { NodeImage } from './images/node-image.ts'
import { addSettings } from './resources/data-folder.ts'

const COPY_TIMEOUT_MS = 120_000

/** What the new image and its settings bring themselves, and what lies on a disk of its own. */
const NOT_COPIED = /^node\/(?:$|(?:redis\.conf|entrypoint\.sh|server\.conf|settings|password|secret)$|disk\/)/
/** Settings that were given to a node while it was down: where its data is, and where it is itself. */
const ADDED = /^(?:dir|bind|(?:cluster|replica)-announce-ip) /

/** How much of the machine a container may use. */
const LIMITS = ['NanoCpus', 'CpuPeriod', 'CpuQuota', 'Memory', 'MemorySwap'] as const

/**
 * Puts a container of another image in the place of a stopped one: with its name, address and port, and with all that
 * its server left. The old one is removed last; if anything fails before that, it is there as it was. Throws
 * PlatformError.
 */
export async function replaceNode(
  engine: Engine,
  plan: CreationPlan,
  node: ServerNode,
  image: NodeImage,
): Promise<void> {
  const doing = `make ${node.name} run ${image.server}`
  const name = node.serverName
  const aside = `${name}-replaced`
  const old = engine.docker.getContainer(name)
  const before = await engine.call(doing, (abortSignal) => old.inspect({ abortSignal }))
  await engine.call(doing, () => old.rename({ name: aside }))
  try {
    await createContainer(engine, plan, { ...node, server: image.server }, image, limitsOf(before))
    await copyFolder(engine, aside, name, doing)
    await keepAddedSettings(engine, aside, name, doing)
    await engine.call(doing, () => engine.docker.getContainer(before.Id).remove({ force: true }))
  } catch (error) {
    await undefinedIfGone(engine.call(doing, () => engine.docker.getContainer(name).remove({ force: true })))
    await engine.call(doing, () => engine.docker.getContainer(before.Id).rename({ name }))
    throw error
  }
}

function limitsOf({ HostConfig }: ContainerInspectInfo): Partial<Record<(typeof LIMITS)[number], number>> {
  return Object.fromEntries(LIMITS.flatMap((name) => (HostConfig[name] ? [[name, HostConfig[name]]] : [])))
}

async function copyFolder(engine: Engine, from: string, to: string, doing: string): Promise<void> {
  await engine.call(
    doing,
    async (abortSignal) => {
      const archive = await engine.docker.getContainer(from).getArchive({ path: '/node', abortSignal })
      const kept = pack()
      const unpacked = extract()
      unpacked.on('entry', (header, stream, next) => {
        if (NOT_COPIED.test(header.name)) {
          stream.on('end', next).resume()
          return
        }
        stream.pipe(kept.entry(header, next))
      })
      unpacked.on('finish', () => kept.finalize())
      unpacked.on('error', (error) => kept.destroy(error))
      Readable.from(archive)
        .on('error', (error) => kept.destroy(error))
        .pipe(unpacked)
      await engine.docker.getContainer(to).putArchive(Readable.from(kept), { path: '/', abortSignal })
    },
    { timeoutMs: COPY_TIMEOUT_MS },
  )
}

async function keepAddedSettings(engine: Engine, from: string, to: string, doing: string): Promise<void> {
  const settings = (await getFile(engine, from, doing, '/node/settings'))?.toString('utf8') ?? ''
  const added = settings.split('\n').filter((line) => ADDED.test(line))
  if (added.length > 0) await addSettings(engine, to, doing, `${added.join('\n')}\n`)
}
