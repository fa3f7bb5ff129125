import type { LiveCluster } from './live-cluster.ts'

/**
 * Takes the masters without slots of a cluster that another process formed for those that it was formed with: its
 * shards have the numbers then that `formCluster` gave them.
 */
export async function learnShards(cluster: LiveCluster): Promise<void> {
  const { agreed } = await cluster.look()
  if (agreed.shards.length === 0) return
  const idle = cluster.nodes
    .map(({ name }) => name)
    .filter((name) => agreed.roleOf(name) === 'master' && agreed.shardOf(name) === undefined)
    .filter((name) => agreed.isReachable(name) && !agreed.isFailing(name))
  cluster.form(idle.map((name) => [name]))
}
