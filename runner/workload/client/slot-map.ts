import { SLOT_COUNT } from '../../cluster/slots.ts'
import type { Reply } from './operation.ts'
import { textOf } from './operation.ts'

/** The address of a node, as clients and as the other nodes know it. */
export interface NodeAddress {
  name: string
  host: string
  port: number
  peerHost: string
  peerPort: number
}

const NOBODY = -1

/** Which node owns which slot, as one client knows it: from CLUSTER SLOTS, and from redirections. */
export class SlotMap {
  readonly #byAddress = new Map<string, number>()
  readonly #owners = new Int16Array(SLOT_COUNT).fill(NOBODY)
  readonly #replicas = new Map<number, number[]>()
  #turn = 0

  /** Nodes are numbered by their place in the list. */
  constructor(nodes: readonly NodeAddress[]) {
    nodes.forEach(({ host, port, peerHost, peerPort }, index) => {
      // Addresses among the nodes may repeat those for clients, but not the other way round.
      const peer = address(peerHost, peerPort)
      if (!this.#byAddress.has(peer)) this.#byAddress.set(peer, index)
      this.#byAddress.set(address(host, port), index)
    })
  }

  ownerOf(slot: number): number | undefined {
    const owner = this.#owners[slot] ?? NOBODY
    return owner === NOBODY ? undefined : owner
  }

  /** A replica of the slot's owner, each in turn; undefined if none is known. */
  replicaOf(slot: number): number | undefined {
    const replicas = this.#replicas.get(this.#owners[slot] ?? NOBODY)
    if (!replicas || replicas.length === 0) return undefined
    this.#turn += 1
    return replicas[this.#turn % replicas.length]
  }

  /** Nodes that own slots. */
  owners(): number[] {
    return [...new Set(this.#owners)].filter((owner) => owner !== NOBODY)
  }

  replicas(): number[] {
    return [...this.#replicas.values()].flat()
  }

  /** The number of the node at an address; undefined if it is none of them. */
  nodeAt(host: string, port: number): number | undefined {
    return this.#byAddress.get(address(host, port))
  }

  /** A redirection said so. */
  move(slot: number, node: number): void {
    this.#owners[slot] = node
  }

  /** Takes over a reply to CLUSTER SLOTS. `askedHost`: what an empty host in it means. False, and nothing changes, if it names no slots. */
  learn(reply: Reply, askedHost: string): boolean {
    if (!Array.isArray(reply) || reply.length === 0) return false
    const owners = new Int16Array(SLOT_COUNT).fill(NOBODY)
    const replicas = new Map<number, number[]>()
    for (const range of reply as readonly Reply[]) {
      if (!Array.isArray(range)) return false
      const [first, last, ...members] = range as readonly Reply[]
      const [master, ...others] = members.map((member) => this.#memberOf(member, askedHost))
      if (master === undefined) continue
      owners.fill(master, Number(first), Number(last) + 1)
      replicas.set(master, [
        ...new Set([...(replicas.get(master) ?? []), ...others.filter((other) => other !== undefined)]),
      ])
    }
    this.#owners.set(owners)
    this.#replicas.clear()
    for (const [master, others] of replicas) this.#replicas.set(master, others)
    return true
  }

  #memberOf(member: Reply, askedHost: string): number | undefined {
    if (!Array.isArray(member)) return undefined
    const [host, port] = member as readonly Reply[]
    return this.nodeAt(textOf(host) || askedHost, Number(port))
  }
}

/** Servers call this machine `localhost` or 127.0.0.1, as they were told to. */
function address(host: string, port: number): string {
  return `${host === '127.0.0.1' || host === '::1' ? 'localhost' : host}:${port}`
}
