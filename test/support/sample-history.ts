import { FN, NIL } from '../../runner/record/history-codes.ts'
import { HistoryWriter } from '../../runner/record/history-writer.ts'

export interface SampleLoad {
  file: string
  operations: number
  /** From the scenario's start, ms. */
  startMs: number
  endMs: number
  /** While nobody answers for a shard, ms: a third of what is sent times out, a third is refused. */
  outage?: { startMs: number; endMs: number }
}

/** Writes the history of a workload that read and wrote evenly over time, with the outage of one shard of three. */
export async function writeSampleHistory({ file, operations, startMs, endMs, outage }: SampleLoad): Promise<void> {
  const writer = new HistoryWriter({
    file,
    workload: 'checkout',
    type: 'register',
    clients: 8,
    startWallMs: 0,
    options: {},
  })
  const nodes = ['redis-node0', 'redis-node2', 'redis-node4'].map((name) => writer.node(name))
  const keys = nodes.map((_, place) => writer.key(`key:${place}`, place * 5461))
  for (let number = 0; number < operations; number += 1) {
    const shard = number % 3
    const atMs = startMs + ((endMs - startMs) * number) / operations
    const [key = 0, node = 0] = [keys[shard], nodes[shard]]
    const handle = writer.begin(FN.write, number % 8, key, number, NIL, atMs, atMs)
    const out = outage !== undefined && atMs >= outage.startMs && atMs < outage.endMs
    if (out && shard === 0) writer.indeterminate(handle, 'timeout', node, Math.min(atMs + 500, endMs))
    else if (out && shard === 1 && atMs > outage.endMs - 900) writer.failed(handle, 'CLUSTERDOWN', node, atMs + 0.6)
    else writer.ok(handle, NIL, node, atMs + latencyOf(number))
  }
  await writer.close()
}

/** Half a millisecond to two, and now and then much more. */
function latencyOf(number: number): number {
  const base = 0.5 + ((number * 7919) % 1000) / 700
  return number % 997 === 0 ? base * 40 : number % 89 === 0 ? base * 6 : base
}
