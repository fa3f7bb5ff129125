import Table from 'cli-table3'
import type { LiveCluster, Snapshot } from '../../cluster/live-cluster.ts'
import { formatSlotRanges } from '../../cluster/slots.ts'
import type { NodeView } from '../../cluster/view.ts'
import { NO_BORDERS } from '../../report/style.ts'

/** The nodes of a cluster as a table: name, address, role, shard, slots, epoch, link and lag. */
export function statusTable(cluster: LiveCluster, snapshot: Snapshot): string {
  const table = new Table({
    head: ['node', 'address', 'role', 'shard', 'slots', 'epoch', 'link', 'lag'],
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
  })
  for (const { name, serverName, host, port } of cluster.nodes) {
    table.push([serverName === name ? name : `${name} (${serverName})`, `${host}:${port}`, ...row(name, snapshot)])
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function row(name: string, snapshot: Snapshot): string[] {
  const { agreed } = snapshot
  const seen = seenByOthers(name, snapshot)
  const report = snapshot.reports.get(name)
  const shard = agreed.shardOf(name)
  const role = agreed.roleOf(name) ?? report?.replication.role ?? '?'
  const slots = shard?.master === name ? formatSlotRanges(shard.slots) : ''
  const epoch = seen === undefined ? '' : String(seen.configEpoch)
  const described = [
    role + (agreed.isFailing(name) ? ', failing' : ''),
    shard ? String(shard.number) : '-',
    slots,
    epoch,
  ]
  if (!report) return [...described, 'unreachable', snapshot.unreachable.get(name) ?? '']
  if (report.replication.role === 'master') return [...described, '-', '-']
  return [...described, report.replication.masterLink ?? '?', lagOf(name, snapshot)]
}

function seenByOthers(name: string, snapshot: Snapshot): NodeView | undefined {
  const views = [...snapshot.reports.values()].map(({ view }) => view)
  return views.flatMap(({ nodes }) => nodes).find((node) => snapshot.nameOf(node) === name)
}

function lagOf(name: string, snapshot: Snapshot): string {
  const own = snapshot.reports.get(name)?.replication
  const master = snapshot.reports.get(snapshot.agreed.masterOf(name) ?? '')?.replication
  return own && master ? `${Math.max(0, master.offset - own.offset)} bytes` : '?'
}

/**
 * The replication groups in words: `shard 1: redis-node0 (localhost:7010), slots 0-5460, replicas redis-node1
 * (localhost:7011)`.
 */
export function groupLines(cluster: LiveCluster, snapshot: Snapshot): string[] {
  const address = (name: string) =>
    cluster.has(name) ? ` (${cluster.node(name).host}:${cluster.node(name).port})` : ''
  const { shards, withoutSlots } = snapshot.agreed
  const all = [...shards, ...withoutSlots].sort((a, b) => a.number - b.number)
  return all.map(({ number, master, replicas, slots }) => {
    const followers = replicas.length === 0 ? 'none' : replicas.map((name) => name + address(name)).join(', ')
    return `shard ${number}: master ${master}${address(master)}, slots ${formatSlotRanges(slots) || 'none'}; replicas: ${followers}`
  })
}
