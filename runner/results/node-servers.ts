import { plural } from '../base/text.ts'
import type { ClusterInfo, ScenarioEvent } from '../record/events.ts'

type NodeServers = Pick<ClusterInfo['nodes'][number], 'name' | 'server' | 'later'>

/** The cluster with what its nodes were started as later. */
export function withLaterServers(cluster: ClusterInfo, events: readonly ScenarioEvent[], startMs: number): ClusterInfo {
  const changes = events.filter((event) => event.type === 'server-changed')
  if (changes.length === 0) return cluster
  const nodes = cluster.nodes.map((node) => {
    const own = changes.filter((change) => change.node === node.name)
    const later = own.map(({ server, atMs }) => ({ server, atMs: Math.round(atMs - startMs) }))
    return later.length === 0 ? node : { ...node, later }
  })
  return { ...cluster, nodes }
}

/** `redis 7.0.15 → redis 8.0.2`; undefined where the record does not tell. */
export function serversOf({ server, later = [] }: NodeServers): string | undefined {
  return server === undefined ? undefined : [server, ...later.map((one) => one.server)].join(' → ')
}

/**
 * What a scenario was played on, in words: `redis 7.0.15`; where nodes differ or changed, `redis 7.0.15 → redis 8.0.2 on
 * 3 nodes, valkey 9.1.2 on redis-node5`.
 */
export function describeServers(server: string, cluster: ClusterInfo | undefined): string {
  const groups = new Map<string, string[]>()
  for (const node of cluster?.nodes ?? []) {
    const own = serversOf(node) ?? server
    groups.set(own, [...(groups.get(own) ?? []), node.name])
  }
  const [first, ...others] = [...groups]
  if (first === undefined) return server
  if (others.length === 0) return first[0]
  return [first, ...others]
    .map(([own, [name = '', ...more]]) => `${own} on ${more.length === 0 ? name : plural(more.length + 1, 'node')}`)
    .join(', ')
}
