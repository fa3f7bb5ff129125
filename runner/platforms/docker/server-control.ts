import { PlatformError } from '../errors.ts'
import { type DataFiles, type Resources, type SeenLimits, type ServerControl, UnsupportedFault } from '../faults.ts'
import { findNode, type ServerNode } from '../platform.ts'
import { type Engine, EngineRefusal } from './engine.ts'
import { runLabels } from './labels.ts'
import { setContainerClock } from './resources/clock.ts'
import { readDataFiles, replaceDataFiles } from './resources/data-files.ts'
import { changeDataFolder, dataFolderOf, loseNodesFile } from './resources/data-folder.ts'
import { Disks } from './resources/disks.ts'
import { limitContainer, seenLimits } from './resources/limits.ts'
import { limitWrites } from './resources/slow-disk.ts'

export interface ControlOptions {
  engine: Engine
  runId: string
  nodes: readonly ServerNode[]
  /** The group was made by this very program: nothing is wrong with it that is not known here. */
  isNew: boolean
}

/** Faults of single containers. */
export class DockerServerControl implements ServerControl {
  readonly #options: ControlOptions
  readonly #engine: Engine
  readonly #disks: Disks
  /** Nodes whose writes may be limited. */
  readonly #slow: Set<string>

  constructor(options: ControlOptions) {
    this.#options = options
    this.#engine = options.engine
    this.#disks = new Disks(options.engine, options.runId)
    this.#slow = new Set(options.isNew ? [] : options.nodes.map(({ name }) => name))
  }

  async limit(node: string, resources: Resources): Promise<void> {
    const { disk } = resources
    const found = this.#node(node)
    const rate = typeof disk === 'object' ? disk.bytesPerSecond : undefined
    await this.#limitWrites(found, rate)
    await this.#disks.set(found, typeof disk === 'string' ? disk : undefined)
    try {
      await limitContainer(this.#engine, found.serverName, `limit ${node}`, resources)
    } catch (error) {
      if (!(error instanceof EngineRefusal) || resources.memoryBytes === undefined) throw error
      throw new PlatformError(error.message, {
        hint: 'a memory limit below what the server uses now cannot be set: use a higher limit, or fewer keys',
        cause: error,
      })
    }
  }

  async limitsOf(node: string): Promise<SeenLimits> {
    const found = this.#node(node)
    const limits = await seenLimits(this.#engine, found.serverName, `look at the limits of ${node}`)
    const disk = await this.#seeDisk(found)
    return { ...limits, ...(disk === undefined ? {} : { disk }) }
  }

  async wipeData(node: string, identity: 'kept' | 'lost'): Promise<string[]> {
    const found = this.#node(node)
    const doing = `wipe the data of ${node}`
    const old = await dataFolderOf(this.#engine, found.serverName, doing)
    const lost = await changeDataFolder(this.#engine, found.serverName, doing, identity)
    if (await this.#disks.areThere()) await this.#disks.empty(found, old)
    return lost
  }

  /** Removes what a stopped server knows of the cluster, its own name there included, and leaves its data. */
  async loseIdentity(node: string): Promise<void> {
    await loseNodesFile(this.#engine, this.#node(node).serverName, `remove what ${node} knows of the cluster`)
  }

  async readData(node: string): Promise<DataFiles> {
    return await readDataFiles(this.#engine, this.#node(node).serverName, `read the data of ${node}`)
  }

  async replaceData(node: string, files: DataFiles): Promise<void> {
    const found = this.#node(node)
    const doing = `change the data of ${node}`
    const old = await dataFolderOf(this.#engine, found.serverName, doing)
    await replaceDataFiles(this.#engine, found.serverName, doing, files)
    const isMoved = (await dataFolderOf(this.#engine, found.serverName, doing)) !== old
    if (isMoved && (await this.#disks.areThere())) await this.#disks.empty(found, old)
  }

  async setClock(node: string, offsetMs: number): Promise<void> {
    await setContainerClock(this.#engine, this.#node(node).serverName, `set the clock of ${node}`, offsetMs)
  }

  async #seeDisk(node: ServerNode): Promise<Resources['disk'] | undefined> {
    const bytesPerSecond = this.#slow.has(node.name) ? await this.#askWrites(node, '?') : undefined
    if (bytesPerSecond !== undefined) return { bytesPerSecond }
    return (await this.#disks.areThere()) ? await this.#disks.see(node) : undefined
  }

  async #limitWrites(node: ServerNode, rate: number | undefined): Promise<void> {
    if (rate === undefined && !this.#slow.has(node.name)) return
    if (rate !== undefined && (await this.#disks.areThere())) {
      throw new UnsupportedFault(
        'a slow disk',
        'the disks of these servers are in memory, so that they can be full or read-only',
        'make the disk slow in a scenario of its own',
      )
    }
    // Before it is done, so that it is undone also when it was done only in part.
    this.#slow.add(node.name)
    await this.#askWrites(node, rate ?? 'none')
    if (rate === undefined) this.#slow.delete(node.name)
  }

  /** A container that does not run has no cgroup, and so no limit. */
  async #askWrites(node: ServerNode, bytesPerSecond: number | 'none' | '?'): Promise<number | undefined> {
    const details = await this.#engine.call(`inspect ${node.name}`, (abortSignal) =>
      this.#engine.docker.getContainer(node.serverName).inspect({ abortSignal }),
    )
    if (!details.State.Running) return undefined
    const labels = runLabels({ runId: this.#options.runId, purpose: 'a fault of a disk' })
    const { runId } = this.#options
    try {
      return await limitWrites(this.#engine, {
        runId,
        labels,
        image: details.Image,
        pid: details.State.Pid,
        bytesPerSecond,
      })
    } catch (error) {
      // Where it cannot be limited, it is not.
      if (error instanceof UnsupportedFault && typeof bytesPerSecond === 'string') return undefined
      throw error
    }
  }

  #node(name: string): ServerNode {
    return findNode(this.#options.nodes, this.#options.runId, name)
  }
}
