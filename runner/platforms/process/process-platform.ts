import { hostname, release, type as systemName } from 'node:os'
import { join } from 'node:path'
import { typed } from '../../base/command-line.ts'
import { messageOf } from '../../base/errors.ts'
import { quoted } from '../../base/shell-words.ts'
import { userId } from '../../base/user.ts'
import { PlatformError } from '../errors.ts'
import type { FaultSupport, GroupNeeds } from '../faults.ts'
import { EndedEarly } from '../first-answer.ts'
import { announcedAddress, assertLoopback, loopbackPlan, needsLinks } from '../links/loopback.ts'
import {
  type FoundRun,
  nodeName,
  type Platform,
  type Progress,
  type ServerGroup,
  type ServerGroupSpec,
  type ServerNode,
  serverCount,
} from '../platform.ts'
import { isAlive } from '../process-id.ts'
import { checkSpec } from '../spec.ts'
import { assertSpace, defaultStateFolder, openStateFolder } from '../state-folder.ts'
import { newSecret } from '../users.ts'
import { assertFreePorts } from './conflicts.ts'
import { Control } from './control.ts'
import { faultSupport } from './fault-support.ts'
import { dataFolder } from './node-folder.ts'
import { waitForOwnAnswers } from './own-answers.ts'
import { librariesFor } from './preloaded.ts'
import { Programs } from './programs.ts'
import { SOCKET_FILE } from './protocol.ts'
import { removeRun, removeStale } from './removal.ts'
import { diskPlan, tryDisks } from './resources/disks.ts'
import { foundRuns, makeRunFolder, readProcesses, readRun, runFolder } from './run-record.ts'
import { describeSandbox, NO_SANDBOX, ownUserOf, type Sandbox } from './sandbox/sandbox.ts'
import { Sandboxes } from './sandbox/sandboxes.ts'
import { ProcessServerGroup } from './server-group.ts'
import { ServerPlans } from './server-plans.ts'
import type { ServerProgram } from './server-program.ts'
import { AddressInUse, Supervisor } from './supervisor.ts'

export interface ProcessPlatformOptions {
  /** A server of the catalogue (`redis:7.0`), or a program of this machine (`path:/usr/local/bin/redis-server`). */
  server: string
  /** The folder that holds `docker/`, where the catalogue is. */
  projectRoot: string
  /** Where the folders of runs are made. Default: `defaultStateFolder()`. */
  stateFolder?: string
}

/** sockaddr_un: 104 bytes on macOS, 108 on Linux, with the final zero. */
const LONGEST_SOCKET_PATH = 103

/** Servers as processes of this machine, on its loopback, each with a folder of its own. */
export class ProcessPlatform implements Platform {
  readonly kind = 'process'
  readonly server: string
  readonly #stateFolder: string
  readonly #supervisors = new Map<string, Supervisor>()
  readonly #controls = new Set<Control>()
  readonly #programs: Programs
  readonly #sandboxes = new Sandboxes()

  constructor(options: ProcessPlatformOptions) {
    this.server = options.server
    this.#programs = new Programs(options.projectRoot)
    this.#stateFolder = options.stateFolder ?? defaultStateFolder()
  }

  async probe(): Promise<string> {
    if (!['linux', 'darwin', 'freebsd'].includes(process.platform)) {
      throw new PlatformError(`servers cannot be run as processes on ${systemName()}`, {
        hint: 'use a Docker engine (`--platform docker`), or run this on Linux or macOS',
      })
    }
    await openStateFolder(this.#stateFolder)
    // What runs are to be cleaned up from a full disk is asked as well.
    if (this.#supervisors.size > 0) await assertSpace(this.#stateFolder)
    for (const [runId, supervisor] of this.#supervisors) {
      if (supervisor.loss !== undefined) {
        throw new PlatformError(`run ${runId} cannot continue: ${supervisor.loss}`, {
          hint: 'something else ended it; a new run starts a new one',
        })
      }
      if (!supervisor.ended) continue
      throw new PlatformError(`the supervisor of the processes of run ${runId} is gone`, {
        hint: `something else ended it; \`${typed('cluster', ['clean'])}\` (for a cluster) or the next run ends what it left`,
      })
    }
    return `processes of this machine (${systemName()} ${release()})`
  }

  async prepare(progress: Progress, signal?: AbortSignal, server = this.server): Promise<string> {
    return (await this.#programs.prepare(server, progress, signal)).server
  }

  async create(spec: ServerGroupSpec, progress: Progress, signal?: AbortSignal): Promise<ServerGroup> {
    checkSpec(spec)
    if (needsLinks(spec.needs ?? {})) await assertLoopback(serverCount(spec))
    const programs = await this.#programs.ofNodes(spec, this.server, progress, signal)
    signal?.throwIfAborted()
    await this.#openStateFolder(spec.runId)
    // It starts while the ports are looked at.
    const supervisor = Supervisor.start(spec.runId)
    try {
      for (const left of await removeStale(this.#stateFolder)) progress(`removed what a dead run left: ${left}`)
      const nodes = nodesOf(spec, programs)
      await assertFreePorts(this.#stateFolder, nodes)
      signal?.throwIfAborted()
      const claim = supervisor.claim(runFolder(this.#stateFolder, spec.runId))
      const secret = newSecret()
      const folder = await makeRunFolder(spec, nodes, claim, secret)
      return await this.#createIn(folder, { spec, nodes, secret, programs, supervisor, progress, signal })
    } catch (error) {
      await supervisor.end()
      throw error
    }
  }

  async find(runId: string): Promise<ServerGroup | undefined> {
    const run = await readRun(this.#stateFolder, runId)
    if (!run) return undefined
    const hasStarted = ({ serverName }: ServerNode) => run.processes?.servers[serverName] !== undefined
    return this.#group(runId, { ...run, running: run.nodes.filter(hasStarted).length })
  }

  faultSupport(): Promise<FaultSupport[]> {
    return faultSupport()
  }

  runs(): Promise<FoundRun[]> {
    return foundRuns(this.#stateFolder)
  }

  async removeRun(runId: string): Promise<string[]> {
    this.#supervisors.delete(runId)
    return await removeRun(this.#stateFolder, runId)
  }

  removalCommand(runId: string): string {
    const folder = runFolder(this.#stateFolder, runId)
    const processes = readProcesses(folder)
    if (processes && isAlive(processes.supervisor)) return `kill ${processes.supervisor.pid}`
    const helpers = [processes?.links, processes?.disks].filter((id) => id !== undefined)
    const left = [...Object.values(processes?.servers ?? {}), ...helpers].filter(isAlive)
    const kill = left.length === 0 ? '' : `kill -9 ${left.map(({ pid }) => pid).join(' ')}; `
    return `${kill}rm -rf ${quoted(folder)}`
  }

  async close(): Promise<void> {
    for (const control of this.#controls) control.close()
    this.#controls.clear()
    this.#supervisors.clear()
  }

  async #createIn(folder: string, plan: CreationPlan): Promise<ServerGroup> {
    const { spec, nodes, secret, programs, supervisor, progress, signal } = plan
    try {
      const needs = spec.needs ?? {}
      const libraries = await librariesFor(needs, progress, signal)
      const disks = needs.disk ? await tryDisks() : undefined
      const plans = new ServerPlans({
        ...{ folder, spec, secret, libraries },
        programOf: (server) => this.#programs.get(server, () => undefined),
        sandboxFor: (program, reads) =>
          this.#sandboxes.find({ program, reads, disks, port: spec.portBase }, folder, this.#stateFolder, signal),
      })
      const { servers, sandboxes } = await plans.make(nodes, programs)
      const sandbox = [...new Set(sandboxes.map(describeSandbox))].join('; or ')
      signal?.throwIfAborted()
      progress(`starting ${spec.nodes} processes; each has ${sandbox}`)
      await supervisor.open(
        {
          folder,
          servers,
          ...(needsLinks(needs) && { links: loopbackPlan(nodes, needs) }),
          ...(disks && {
            disks: diskPlan(
              disks,
              nodes.map((node, index) => diskPlace(folder, node, sandboxes[index] ?? NO_SANDBOX)),
            ),
          }),
        },
        signal,
      )
      const group = this.#group(spec.runId, { ...{ nodes, running: spec.nodes, needs, secret }, sandbox, plans })
      await waitForOwnAnswers(group, group.nodes, folder, signal)
      if (spec.outlivesRunner) supervisor.release()
      this.#supervisors.set(spec.runId, supervisor)
      return group
    } catch (error) {
      await this.#undo(spec.runId, supervisor, error)
      // Something else may take a port after the check: that is a conflict too.
      const taken = error instanceof EndedEarly && /address already in use/i.test(error.message)
      if (taken || error instanceof AddressInUse) {
        await assertFreePorts(this.#stateFolder, nodes)
      }
      throw error
    }
  }

  async #openStateFolder(runId: string): Promise<void> {
    await openStateFolder(this.#stateFolder)
    const socketFile = join(runFolder(this.#stateFolder, runId), SOCKET_FILE)
    if (Buffer.byteLength(socketFile) <= LONGEST_SOCKET_PATH) return
    throw new PlatformError(
      `${socketFile} is too long for a socket: the system allows ${LONGEST_SOCKET_PATH} bytes, and this has ${Buffer.byteLength(socketFile)}`,
      { hint: 'name a folder for temporary files with a shorter path with TMPDIR, or a shorter `--name-prefix`' },
    )
  }

  async #undo(runId: string, supervisor: Supervisor, failure: unknown): Promise<void> {
    try {
      await supervisor.end()
      await removeRun(this.#stateFolder, runId)
    } catch (error) {
      throw new PlatformError(
        `${messageOf(failure)}; and what was made by then could not be removed: ${messageOf(error)}`,
        {
          hint: `remove it with: ${this.removalCommand(runId)}`,
          cause: failure,
        },
      )
    }
  }

  #group(runId: string, { nodes, running, ...made }: MadeWith): ProcessServerGroup {
    const control = new Control(runId, join(runFolder(this.#stateFolder, runId), SOCKET_FILE))
    this.#controls.add(control)
    return new ProcessServerGroup(nodes.slice(0, running), {
      runId,
      spares: nodes.slice(running),
      folder: runFolder(this.#stateFolder, runId),
      control,
      ...made,
      remove: async () => {
        this.#controls.delete(control)
        await this.removeRun(runId)
      },
    })
  }
}

interface MadeWith {
  /** The spares last. */
  nodes: readonly ServerNode[]
  /** So many of them are no spares. */
  running: number
  needs: GroupNeeds
  secret?: string
  /** In words. */
  sandbox?: string
  plans?: ServerPlans
}

interface CreationPlan {
  spec: ServerGroupSpec
  nodes: ServerNode[]
  secret: string
  /** By the order of the nodes. */
  programs: ServerProgram[]
  supervisor: Supervisor
  progress: Progress
  signal: AbortSignal | undefined
}

function diskPlace(runFolder: string, { serverName, port }: ServerNode, sandbox: Sandbox) {
  return { folder: dataFolder(runFolder, serverName), user: sandbox.ownUser ? ownUserOf(port) : 0 }
}

/** The spares last. */
function nodesOf({ namePrefix, portBase, needs = {} }: ServerGroupSpec, programs: ServerProgram[]): ServerNode[] {
  return programs.map(({ server }, index): ServerNode => {
    const port = portBase + index
    return {
      name: nodeName(index),
      serverName: `${namePrefix}${index}`,
      index,
      host: 'localhost',
      port,
      peerHost: needsLinks(needs) ? announcedAddress(index) : '127.0.0.1',
      peerPort: port,
      machine: hostname(),
      server,
      guard: { users: usersOf(port) },
    }
  })
}

/**
 * Who a server on this port may belong to: the user of its own, where it has one, which nobody else is; this program's;
 * and root, who can do as he likes.
 */
function usersOf(port: number): number[] {
  return [ownUserOf(port), userId(), 0]
}
