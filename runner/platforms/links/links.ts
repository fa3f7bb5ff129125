import { type AddressInfo, createServer, type Socket } from 'node:net'
import { CLIENTS, type LinkCount, type LinkFault } from '../faults.ts'
import { Connection } from './connection.ts'
import { FaultsInForce } from './effect.ts'
import type { LinkDoor, LinkPlan } from './protocol.ts'
import { socketOwner } from './socket-owner.ts'

/** All links of a group of servers: listens in the place of each node, and carries what comes on to it. */
export class Links {
  readonly #plan: LinkPlan
  /** Of the nodes. */
  #pids: Readonly<Record<string, number>> = {}
  readonly #faults = new FaultsInForce()
  readonly #connections = new Set<Connection>()

  constructor(plan: LinkPlan) {
    this.#plan = plan
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

  /** Ends all connections between the nodes of each pair, whichever opened them. */
  end(pairs: readonly (readonly [string, string])[]): void {
    for (const connection of this.#connections) {
      if (pairs.some((pair) => connection.ends.every((end) => pair.includes(end)))) connection.reset()
    }
  }

  #listen(door: LinkDoor): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (opener) => void this.#carry(opener, door))
      server.once('error', reject)
      server.listen({ host: door.host, port: door.port, exclusive: true }, () => {
        resolve((server.address() as AddressInfo).port)
      })
    })
  }

  async #carry(opener: Socket, door: LinkDoor): Promise<void> {
    opener.on('error', () => undefined)
    const from = this.#plan.senders[opener.remoteAddress ?? ''] ?? (await this.#strangerAt(opener, door)) ?? CLIENTS
    if (opener.destroyed) return
    const connection = new Connection(opener, {
      door,
      from,
      faults: this.#faults,
      onClosed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }

  /** MIGRATE connects from wherever the system has it (cluster.c, migrateGetSocket, Redis 7.0). */
  async #strangerAt({ remoteAddress: host, remotePort: port }: Socket, { opensToNodes }: LinkDoor) {
    return opensToNodes && host && port ? await socketOwner({ host, port }, this.#pids) : undefined
  }
}
