import { join } from 'node:path'
import type { ServerGroupSpec, ServerNode } from '../platform.ts'
import { announceHostnames } from '../server-config.ts'
import { fitNodeFolder, makeNodeFolder, type NodeOptions } from './node-folder.ts'
import type { Libraries } from './preloaded.ts'
import type { ServerPlan } from './protocol.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import type { ServerProgram } from './server-program.ts'

export interface PlansOptions {
  /** The run's folder. */
  folder: string
  spec: ServerGroupSpec
  /** Of the runner's users. */
  secret: string
  libraries: Libraries
  /** The program of a server as it is asked for: `redis:7.0`. */
  programOf(server: string): Promise<ServerProgram>
  /** The smallest sandbox that the program runs in, when it needs these files beside the system's own. */
  sandboxFor(program: ServerProgram, reads: readonly string[]): Promise<Sandbox>
}

/** A server that a node could be started with. */
export interface PlannedServer {
  /** In words: `redis 7.0.15`. */
  server: string
  /** Fits the folder of the node, which must be down, to it. */
  fit(node: ServerNode): Promise<ServerPlan>
}

/** How the servers of a run are started: with which program, and in how small a world. */
export class ServerPlans {
  readonly #options: PlansOptions
  /** How often a node's folder was fitted to another server. */
  #fitted = 0
  /** As the nodes that the run began with do. */
  #hostnames = true

  constructor(options: PlansOptions) {
    this.#options = options
  }

  /** Makes the folder of each node, one `program` for each. */
  async make(nodes: readonly ServerNode[], programs: readonly ServerProgram[]): Promise<MadePlans> {
    const { folder, spec } = this.#options
    this.#hostnames = announceHostnames(programs.map(({ server }) => server))
    const options = new Map<ServerProgram, NodeOptions>()
    for (const program of new Set(programs)) options.set(program, await this.#optionsFor(program))
    const all = programs.flatMap((program) => options.get(program) ?? [])
    const servers = await Promise.all(
      nodes.flatMap((node, index) => {
        const own = all[index]
        return own ? [makeNodeFolder(folder, node, spec, own)] : []
      }),
    )
    for (const plan of servers.slice(spec.nodes)) plan.spare = true
    return { servers, sandboxes: all.map(({ sandbox }) => sandbox) }
  }

  /** What it takes to run a server on a node of the run; throws as the options do, and changes nothing yet. */
  async plan(server: string): Promise<PlannedServer> {
    const { folder, spec, programOf } = this.#options
    const program = await programOf(server)
    const options = await this.#optionsFor(program)
    return {
      server: program.server,
      fit: async (node) => {
        this.#fitted += 1
        return await fitNodeFolder(folder, node, spec, options, join(folder, `${node.serverName}-${this.#fitted}`))
      },
    }
  }

  async #optionsFor(program: ServerProgram): Promise<NodeOptions> {
    const { secret, libraries, sandboxFor } = this.#options
    const reads = [...program.reads, ...Object.values(libraries)]
    const hostnames = this.#hostnames
    return { program, secret, libraries, reads, hostnames, sandbox: await sandboxFor(program, reads) }
  }
}

/** By the order of the nodes. */
export interface MadePlans {
  servers: ServerPlan[]
  sandboxes: Sandbox[]
}
