import type { ClusterInfo, ScenarioEvent } from '../record/events.ts'

/** The cluster as it was formed, with the nodes that were added since; undefined when none came to be. */
export function clusterInfo(events: readonly ScenarioEvent[]): ClusterInfo | undefined {
  const formed = events.find((event) => event.type === 'cluster-ready')?.cluster
  const added = events.filter((event) => event.type === 'node-added').map(({ node }) => node)
  if (formed === undefined || added.length === 0) return formed
  return { ...formed, nodes: [...formed.nodes, ...added] }
}

/** Nodes that the cluster was formed of. */
export function formedNodes(cluster: ClusterInfo | undefined): ClusterInfo['nodes'] {
  return (cluster?.nodes ?? []).filter(({ added }) => added !== true)
}
