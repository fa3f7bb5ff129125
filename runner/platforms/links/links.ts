import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { CLIENTS, type LinkCount, type LinkFault } from '../faults.ts'
import { Connection } from './connection.ts'
import { FaultsInForce } from './effect.ts'
import type { LinkDoor, LinkPlan } from './protocol.ts'
import { socketOwner } from './socket-owner.ts'

/** Told apart: more addresses than that are a scan of somebody's. */
const MOST_STRANGERS = 32

/** All links of a group of servers: listens in the place of each node, and carries what comes on to it. */
export class Links {
  readonly #plan: LinkPlan
  /** Which node speaks from an address. */
  readonly #senders: Map<string, string>
  /** What listens for each door. */
  readonly #servers = new Map<LinkDoor, Server>()
  /** Of the nodes. */
  #pids: Readonly<Record<string, number>> = {}
  readonly #faults = new FaultsInForce()
  readonly #connections = new Set<Connection>()
  readonly #refused = new Map<string, number>()

  constructor(plan: LinkPlan) {
    this.#plan = plan
    this.#senders = new Map(Object.entries(plan.senders))
  }

  /** Opens all doors; resolves to their ports. */
  async open(): Promise<number[]> {
    return await Promise.all(this.#plan.doors.map((door) => this.#listen(door)))
  }

  /** Makes the faults in force exactly these. */
  set(faults: readonly LinkFault[]): void {
    this.#faults.set(faults)
    for (const connection of this.#connections) connection.apply()
  }

  /** The processes of the nodes from now on, by name. */
  know(pids: Readonly<Record<string, number>>): void {
    this.#pids = pids
  }

  counts(): LinkCount[] {
    return this.#faults.counts()
  }

  /** How many connections of strangers were refused, by the address that they came from. */
  refused(): Record<string, number> {
    return Object.fromEntries(this.#refused)
  }

  /** Ends all connections between the nodes of each pair, whichever opened them. */
  end(pairs: readonly (readonly [string, string])[]): void {
    for (const connection of this.#connections) {
      if (pairs.some((pair) => connection.ends.every((end) => pair.includes(end)))) connection.reset()
    }
  }

  /**
   * A node has another address from now on: where its doors were at the old one, nobody listens any more, and its
   * connections end. Rejects with the system's error, and nothing is changed, if the new one cannot be listened on.
   */
  async move(node: string, from: string, to: string): Promise<void> {
    const doors = [...this.#servers.keys()].filter((door) => door.to === node)
    const atNew = (host: string) => (host === from ? to : host)
    for (const door of doors.filter(({ host }) => host !== from)) {
      door.target = { ...door.target, host: atNew(door.target.host) }
    }
    const old = doors.filter(({ host }) => host === from)
    await Promise.all(old.map((door) => this.#listen({ ...door, host: to })))
    for (const door of old) {
      this.#servers.get(door)?.close()
      this.#servers.delete(door)
    }
    this.#senders.delete(from)
    this.#senders.set(to, node)
    for (const connection of this.#connections) if (connection.ends.includes(node)) connection.reset()
  }

  #listen(door: LinkDoor): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (opener) => void this.#carry(opener, door))
      server.once('error', reject)
      server.listen({ host: door.host, port: door.port, exclusive: true }, () => {
        this.#servers.set(door, server)
        resolve((server.address() as AddressInfo).port)
      })
    })
  }

  async #carry(opener: Socket, door: LinkDoor): Promise<void> {
    opener.on('error', () => undefined)
    const known = this.#senders.get(opener.remoteAddress ?? '')
    if (known === undefined && this.#plan.refusesStrangers) return this.#refuse(opener)
    const from = known ?? (await this.#strangerAt(opener, door)) ?? CLIENTS
    if (opener.destroyed) return
    const connection = new Connection(opener, {
      door,
      from,
      faults: this.#faults,
      onClosed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }

  /** At once, and without a word. */
  #refuse(opener: Socket): void {
    const address = opener.remoteAddress ?? 'nobody'
    opener.resetAndDestroy()
    if (this.#refused.size >= MOST_STRANGERS && !this.#refused.has(address)) return
    this.#refused.set(address, (this.#refused.get(address) ?? 0) + 1)
  }

  /** MIGRATE connects from wherever the system has it (cluster.c, migrateGetSocket, Redis 7.0). */
  async #strangerAt({ remoteAddress: host, remotePort: port }: Socket, { opensToNodes }: LinkDoor) {
    return opensToNodes && host && port ? await socketOwner({ host, port }, this.#pids) : undefined
  }
}
