import { LiveCluster, type Snapshot } from '../cluster/live-cluster.ts'
import type { ServerNode } from '../platforms/platform.ts'
import type { Clock } from '../record/clock.ts'
import type { Recorder } from '../record/event-log.ts'
import type { NodeSeen } from '../record/events.ts'

/** Between two looks, ms: short beside what clients feel, and few commands beside any load. */
const EVERY_MS = 50

/**
 * Looks at all nodes all the time, over connections of its own, and records what they show whenever it has changed.
 * The returned function ends the looking, closes the connections, and resolves when the last look is over.
 */
export function watchView(
  nodes: readonly ServerNode[],
  options: { password: string; clock: Clock; recorder: Pick<Recorder, 'record'>; scenario: number },
): () => Promise<void> {
  const { clock, recorder, scenario } = options
  // Not the steps' connections: a look that is given up ends every call on its connection.
  const cluster = new LiveCluster({ nodes, password: options.password, clock })
  const stopped = new AbortController()
  let last = ''
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const snapshot = await cluster.look()
      if (stopped.signal.aborted) return
      const seen = seenOf(snapshot, nodes)
      const text = JSON.stringify(seen)
      if (text !== last) recorder.record({ type: 'view-seen', scenario, ageMs: clock.nowMs() - snapshot.atMs, ...seen })
      last = text
      await clock.sleep(EVERY_MS, stopped.signal).catch(() => undefined)
    }
  }
  const ended = watch()
  return () => {
    stopped.abort()
    cluster.close()
    return ended
  }
}

function seenOf(snapshot: Snapshot, nodes: readonly ServerNode[]): { currentEpoch: number; nodes: NodeSeen[] } {
  const epochs = [...snapshot.reports.values()].map(({ info }) => info.currentEpoch)
  return {
    currentEpoch: Math.max(0, ...epochs),
    nodes: nodes.map(({ name }) => nodeSeen(name, snapshot)),
  }
}

function nodeSeen(name: string, { agreed, reports, unreachable, nameOf }: Snapshot): NodeSeen {
  const report = reports.get(name)
  const shard = agreed.shardOf(name)
  const own = report?.view.nodes.find(({ id }) => id === report.view.myId)
  const told = [...reports.values()].flatMap(({ view }) => view.nodes.filter((node) => nameOf(node) === name))
  const role = own?.role ?? agreed.roleOf(name)
  const master = agreed.masterOf(name)
  const id = told[0]?.id
  return {
    name,
    ...(id !== undefined && { id }),
    up: report !== undefined,
    ...(report === undefined && { why: unreachable.get(name) ?? 'no answer' }),
    ...(role !== undefined && { role }),
    ...(role === 'replica' && master !== undefined && { master }),
    ...(shard !== undefined && { shard: shard.number }),
    slots: shard?.master === name ? shard.slots.map(([first, last]) => [first, last]) : [],
    ...(told.length > 0 && { configEpoch: Math.max(...told.map(({ configEpoch }) => configEpoch)) }),
    ...(agreed.isFailing(name) && { failing: true }),
    ...(report !== undefined && { state: report.info.state }),
    ...(report?.replication.masterLink !== undefined && { link: report.replication.masterLink }),
  }
}
