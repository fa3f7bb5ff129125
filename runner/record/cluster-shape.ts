import { listed, plural } from '../base/text.ts'

/** How many masters a cluster is formed of, and how many replicas of each: one number for all, or one for each shard. */
export interface ClusterShape {
  shards: number
  replicas: number | readonly number[]
}

/** How many replicas a shard (from 1) is formed with. */
export function replicasOf({ replicas }: Pick<ClusterShape, 'replicas'>, shard: number): number {
  return typeof replicas === 'number' ? replicas : (replicas[shard - 1] ?? 0)
}

/** How many replicas there are of all masters. */
export function replicaCount({ shards, replicas }: ClusterShape): number {
  return typeof replicas === 'number' ? shards * replicas : replicas.reduce((sum, count) => sum + count, 0)
}

/** `3 shards of 1 master and 1 replica`, `3 shards of 1 master each, with 2, 1 and 0 replicas; shard 3 without slots`. */
export function describeShape({ shards, replicas }: ClusterShape, slots: readonly (readonly unknown[])[] = []): string {
  const members =
    typeof replicas === 'number'
      ? `1 master and ${plural(replicas, 'replica')}`
      : `1 master each, with ${listed(replicas.map(String), MOST_COUNTS)} replicas`
  const empty = slots.flatMap((ranges, index) => (ranges.length === 0 ? [String(index + 1)] : []))
  const without = empty.length === 0 ? '' : `; shard${empty.length === 1 ? '' : 's'} ${listed(empty)} without slots`
  return `${plural(shards, 'shard')} of ${members}${without}`
}

/** Numbers of replicas that are told one by one. */
const MOST_COUNTS = 8
