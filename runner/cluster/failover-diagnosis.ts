import type { LiveCluster } from './live-cluster.ts'

/**
 * Settings of a replica that keep it from an election, and the values at which they do (redis.conf and
 * clusterHandleSlaveFailover in cluster.c, Redis 7.0).
 */
async function blockingSetting(cluster: LiveCluster, node: string): Promise<string[]> {
  const reply = await cluster.node(node).client.call('CONFIG', 'GET', 'cluster-replica-no-failover')
  const value = Array.isArray(reply) ? reply[1] : undefined
  return value === 'yes'
    ? [
        `${node} has cluster-replica-no-failover yes: it never starts an election, so it can only be promoted by CLUSTER FAILOVER`,
      ]
    : []
}

/**
 * Why a replica has not been promoted, as far as it can be seen from outside: a sentence for each reason found. Best
 * effort: a node that does not answer gives no reasons. Never throws.
 */
export async function whyNoFailover(cluster: LiveCluster, node: string): Promise<string[]> {
  try {
    const { report, master } = await cluster.lookAt(node)
    if (report.replication.role === 'master' || master === undefined) return []
    const { agreed } = await cluster.look()
    const masters = agreed.shards.map((shard) => shard.master)
    const alive = masters.filter((name) => agreed.isReachable(name) && !agreed.isFailing(name))
    const majority = Math.floor(masters.length / 2) + 1
    return [
      ...(await blockingSetting(cluster, node)),
      ...(alive.length < majority
        ? [
            `${alive.length} of ${masters.length} masters can vote (${alive.join(', ') || 'none'}), and an election needs ${majority}`,
          ]
        : []),
      ...(agreed.isReachable(master) && !agreed.isFailing(master)
        ? [`its master ${master} answers and is not marked as failing, so there is no reason for an election`]
        : []),
      ...(!agreed.isReachable(master) && !agreed.isFailing(master)
        ? [`its master ${master} does not answer, but most nodes have not marked it as failing yet`]
        : []),
    ]
  } catch {
    return []
  }
}
