import { systemClock } from '../../base/clock.ts'
import { CLIENTS_PER_LANE } from '../connections.ts'
import { Call, type CallHost } from './call.ts'
import { Deadlines } from './deadlines.ts'
import { Lane } from './lane.ts'
import type { LoadClient, Operation, OperationListener } from './operation.ts'
import { type NodeAddress, SlotMap } from './slot-map.ts'
import { Topology } from './topology.ts'

export interface DirectOptions {
  nodes: readonly NodeAddress[]
  /** Of what clients send; the cluster is asked as `default`. Default: the same. */
  username?: string | undefined
  password: string
  /** How many clients the workload has. */
  clients: number
  /**
   * Each client has connections of its own: for operations that block or WATCH. Otherwise 32 share one to each node.
   */
  ownConnections: boolean
  /** Some operations are for replicas. */
  readsReplicas?: boolean
  /** Limit for an operation, its redirections included, ms. */
  timeoutMs: number
  /** Monotonic ms. */
  now(): number
}

/**
 * A connection that comes to be takes under a millisecond; one that was cut must be tried anew soon after it is healed.
 */
const CONNECT_TIMEOUT_MS = 500
const CONNECT_EVERY_MS = 20
const ASK_EVERY_MS = 100

/**
 * Sends each operation to the owner of its slot, over plain connections. It follows MOVED and ASK, and each try is told
 * to the listener; everything else ends the operation, and nothing is sent again. A connection that was silent for as
 * long as an operation may take is given up.
 */
export class DirectClient implements LoadClient, CallHost {
  readonly #options: DirectOptions
  readonly #map: SlotMap
  readonly #topology: Topology
  readonly #deadlines: Deadlines<Call>
  readonly #lanes = new Map<number, Lane>()
  readonly #lanesPerNode: number

  constructor(options: DirectOptions) {
    this.#options = options
    this.#map = new SlotMap(options.nodes)
    this.#lanesPerNode = options.ownConnections ? options.clients : Math.ceil(options.clients / CLIENTS_PER_LANE)
    const { nodes, password, now } = options
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs)
    this.#topology = new Topology({ nodes, password, map: this.#map, everyMs: ASK_EVERY_MS, timeoutMs, now })
    this.#deadlines = new Deadlines(options.timeoutMs, systemClock.ranMs, (call) => call.expire())
  }

  /** Learns who owns which slot. False if no node says. */
  async learn(): Promise<boolean> {
    return this.#topology.learn()
  }

  async warmUp(): Promise<void> {
    await this.learn()
    const lanes = Array.from({ length: this.#lanesPerNode }, (_, client) => [
      ...this.#map.owners().map((node) => this.lane(node, client, false)),
      ...(this.#options.readsReplicas ? this.#map.replicas().map((node) => this.lane(node, client, true)) : []),
    ])
    await Promise.all(lanes.flat().map((lane) => lane.open()))
  }

  send(operation: Operation, client: number, listener: OperationListener): void {
    const call = new Call(operation, client, listener, this)
    this.#deadlines.add(call)
    call.start()
  }

  close(): void {
    this.#deadlines.close()
    this.#topology.close()
    for (const lane of this.#lanes.values()) lane.close()
  }

  get map(): SlotMap {
    return this.#map
  }

  now(): number {
    return this.#options.now()
  }

  /** The lane of a client to a node; replicas are read on lanes of their own. */
  lane(node: number, client: number, readOnly: boolean): Lane {
    const place = (node * this.#lanesPerNode + (client % this.#lanesPerNode)) * 2 + (readOnly ? 1 : 0)
    return this.#lanes.get(place) ?? this.#addLane(place, node, readOnly)
  }

  /** The map may be wrong. */
  doubt(node?: number): void {
    this.#topology.doubt(node)
  }

  /** The number of the node at an address that a node named; an empty host is that node's own. */
  nodeAt(host: string, port: number, named: number): number | undefined {
    return this.#map.nodeAt(host || (this.#options.nodes[named]?.host ?? ''), port)
  }

  #addLane(place: number, node: number, readOnly: boolean): Lane {
    const { nodes, username, password, timeoutMs, now } = this.#options
    const { host = '', port = 0, guard } = nodes[node] ?? {}
    const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, timeoutMs)
    const limits = { connectTimeoutMs, connectEveryMs: CONNECT_EVERY_MS }
    const lane = new Lane({ host, port, username, password, guard, readOnly, ...limits, now })
    this.#lanes.set(place, lane)
    return lane
  }
}
