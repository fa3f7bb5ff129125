import type { LinkCount, LinkFault } from '../faults.ts'

/**
 * What is said to the process that carries the links and what it answers: one JSON text a line, on its standard
 * streams.
 */

/** The first line sent to it. */
export interface LinkPlan {
  doors: LinkDoor[]
  /** Which node speaks from an address; any other address is that of CLIENTS. */
  senders: Record<string, string>
  /** Doors that others than this machine can reach: whoever is none of the senders is refused. */
  refusesStrangers?: boolean
}

/** An address that the links listen on in the place of a node. */
export interface LinkDoor {
  host: string
  /** 0: any that is free. */
  port: number
  /** The node in whose place it is. */
  to: string
  channel: 'bus' | 'data'
  /** Where that node really listens. */
  target: { host: string; port: number }
  /** A node may come from another address than its own: it is known by its process then. */
  opensToNodes?: boolean
  /** Connect to the node from the address that the sender has: only where that is one of this machine. */
  keepsSource?: boolean
}

/** The first line that it answers; ports in the order of the doors. */
export type LinkOpening = { ready: true; ports: number[] } | { error: string; code?: string }

export type LinkOrder =
  | { do: 'set'; links: readonly LinkFault[] }
  | { do: 'counts' }
  /** The processes of the nodes from now on, by name. */
  | { do: 'know'; pids: Readonly<Record<string, number>> }
  /** A node has another address: the links listen there in its place, know it by it, and find it there. */
  | { do: 'move'; node: string; from: string; to: string }
  /** Ends all connections between the nodes of each pair. */
  | { do: 'end'; pairs: readonly (readonly [string, string])[] }

/** Every later line sent to it. */
export type LinkRequest = LinkOrder & { id: number }

/** Every later line that it answers. */
export interface LinkReply {
  id: number
  /** Why it could not be done, in words. */
  error?: string
  /** In answer to `counts`. */
  counts?: LinkCount[]
  /** With them: how many connections were refused so far, by the address that they came from. */
  refused?: Readonly<Record<string, number>>
}
