import { DEFAULT_SERVER } from '../platforms/catalogue.ts'
import { DockerPlatform } from '../platforms/docker/docker-platform.ts'
import { Engine } from '../platforms/docker/engine.ts'
import { PURPOSE_LABEL } from '../platforms/docker/labels.ts'
import { type Finding, findingsOf, formatBytes } from './finding.ts'
import type { Machine } from './machine.ts'

/** What a Docker engine tells of itself. */
export interface EngineSeen {
  /** `Docker 20.10.24`. */
  name: string
  address: string
  system: string
  kernel: string
  /** `1` or `2`. */
  cgroupVersion: string
  cgroupDriver: string
  storageDriver: string
  /** Where the engine keeps images and containers, on its own machine. */
  rootFolder: string
  images: { tags: string[]; sizeBytes: number }[]
  containers: ContainerSeen[]
}

export interface ContainerSeen {
  name: string
  image: string
  /** Ports of the engine's machine. */
  ports: number[]
  /** What it was made for, where this runner made it. */
  purpose?: string
}

const CALL_TIMEOUT_MS = 3_000

interface Info {
  CgroupVersion?: string
  CgroupDriver?: string
  Driver?: string
  DockerRootDir?: string
  OperatingSystem?: string
  KernelVersion?: string
}

/** Asks the engine that runs would use. Throws PlatformError when it does not answer within 3 s, or cannot be used. */
export async function lookAtEngine(projectRoot: string, signal: AbortSignal): Promise<EngineSeen> {
  const platform = new DockerPlatform({ server: DEFAULT_SERVER, projectRoot })
  const engine = new Engine()
  const options = { timeoutMs: CALL_TIMEOUT_MS, signal }
  try {
    await engine.call('answer a ping', () => engine.docker.ping(), options)
    const [name, info, images, containers] = await Promise.all([
      platform.probe(),
      engine.call('describe itself', (): Promise<Info> => engine.docker.info(), options),
      engine.call('list the images', (abortSignal) => engine.docker.listImages({ abortSignal }), options),
      engine.call(
        'list the containers',
        (abortSignal) => engine.docker.listContainers({ all: true, abortSignal }),
        options,
      ),
    ])
    return {
      name,
      address: engine.address,
      system: info.OperatingSystem ?? 'an unknown system',
      kernel: info.KernelVersion ?? '',
      // Engines before 20.10 do not tell, and know only the first.
      cgroupVersion: info.CgroupVersion ?? '1',
      cgroupDriver: info.CgroupDriver ?? 'unknown',
      storageDriver: info.Driver ?? 'unknown',
      rootFolder: info.DockerRootDir ?? '',
      images: images.map(({ RepoTags, Size }) => ({ tags: RepoTags ?? [], sizeBytes: Size })),
      containers: containers.map(({ Names, Image, Ports, Labels }) => ({
        name: Names[0]?.slice(1) ?? '',
        image: Image,
        ports: [...new Set(Ports.map(({ PublicPort }) => PublicPort).filter((port) => port !== undefined))],
        ...(Labels[PURPOSE_LABEL] === undefined ? {} : { purpose: Labels[PURPOSE_LABEL] }),
      })),
    }
  } finally {
    engine.close()
    await platform.close()
  }
}

/** Storage that copies instead of sharing (docs.docker.com, storage drivers). */
const COPYING_STORAGE = 'vfs'

/** The image of a server with room for six nodes' data. */
const NEEDED_BYTES = 500e6

/** What is to be said of an engine that answers. */
export function engineFindings(seen: EngineSeen, machine: Machine): Finding[] {
  const { ok } = findingsOf('Docker')
  const otherKernel = isSameKernel(seen, machine) ? '' : `, with a kernel of its own: ${seen.kernel}`
  const made = seen.images.flatMap(({ tags, sizeBytes }) =>
    tags
      .filter((tag) => tag.startsWith('redis-cluster:') && tag !== 'redis-cluster:latest')
      .map((tag) => `${tag} (${formatBytes(sizeBytes)})`),
  )
  return [
    ok('engine', `${seen.name} answers at ${seen.address} (${seen.system}${otherKernel})`),
    ok('cgroups', `v${seen.cgroupVersion}, driver ${seen.cgroupDriver}`),
    ok('images', made.length > 0 ? made.sort().join(', ') : 'none yet: the first run makes what it needs'),
  ]
}

/** Where the engine keeps images and containers, and the room there if that is on this machine. */
export async function storageFinding(seen: EngineSeen, machine: Machine): Promise<Finding> {
  const { ok, degraded } = findingsOf('Docker')
  const { storageDriver, rootFolder } = seen
  if (storageDriver === COPYING_STORAGE) {
    return degraded(
      'storage',
      `${storageDriver}: it works, but every container gets a copy of its image, which takes time and space`,
      'set another storage driver (docs.docker.com/engine/storage/drivers)',
    )
  }
  // The folder of an engine with a kernel of its own is not on this machine.
  if (!isSameKernel(seen, machine) || rootFolder === '') return ok('storage', storageDriver)
  const { freeBytes } = await machine.room(rootFolder)
  const text = `${storageDriver}, ${formatBytes(freeBytes)} free in ${rootFolder}`
  if (freeBytes >= NEEDED_BYTES) return ok('storage', text)
  return degraded('storage', `${text}; images that are there can be used`, `free ${formatBytes(NEEDED_BYTES)} there`)
}

/** Whether what this machine's kernel can do holds for the engine's containers too. */
export function isSameKernel(seen: EngineSeen, machine: Machine): boolean {
  return machine.os === 'linux' && seen.kernel === machine.kernel
}
