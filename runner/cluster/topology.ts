import type { SlotRange } from './view.ts'

/**
 * The shape of a cluster: `shards` (1 or more) masters, each with `replicas` (0 or more) and the slots at its place in
 * `slots`.
 */
export interface Topology {
  shards: number
  replicas: number
  slots: SlotRange[][]
}

/** How many servers a cluster is formed of. */
export function nodeCount(topology: Pick<Topology, 'shards' | 'replicas'>): number {
  return topology.shards * (1 + topology.replicas)
}

/** What a node is to become when the cluster is formed. */
export interface PlannedNode {
  index: number
  name: string
  /** 1-based. */
  shard: number
  role: 'master' | 'replica'
}

/**
 * Who becomes what: shard s has the nodes from (s − 1) × (1 + replicas), its master first. With 3 shards × 1 replica,
 * nodes 0, 2 and 4 are masters, and 1, 3 and 5 their replicas. Names are `<namePrefix><index>`.
 */
export function planNodes(topology: Pick<Topology, 'shards' | 'replicas'>, namePrefix: string): PlannedNode[] {
  const perShard = 1 + topology.replicas
  return Array.from({ length: topology.shards * perShard }, (_, index) => ({
    index,
    name: `${namePrefix}${index}`,
    shard: Math.floor(index / perShard) + 1,
    role: index % perShard === 0 ? ('master' as const) : ('replica' as const),
  }))
}
