/** What one node says of the cluster: CLUSTER NODES, parsed. */

/** First and last slot, both included. */
export type SlotRange = readonly [first: number, last: number]

export interface NodeView {
  /** 40 hex digits. */
  id: string
  /** The address and port the node is known by on the cluster's own network. */
  host: string
  port: number
  busPort: number
  /** Announced hostname; absent before Redis 7. */
  hostname?: string
  /** Exact flags: `master`, `slave`, `myself`, `fail`, `fail?`, `handshake`, `noaddr`, `nofailover`, … */
  flags: ReadonlySet<string>
  role: 'master' | 'replica'
  /** Id of the master of a replica. */
  masterId?: string
  configEpoch: number
  link: 'connected' | 'disconnected'
  slots: SlotRange[]
  /** Slots being moved: `[slot->-id]` and `[slot-<-id]`. */
  openSlots: string[]
}

/** One node's whole view. */
export interface ClusterView {
  /** Name of the node that was asked. */
  seenBy: string
  myId: string
  nodes: NodeView[]
}
