import type { Clock } from '../base/clock.ts'
import type { LiveCluster, LiveNode } from '../cluster/live-cluster.ts'
import { parseInfo } from '../cluster/node-report.ts'
import type { Recorder } from '../record/event-log.ts'

const LOOK_EVERY_MS = 1000
const ANSWER_WITHIN_MS = 1000

/**
 * Asks each server once a second what it holds (connections, memory, replication buffers), and records it. Returns a
 * function that ends it.
 */
export function watchResources(
  cluster: LiveCluster,
  { recorder, clock, scenario }: { recorder: Recorder; clock: Clock; scenario: number },
): () => void {
  const ended = new AbortController()
  const watch = async (node: LiveNode) => {
    while (!ended.signal.aborted) {
      const askedMs = clock.nowMs()
      const info = await node.client.callWithin(ANSWER_WITHIN_MS, 'INFO').catch(() => undefined)
      if (typeof info === 'string' && !ended.signal.aborted) {
        recorder.record({
          type: 'resources-seen',
          scenario,
          node: node.name,
          seenMs: recorder.timeOf(askedMs),
          ...resourcesIn(info),
        })
      }
      await clock.sleep(LOOK_EVERY_MS, ended.signal).catch(() => undefined)
    }
  }
  cluster.onNode((node) => void watch(node))
  return () => ended.abort()
}

function resourcesIn(info: string) {
  const fields = parseInfo(info)
  const number = (field: string) => Number(fields.get(field) ?? 0)
  return {
    clients: number('connected_clients'),
    usedMemory: number('used_memory'),
    replicationBuffers: number('mem_clients_slaves') + number('repl_backlog_histlen'),
    keys: Number(/keys=(\d+)/.exec(fields.get('db0') ?? '')?.[1] ?? 0),
  }
}
