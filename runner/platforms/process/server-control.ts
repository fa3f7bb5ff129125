import { open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { clockFile } from '../clock/library.ts'
import { PlatformError } from '../errors.ts'
import { type DataFiles, type Resources, type SeenLimits, type ServerControl, UnsupportedFault } from '../faults.ts'
import { pathExists, wrapFileErrors } from '../files.ts'
import { findNode, type NodeState, type ServerNode } from '../platform.ts'
import { UNDO_FOLDER } from '../unsynced/undo-log.ts'
import type { Control } from './control.ts'
import { readFiles, replaceFiles } from './data-files.ts'
import { SLOW_DISK_REASON } from './fault-support.ts'
import { clockPath, dataFolder } from './node-folder.ts'
import { PROCESSES_FILE, type Processes } from './protocol.ts'
import { SmallDisk } from './resources/disks.ts'
import { limitMemory, memoryLimitOf } from './resources/memory.ts'

/** Where a server keeps what it knows of the cluster. */
const NODES_FILE = 'nodes.conf'

export interface ControlOptions {
  runId: string
  /** The run's folder. */
  folder: string
  control: Control
  look(node: string): Promise<{ state: NodeState; pid?: number }>
}

/** Faults of single processes. */
export class ProcessServerControl implements ServerControl {
  readonly #nodes: readonly ServerNode[]
  readonly #options: ControlOptions
  /** What was set, and for which process: what a limit leaves is counted from the moment when it is set. */
  readonly #memory = new Map<string, { pid: number; bytes: number }>()

  constructor(nodes: readonly ServerNode[], options: ControlOptions) {
    this.#nodes = nodes
    this.#options = options
  }

  async limit(node: string, { cpuShare, memoryBytes, disk }: Resources): Promise<void> {
    const serverName = this.#serverName(node)
    await this.#setDisk(node, disk)
    await this.#options.control.limitCpu(`limit ${node}`, serverName, cpuShare)
    await this.#limitMemory(node, memoryBytes)
  }

  async limitsOf(node: string): Promise<SeenLimits> {
    const doing = `look at the limits of ${node}`
    const { cpuShare, heldBackMs = 0 } = await this.#options.control.ask(doing, 'limits', this.#serverName(node))
    const { pid } = await this.#options.look(node)
    const memoryBytes = pid === undefined ? undefined : await memoryLimitOf(pid)
    const disk = await (await this.#smallDisk(node))?.see()
    return {
      heldBackMs,
      ...(cpuShare === undefined ? {} : { cpuShare }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(disk === undefined ? {} : { disk }),
    }
  }

  async wipeData(node: string, identity: 'kept' | 'lost'): Promise<string[]> {
    await this.#assertStopped(node, 'wiped')
    const folder = await this.#dataFolder(node)
    return await wrapFileErrors(`wipe the data of ${node}`, async () => {
      const kept = (name: string) => (name === NODES_FILE && identity === 'kept') || name.startsWith('.')
      const names = (await readdir(folder)).filter((name) => !kept(name))
      const gone = [...names, UNDO_FOLDER]
      await Promise.all(gone.map((name) => rm(join(folder, name), { recursive: true, force: true })))
      return names.sort()
    })
  }

  /** Removes what a stopped server knows of the cluster, its own name there included, and leaves its data. */
  async loseIdentity(node: string): Promise<void> {
    const { state } = await this.#options.look(node)
    if (state.status !== 'stopped') throw new PlatformError(`${node} cannot lose its identity: ${state.text}`)
    const folder = await this.#dataFolder(node)
    await wrapFileErrors(`remove what ${node} knows of the cluster`, () =>
      rm(join(folder, NODES_FILE), { force: true }),
    )
  }

  async readData(node: string): Promise<DataFiles> {
    const folder = await this.#dataFolder(node)
    return await wrapFileErrors(`read the data of ${node}`, () => readFiles(folder))
  }

  async replaceData(node: string, files: DataFiles): Promise<void> {
    await this.#assertStopped(node, 'changed')
    const folder = await this.#dataFolder(node)
    await wrapFileErrors(`change the data of ${node}`, () => replaceFiles(folder, files))
  }

  async setClock(node: string, offsetMs: number): Promise<void> {
    const path = clockPath(this.#options.folder, this.#serverName(node))
    if (!(await pathExists(path))) {
      if (offsetMs === 0) return
      throw new UnsupportedFault('a wrong clock', 'the servers were made without clocks of their own')
    }
    await wrapFileErrors(`set the clock of ${node}`, async () => {
      // In place, and in one piece: the server has the file itself in its memory, not its name.
      const file = await open(path, 'r+')
      try {
        await file.write(clockFile(offsetMs), 0, 8, 0)
      } finally {
        await file.close()
      }
    })
  }

  async #assertStopped(node: string, done: string): Promise<void> {
    const { state } = await this.#options.look(node)
    if (state.status !== 'stopped') throw new PlatformError(`the data of ${node} cannot be ${done}: ${state.text}`)
  }

  async #dataFolder(node: string): Promise<string> {
    return (await this.#smallDisk(node))?.folder ?? dataFolder(this.#options.folder, this.#serverName(node))
  }

  async #setDisk(node: string, disk: Resources['disk']): Promise<void> {
    if (typeof disk === 'object') throw new UnsupportedFault('a slow disk', SLOW_DISK_REASON, 'use a Docker engine')
    const small = await this.#smallDisk(node)
    if (small) await small.set(disk)
    else if (disk !== undefined) {
      throw new UnsupportedFault(`a ${disk} disk`, 'the servers were made without disks of their own')
    }
  }

  async #limitMemory(node: string, bytes: number | undefined): Promise<void> {
    const { pid } = await this.#options.look(node)
    if (pid === undefined) return
    const known = this.#memory.get(node)
    if (bytes !== undefined && known?.pid === pid && known.bytes === bytes) return
    await limitMemory(pid, `limit the memory of ${node}`, bytes)
    if (bytes === undefined) this.#memory.delete(node)
    else this.#memory.set(node, { pid, bytes })
  }

  /** Undefined in a group that was made without. */
  async #smallDisk(node: string): Promise<SmallDisk | undefined> {
    const text = await readFile(join(this.#options.folder, PROCESSES_FILE), 'utf8').catch(() => '{}')
    const { disks } = JSON.parse(text) as Partial<Processes>
    return disks && new SmallDisk(disks, dataFolder(this.#options.folder, this.#serverName(node)))
  }

  #serverName(node: string): string {
    return findNode(this.#nodes, this.#options.runId, node).serverName
  }
}
