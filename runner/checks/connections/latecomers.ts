import type { Evidence } from '../evidence.ts'
import { isOwnOperation, isUnsent } from '../load-count.ts'

/**
 * How many clients came to the shard of a server only after `startMs`, ms from the scenario's start: one that opens a
 * connection where it needs it has none there before. Of a server of no shard, the most of any.
 */
export function latecomers({ history, facts, shards }: Evidence, startMs: number): (node: string) => number {
  const { ops, rows, clients } = history
  /** By shard: when each client came there first. */
  const came = new Map<number, Float64Array>()
  for (let row = 0; row < rows; row += 1) {
    const [shard, client, atMs] = [shards.ofKey[ops.key[row] ?? 0], ops.client[row] ?? 0, ops.invokeMs[row] ?? 0]
    if (shard === undefined || client >= clients || !isOwnOperation(history, row) || isUnsent(history, row)) continue
    const first = came.get(shard) ?? new Float64Array(clients).fill(Number.POSITIVE_INFINITY)
    first[client] = Math.min(first[client] ?? atMs, atMs)
    came.set(shard, first)
  }
  const late = new Map(
    [...came].map(([shard, first]) => [shard, first.filter((ms) => ms > startMs && Number.isFinite(ms)).length]),
  )
  const most = Math.max(0, ...late.values())
  return (node) => {
    const shard = facts.shards.find(({ nodes }) => nodes.includes(node))?.shard
    return shard === undefined ? most : (late.get(shard) ?? 0)
  }
}
