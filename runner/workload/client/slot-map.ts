import { isEstablished, isMarkedFailing } from '../../cluster/agreed-view.ts'
import { SLOT_COUNT } from '../../cluster/slots.ts'
import type { ClusterView } from '../../cluster/view.ts'
import type { Guard } from '../../platforms/guarded-connector.ts'

/** The address of a node, as clients and as the other nodes know it. */
export interface NodeAddress {
  name: string
  host: string
  port: number
  peerHost: string
  peerPort: number
  /** Who may be there: to others nothing is sent. */
  guard?: Guard
}

const NOBODY = -1

/** Which node owns which slot, as one client knows it: from CLUSTER NODES, and from redirections. */
export class SlotMap {
  readonly #byAddress = new Map<string, number>()
  /** Ids outlive addresses: who moves is known by it, and the new address from then on. */
  readonly #byId = new Map<string, number>()
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

  /**
   * Takes over what a node says; `asked` is its number: one that has met nobody yet does not know its own address.
   * False, and nothing changes, if it knows of no owner.
   */
  learn({ nodes, myId }: ClusterView, asked: number): boolean {
    const members = nodes.filter(isEstablished).flatMap((node) => {
      const place = node.id === myId ? asked : (this.nodeAt(node.host, node.port) ?? this.#byId.get(node.id))
      if (place === undefined) return []
      this.#byId.set(node.id, place)
      if (node.host !== '') this.#byAddress.set(address(node.host, node.port), place)
      return [{ node, place }]
    })
    const owners = members.filter(({ node }) => node.role === 'master' && node.slots.length > 0)
    if (owners.length === 0) return false
    this.#owners.fill(NOBODY)
    this.#replicas.clear()
    for (const { node, place } of owners) {
      for (const [first, last] of node.slots) this.#owners.fill(place, first, last + 1)
      const own = members.filter((other) => other.node.masterId === node.id && !isMarkedFailing(other.node))
      const replicas = own.map((other) => other.place)
      this.#replicas.set(place, replicas)
    }
    return true
  }
}

/** Servers call this machine `localhost` or 127.0.0.1, as they were told to. */
function address(host: string, port: number): string {
  return `${host === '127.0.0.1' || host === '::1' ? 'localhost' : host}:${port}`
}
