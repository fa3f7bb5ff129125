// Plain JavaScript, as all that the link process loads: see link-process.mjs.
import { createServer } from 'node:net'
import { Connection } from './connection.mjs'
import { FaultsInForce } from './effect.mjs'
import { SocketOwners } from './socket-owner.mjs'

/**
 * @typedef {import('./protocol.ts').LinkDoor} LinkDoor
 * @typedef {import('./protocol.ts').LinkPlan} LinkPlan
 */

/** The far end of a link that is no node (faults.ts, which is no plain JavaScript). */
const CLIENTS = 'clients'

/** All links of a group of servers: listens in the place of each node, and carries what comes on to it. */
export class Links {
  #plan
  #owners
  #faults = new FaultsInForce()
  /** @type {Set<Connection>} */
  #connections = new Set()

  /** @param {LinkPlan} plan */
  constructor(plan) {
    this.#plan = plan
    const nodes = plan.doors.filter(({ channel }) => channel === 'data').map(({ to, target }) => [to, target])
    this.#owners = new SocketOwners(new Map(/** @type {[string, LinkDoor['target']][]} */ (nodes)))
  }

  /**
   * Opens all doors; resolves to their ports.
   * @returns {Promise<number[]>}
   */
  async open() {
    return await Promise.all(this.#plan.doors.map((door) => this.#listen(door)))
  }

  /**
   * Makes the faults in force exactly these.
   * @param {readonly import('../faults.ts').LinkFault[]} faults
   */
  set(faults) {
    this.#faults.set(faults)
    for (const connection of this.#connections) connection.apply()
  }

  counts() {
    return this.#faults.counts()
  }

  /**
   * Ends all connections between the nodes of each pair, whichever opened them.
   * @param {readonly (readonly [string, string])[]} pairs
   */
  end(pairs) {
    for (const connection of this.#connections) {
      if (pairs.some((pair) => connection.ends.every((end) => pair.includes(end)))) connection.reset()
    }
  }

  /**
   * @param {LinkDoor} door
   * @returns {Promise<number>}
   */
  #listen(door) {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (opener) => void this.#carry(opener, door))
      server.once('error', reject)
      server.listen({ host: door.host, port: door.port, exclusive: true }, () => {
        resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port)
      })
    })
  }

  /**
   * @param {import('node:net').Socket} opener
   * @param {LinkDoor} door
   */
  async #carry(opener, door) {
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

  /**
   * @param {import('node:net').Socket} opener
   * @param {LinkDoor} door
   */
  async #strangerAt({ remoteAddress: host, remotePort: port }, door) {
    return door.opensToNodes && host && port ? await this.#owners.nameOf({ host, port }) : undefined
  }
}
