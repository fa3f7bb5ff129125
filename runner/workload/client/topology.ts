import { NodeClient } from '../../cluster/node-client.ts'
import { parseClusterNodes } from '../../cluster/view-parser.ts'
import type { NodeAddress, SlotMap } from './slot-map.ts'

export interface TopologyOptions {
  nodes: readonly NodeAddress[]
  password: string
  map: SlotMap
  /** Least time between two questions, ms. */
  everyMs: number
  /** Limit for one node's answer, ms. */
  timeoutMs: number
  now(): number
}

/**
 * Keeps a client's slot map up to date by asking one node after the other, on connections of its own. CLUSTER NODES it
 * is, for CLUSTER SLOTS leaves out replicas to which nothing has been replicated yet (cluster.c, isReplicaAvailable,
 * Redis 7.0).
 */
export class Topology {
  readonly #options: TopologyOptions
  readonly #clients: readonly NodeClient[]
  #turn = 0
  #lastAskedMs = Number.NEGATIVE_INFINITY
  #asking: Promise<boolean> | undefined
  #later: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: TopologyOptions) {
    this.#options = options
    this.#clients = options.nodes.map(
      ({ name, host, port, guard }) =>
        new NodeClient({ name, host, port, guard, password: options.password, connectTimeoutMs: options.timeoutMs }),
    )
  }

  /**
   * Something showed that the map may be wrong: asks a node soon. `notNode` is the one that showed it, and is asked
   * last.
   */
  doubt(notNode?: number): void {
    if (this.#closed || this.#asking !== undefined || this.#later !== undefined) return
    const waitMs = Math.max(0, this.#lastAskedMs + this.#options.everyMs - this.#options.now())
    this.#later = setTimeout(() => {
      this.#later = undefined
      void this.learn(notNode)
    }, waitMs)
  }

  /** Asks until one node answers; false if none does. */
  async learn(notNode?: number): Promise<boolean> {
    this.#asking ??= this.#ask(notNode).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#later)
    for (const client of this.#clients) client.close()
  }

  async #ask(notNode: number | undefined): Promise<boolean> {
    this.#lastAskedMs = this.#options.now()
    this.#turn += 1
    const count = this.#clients.length
    const inTurn = Array.from({ length: count }, (_, i) => (this.#turn + i) % count)
    const order = [...inTurn.filter((index) => index !== notNode), ...inTurn.filter((index) => index === notNode)]
    for (const index of order) {
      if (this.#closed) return false
      const name = this.#options.nodes[index]?.name ?? ''
      const [reply] = (await this.#clients[index]?.pipeline([['CLUSTER', 'NODES']], this.#options.timeoutMs)) ?? []
      if (typeof reply === 'string' && this.#options.map.learn(parseClusterNodes(reply, name), index)) return true
    }
    return false
  }
}
