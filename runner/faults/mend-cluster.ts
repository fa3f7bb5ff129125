import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import { poll } from '../base/poll.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { endMoves } from '../cluster/moves/end-moves.ts'
import { errorClass } from '../cluster/reply-errors.ts'
import { PACKET_NAMES } from '../platforms/bus-packets.ts'
import type { NodeState, ServerGroup } from '../platforms/platform.ts'
import { debugCommands } from './debug-command.ts'
import { NotProven } from './fault.ts'
import { dropsPackets, FILTER, NO_FILTER } from './packet-filter.ts'
import { wordsOf } from './reach.ts'

export interface MendOptions {
  cluster: LiveCluster
  servers: ServerGroup
  clock: Clock
  /** Ends it between two nodes; rejects with its reason. */
  signal: AbortSignal
  /** Only looks, and says what would be done. */
  dryRun?: boolean
}

export interface Mended {
  /**
   * What was done, or with `dryRun` would be: `unpaused redis-node1 (container is paused)`. Empty: there is nothing to
   * mend.
   */
  done: string[]
  /** What is still wrong, with what can be done about it. */
  left: string[]
}

/** How long a server that was unpaused or started may take to answer, ms. */
const ANSWERS_WITHIN_MS = 15_000

/**
 * Mends what can be seen to be wrong with a cluster's nodes, whoever brought it about: lets paused nodes go on, starts
 * stopped ones, cancels moves of slots that servers make by themselves, closes slots that are open for one, clears filters
 * of cluster packets. A second call finds nothing to do. A failure with one node keeps it from no other, and is told in `left`.
 */
export async function mendCluster(options: MendOptions): Promise<Mended> {
  const mender = new Mender(options)
  await mender.forEachNode((node) => mender.unpause(node))
  await mender.forEachNode((node) => mender.start(node))
  await mender.forEachNode((node) => mender.waitUntilAnswering(node))
  await mender.endMoves()
  await mender.forEachNode((node) => mender.clearFilter(node))
  return { done: mender.done, left: mender.left }
}

class Mender {
  readonly done: string[] = []
  readonly left: string[] = []
  readonly #options: MendOptions
  /** Nothing more is tried on these. */
  readonly #failed = new Set<string>()

  constructor(options: MendOptions) {
    this.#options = options
  }

  /** All nodes at once, those left out that failed before. */
  async forEachNode(mend: (node: string) => Promise<string[]>): Promise<void> {
    const { servers, signal } = this.#options
    signal.throwIfAborted()
    const nodes = servers.nodes.map(({ name }) => name).filter((name) => !this.#failed.has(name))
    const done = await Promise.all(
      nodes.map((node) =>
        mend(node).catch((error: unknown) => {
          signal.throwIfAborted()
          return this.#giveUp(node, wordsOf(error))
        }),
      ),
    )
    this.done.push(...done.flat())
  }

  async unpause(node: string): Promise<string[]> {
    const state = await this.#state(node)
    if (state.status === 'missing') return this.#giveUp(node, `it is gone: ${state.text}`)
    if (state.status !== 'paused') return []
    return await this.#do(['unpause', 'unpaused'], `${node} (${state.text})`, () => this.#options.servers.unpause(node))
  }

  async start(node: string): Promise<string[]> {
    const state = await this.#state(node)
    if (state.status !== 'stopped') return []
    return await this.#do(['start', 'started'], `${node} (${state.text})`, () => this.#options.servers.start(node))
  }

  async waitUntilAnswering(node: string): Promise<string[]> {
    if (!(await this.#isRunning(node))) return []
    const { cluster, clock, signal } = this.#options
    const look = async () => {
      try {
        await cluster.node(node).client.call('PING')
        return { ok: true, seen: 'it answers' }
      } catch (error) {
        return { ok: errorClass(error) === 'MISCONF', seen: wordsOf(error) }
      }
    }
    const result = await poll(look, { clock, signal, withinMs: ANSWERS_WITHIN_MS, everyMs: 20 })
    if (result.ok) return []
    return this.#giveUp(node, `no answer within ${formatDuration(result.elapsedMs)}: ${result.lastSeen}`)
  }

  async endMoves(): Promise<void> {
    const { done, left } = await endMoves(this.#options)
    this.done.push(...done)
    this.left.push(...left)
  }

  async clearFilter(node: string): Promise<string[]> {
    if (!(await this.#isRunning(node))) return []
    const { cluster, servers, clock, signal } = this.#options
    // Where DEBUG is not allowed, nobody has set a filter either.
    const known = await debugCommands({ cluster }, node).catch((): string[] => [])
    if (!known.includes(FILTER)) return []
    const clear = () => cluster.node(node).client.call('DEBUG', FILTER, NO_FILTER)
    const stage = { cluster, servers, clock, signal, active: [] }
    const drops = await dropsPackets(stage, node, PACKET_NAMES).catch(async (error: unknown) => {
      if (!(error instanceof NotProven)) throw error
      // Where the bus is out of reach nobody can tell; to clear what is clear already does no harm.
      if (!this.#options.dryRun) await clear()
      return false
    })
    if (!drops) return []
    return await this.#do(['clear', 'cleared'], `the filter of cluster packets on ${node}`, clear)
  }

  async #do([infinitive, past]: [string, string], what: string, act: () => Promise<unknown>): Promise<string[]> {
    if (this.#options.dryRun) return [`would ${infinitive} ${what}`]
    await act()
    return [`${past} ${what}`]
  }

  #state(node: string): Promise<NodeState> {
    return this.#options.servers.state(node)
  }

  async #isRunning(node: string): Promise<boolean> {
    return (await this.#state(node)).status === 'running'
  }

  #giveUp(node: string, why: string): string[] {
    this.#failed.add(node)
    this.left.push(`${node}: ${why}`)
    return []
  }
}
