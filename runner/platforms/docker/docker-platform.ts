import type { ContainerInfo } from 'dockerode'
import { messageOf } from '../../base/errors.ts'
import { conflictError } from '../conflicts.ts'
import { ConflictError, PlatformError } from '../errors.ts'
import type { FaultSupport } from '../faults.ts'
import { withTag } from '../image-name.ts'
import type { FoundRun, GuestPlace, Platform, Progress, ServerGroup, ServerGroupSpec, ServerNode } from '../platform.ts'
import { checkSpec } from '../spec.ts'
import { newSecret } from '../users.ts'
import { findConflicts } from './conflicts.ts'
import { type CreationPlan, createNodes, guarded, namesAndPorts } from './create-nodes.ts'
import { Engine, EngineRefusal } from './engine.ts'
import { networkSupport, resourceSupport } from './fault-support.ts'
import { haveImage } from './images/base-image.ts'
import { Images } from './images/images.ts'
import { GUEST_LABEL, nodeOfContainer, RUN_LABEL, runFilter, runLabels, SPARE_LABEL } from './labels.ts'
import { networkName } from './network.ts'
import type { MissingFeatures } from './network-faults/fault-split.ts'
import { findMissingFeatures } from './network-faults/kernel-features.ts'
import { replaceNode } from './replace-node.ts'
import { preloadedFor } from './resources/preloaded.ts'
import { listRuns, removalCommand, removeGuests, removeOrphans, removeRun } from './runs.ts'
import { DockerServerGroup } from './server-group.ts'
import { Toolbox } from './toolbox/toolbox.ts'

export interface DockerPlatformOptions {
  /** A server of the catalogue: `redis:7.0`, or an image: `image:my/redis:tag`. */
  server: string
  /** The folder that holds `docker/`. */
  projectRoot: string
  /** Default: the environment's DOCKER_HOST, else this machine's socket. */
  dockerSocket?: string
}

/** What a group was made with. */
interface MadeWith {
  secret: string
  plan: CreationPlan
}

/** Servers in containers of a Docker engine on this machine, each with a network namespace of its own. */
export class DockerPlatform implements Platform {
  readonly kind = 'docker'
  readonly server: string
  readonly #engine: Engine
  readonly #toolbox: Toolbox
  readonly #groups = new Set<DockerServerGroup>()
  readonly #images: Images
  readonly #dockerSocket: string | undefined
  #missing: Promise<MissingFeatures> | undefined

  constructor(options: DockerPlatformOptions) {
    this.server = options.server
    this.#dockerSocket = options.dockerSocket
    this.#engine = new Engine(options.dockerSocket)
    this.#images = new Images(this.#engine, options.projectRoot)
    this.#toolbox = new Toolbox(this.#engine, options.projectRoot)
  }

  async probe(): Promise<string> {
    const host = /^(?:tcp|ssh|https?):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+)/.exec(this.#engine.address)?.[1]
    if (host && !['localhost', '127.0.0.1', '[::1]'].includes(host)) {
      throw new PlatformError(`the Docker engine at ${this.#engine.address} is not on this machine`, {
        hint: 'ports are published on the loopback of the engine’s machine: run this there, or unset DOCKER_HOST',
      })
    }
    const version = await this.#engine.call('tell its version', () => this.#engine.docker.version(), {
      timeoutMs: 10_000,
    })
    for (const { network } of this.#groups) if (network.loss) throw network.loss
    return `Docker ${version.Version.replace(/\+.*$/, '')}`
  }

  async prepare(progress: Progress, signal?: AbortSignal, server = this.server): Promise<string> {
    return (await this.#images.prepare(server, progress, signal)).server
  }

  async prepareGuest(image: string, progress: Progress, signal?: AbortSignal): Promise<void> {
    await haveImage(this.#engine, withTag(image), progress, signal)
  }

  async create(spec: ServerGroupSpec, progress: Progress, signal?: AbortSignal): Promise<ServerGroup> {
    checkSpec(spec)
    const images = await this.#images.ofNodes(spec, this.server, progress, signal)
    signal?.throwIfAborted()
    for (const left of await removeOrphans(this.#engine)) progress(`removed what a dead run left: ${left}`)
    const machine = await this.#assertFree(spec)
    if (spec.needs?.links) await this.#toolbox.prepare(progress, signal)
    const preloaded = await preloadedFor(spec.needs ?? {}, progress, signal)
    try {
      progress(`starting ${spec.nodes} containers`)
      const secret = newSecret()
      const plan = { spec, images, machine, secret, preloaded, signal }
      const trying = spec.needs?.links ? this.#tryFeatures(signal) : undefined
      try {
        return this.#group(spec.runId, await createNodes(this.#engine, plan), spec.nodes, { secret, plan })
      } finally {
        await trying
      }
    } catch (error) {
      await this.#undo(spec.runId, error)
      throw await this.#explainRace(spec, error)
    }
  }

  async find(runId: string): Promise<ServerGroup | undefined> {
    const filters = JSON.stringify(runFilter(runId))
    const containers = await this.#engine.call(`list the containers of run ${runId}`, (abortSignal) =>
      this.#engine.docker.listContainers({ all: true, filters, abortSignal }),
    )
    const nodes = containers.map(nodeOfContainer).filter((node) => node !== undefined)
    if (nodes.length === 0) return undefined
    const byIndex = nodes.sort((a, b) => a.index - b.index)
    const spares = containers.filter(({ Labels, State }) => Labels[SPARE_LABEL] === 'yes' && State === 'created')
    return this.#group(runId, byIndex, nodes.length - spares.length)
  }

  async faultSupport(signal?: AbortSignal): Promise<FaultSupport[]> {
    await this.probe()
    return [
      ...(await networkSupport(() => this.#missingFeatures(signal))),
      ...(await resourceSupport(this.#engine, this.#images.known(this.server)?.image)),
    ]
  }

  runs(): Promise<FoundRun[]> {
    return listRuns(this.#engine)
  }

  removeRun(runId: string): Promise<string[]> {
    return removeRun(this.#engine, runId)
  }

  removeGuests(runId: string): Promise<string[]> {
    return removeGuests(this.#engine, runId)
  }

  removalCommand(runId: string): string {
    return removalCommand(runId)
  }

  async close(): Promise<void> {
    this.#engine.close()
  }

  /** Of `nodes` the first `running` are no spares. */
  #group(runId: string, nodes: readonly ServerNode[], running: number, made?: MadeWith): DockerServerGroup {
    const missingFeatures = () => this.#missingFeatures()
    const network = { toolbox: this.#toolbox, missingFeatures, isNew: made !== undefined }
    const group = new DockerServerGroup(
      this.#engine,
      runId,
      { nodes: guarded(nodes, running), running },
      network,
      made && {
        secret: made.secret,
        guests: this.#guestPlace(made.plan.spec),
        imageOf: (server) => this.#images.get(server, () => undefined),
        replace: (node, image) => replaceNode(this.#engine, made.plan, node, image),
      },
    )
    this.#groups.add(group)
    return group
  }

  #guestPlace(spec: ServerGroupSpec): GuestPlace {
    const { runId } = spec
    const socket = this.#dockerSocket
    const place = { runId, network: networkName(runId), labels: { ...runLabels(spec), [GUEST_LABEL]: 'yes' } }
    return { ...place, ...(socket !== undefined && { dockerSocket: socket }) }
  }

  /** Found out once for all groups: they share the kernel. */
  async #missingFeatures(signal?: AbortSignal): Promise<MissingFeatures> {
    this.#missing ??= findMissingFeatures(this.#engine, this.#toolbox, signal)
    try {
      return await this.#missing
    } catch (error) {
      this.#missing = undefined
      throw error
    }
  }

  /** Ahead of time, so that the first fault need not wait. A failure is reported by that fault, which tries again. */
  async #tryFeatures(signal?: AbortSignal): Promise<void> {
    await this.#missingFeatures(signal).catch(() => undefined)
  }

  /** Throws ConflictError if a name, a port or the run's id is taken; returns the name of the engine's machine. */
  async #assertFree(spec: ServerGroupSpec): Promise<string> {
    const [containers, info] = await Promise.all([
      this.#listAll(),
      this.#engine.call('describe itself', (): Promise<{ Name?: string; ID?: string }> => this.#engine.docker.info()),
    ])
    const conflicts = await findConflicts(namesAndPorts(spec), containers)
    if (conflicts.length > 0) throw conflictError(conflicts)
    if (containers.some(({ Labels }) => Labels[RUN_LABEL] === spec.runId)) {
      throw new ConflictError(`there are already containers of a run ${spec.runId}; nothing was touched`, {
        hint: `remove them with: ${removalCommand(spec.runId)}`,
      })
    }
    return info.Name || info.ID || 'unknown'
  }

  #listAll(): Promise<ContainerInfo[]> {
    return this.#engine.call('list the containers', (abortSignal) =>
      this.#engine.docker.listContainers({ all: true, abortSignal }),
    )
  }

  async #undo(runId: string, failure: unknown): Promise<void> {
    try {
      await removeRun(this.#engine, runId)
    } catch (error) {
      throw new PlatformError(
        `${messageOf(failure)}; and what was made by then could not be removed: ${messageOf(error)}`,
        {
          hint: `remove it with: ${removalCommand(runId)}`,
          cause: failure,
        },
      )
    }
  }

  /** Something else may take a name or port after the check: that is a conflict too. */
  async #explainRace(spec: ServerGroupSpec, error: unknown): Promise<unknown> {
    if (!(error instanceof EngineRefusal)) return error
    if (!/already in use|already allocated|port is not available|ports are not available/i.test(error.reply))
      return error
    const conflicts = await findConflicts(namesAndPorts(spec), await this.#listAll())
    if (conflicts.length > 0) return conflictError(conflicts)
    return new ConflictError(`${error.message}; what this run had made was removed`, {
      hint: 'choose other ports with `--port-base` or other names with `--name-prefix`',
    })
  }
}
