import { type ClusterShape, replicaCount, replicasOf } from '../record/cluster-shape.ts'
import type { SlotRange } from './view.ts'

/**
 * The shape of a cluster: `shards` (1 or more) masters, each with `replicas` (0 or more; one number for all or one for
 * each shard) and the slots at its place in `slots`, which may be none.
 */
export interface Topology extends ClusterShape {
  slots: SlotRange[][]
}

/** How many servers a cluster is formed of. */
export function nodeCount(topology: ClusterShape): number {
  return topology.shards + replicaCount(topology)
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
 * Who becomes what: the nodes of shard 1 come first, its master at their head, then those of shard 2. With 3 shards × 1
 * replica, nodes 0, 2 and 4 are masters, and 1, 3 and 5 their replicas; with 2, 1 and 0 replicas, 0, 3 and 5 are
 * masters. Names are `<namePrefix><index>`.
 */
export function planNodes(topology: ClusterShape, namePrefix: string): PlannedNode[] {
  const planned: PlannedNode[] = []
  for (let shard = 1; shard <= topology.shards; shard += 1) {
    for (let place = 0; place <= replicasOf(topology, shard); place += 1) {
      const index = planned.length
      planned.push({ index, name: `${namePrefix}${index}`, shard, role: place === 0 ? 'master' : 'replica' })
    }
  }
  return planned
}

/** The shards, from 1, whose masters own slots. The others have no vote (clusterSendFailoverAuthIfNeeded, cluster.c, Redis 7.0). */
export function shardsWithSlots({ slots }: Pick<Topology, 'slots'>): number[] {
  return slots.flatMap((ranges, index) => (ranges.length > 0 ? [index + 1] : []))
}

/** One number for all where all numbers of replicas are the same. */
export function evenIfSame(replicas: readonly number[]): number | number[] {
  const [first = 0] = replicas
  return replicas.every((count) => count === first) ? first : [...replicas]
}
