import { agreeOn } from '../../runner/cluster/agreed-view.ts'
import type { Snapshot } from '../../runner/cluster/live-cluster.ts'
import type { NodeReport } from '../../runner/cluster/node-report.ts'
import type { NodeView } from '../../runner/cluster/view.ts'
import { parseClusterNodes } from '../../runner/cluster/view-parser.ts'

/** Reports of a healthy cluster of three shards, nodes 0, 2 and 4 masters, to plant faults in. */
export const NAMES = [0, 1, 2, 3, 4, 5].map((index) => `redis-node${index}`)

export function idOf(index: number): string {
  return String(index).repeat(40)
}

const SLOTS = ['0-5460', '5461-10922', '10923-16383']

/** CLUSTER NODES of node `me`. */
export function clusterNodes(me: number): string {
  return NAMES.map((_, index) => {
    const shard = Math.floor(index / 2)
    const isMaster = index % 2 === 0
    const flags = `${index === me ? 'myself,' : ''}${isMaster ? 'master' : 'slave'}`
    const master = isMaster ? '-' : idOf(index - 1)
    const epoch = shard * 2 + 1
    const slots = isMaster ? ` ${SLOTS[shard]}` : ''
    return `${idOf(index)} 127.0.0.1:${7000 + index}@${17000 + index},localhost ${flags} ${master} 0 1 ${epoch} connected${slots}`
  }).join('\n')
}

export function healthyReports(): NodeReport[] {
  return NAMES.map((name, index) => ({
    name,
    view: parseClusterNodes(clusterNodes(index), name),
    info: { state: 'ok', slotsAssigned: 16384, knownNodes: 6, size: 3, currentEpoch: 6 },
    replication:
      index % 2 === 0
        ? {
            role: 'master',
            offset: 100,
            connectedReplicas: 1,
            syncInProgress: false,
            replicas: [{ host: '127.0.0.1', port: 7001 + index, state: 'online', offset: 100, lag: 0 }],
          }
        : {
            role: 'replica',
            masterLink: 'up',
            masterHost: '127.0.0.1',
            masterPort: 6999 + index,
            offset: 100,
            connectedReplicas: 0,
            syncInProgress: false,
            replicas: [],
          },
  }))
}

export function nameOf(node: NodeView): string {
  return NAMES.find((_, index) => idOf(index) === node.id) ?? `unknown node ${node.id.slice(0, 8)}`
}

/** `formed`: the nodes of each shard as it was formed. */
export function snapshotOf(
  reports: NodeReport[],
  unreachable: Record<string, string> = {},
  formed: readonly (readonly string[])[] = [],
): Snapshot {
  const witnesses = reports.map(({ name, view, info }) => ({ name, view, currentEpoch: info.currentEpoch }))
  return {
    atMs: 0,
    reports: new Map(reports.map((report) => [report.name, report])),
    unreachable: new Map(Object.entries(unreachable)),
    agreed: agreeOn(witnesses, nameOf, (name) => NAMES.indexOf(name), formed),
    nameOf,
    nameOfAddress: (_, port) => NAMES[port - 7000],
  }
}

/** Report `index`, which must be there. */
export function reportAt(reports: NodeReport[], index: number): NodeReport {
  const report = reports[index]
  if (!report) throw new Error(`no report ${index}`)
  return report
}

/** Changes how `viewer` sees `subject`. */
export function see(reports: NodeReport[], viewer: number, subject: number, change: Partial<NodeView>): void {
  const report = reportAt(reports, viewer)
  report.view.nodes = report.view.nodes.map((node) => (node.id === idOf(subject) ? { ...node, ...change } : node))
}
