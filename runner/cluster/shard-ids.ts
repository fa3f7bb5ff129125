import type { LiveCluster, Snapshot } from './live-cluster.ts'

/** A replica that a server has in another shard than its master; by name. */
export interface SplitShard {
  by: string
  replica: string
  master: string
}

/**
 * Where a server holds two shard ids for one shard. It has them from packets, the master's and the replica's, which come
 * at their own times; until both agree, its nodes.conf is one that it does not start from (clusterLoadConfig,
 * cluster_legacy.c, Valkey 8.1; issue 2171 of Valkey, mended after 8.1.1). No command shows a shard id, but CLUSTER SHARDS
 * groups nodes by it, and by replication before there were any (Redis 7.0). A server without that command, or that does
 * not answer, has none.
 */
export async function splitShards(cluster: LiveCluster, { reports, nameOf }: Snapshot): Promise<SplitShard[]> {
  const each = [...reports.values()].map(async ({ name, view }) => {
    const [reply] = await cluster.node(name).client.pipeline([['CLUSTER', 'SHARDS']])
    const shardOf = shardsById(reply)
    return view.nodes.flatMap((replica) => {
      const master = view.nodes.find(({ id }) => id === replica.masterId)
      if (master === undefined) return []
      const [its, ours] = [shardOf.get(master.id), shardOf.get(replica.id)]
      if (its === undefined || ours === undefined || its === ours) return []
      return [{ by: name, replica: nameOf(replica), master: nameOf(master) }]
    })
  })
  return (await Promise.all(each)).flat()
}

export function describeSplit({ by, replica, master }: SplitShard): string {
  return `${by} has ${replica} in another shard than its master ${master}`
}

/** The place of the shard in which a reply to CLUSTER SHARDS has each node, by id. */
function shardsById(reply: unknown): Map<string, number> {
  const shards = Array.isArray(reply) ? reply : []
  return new Map(
    shards.flatMap((shard, number) => {
      const nodes = fieldOf(shard, 'nodes')
      return (Array.isArray(nodes) ? nodes : []).map((node) => [String(fieldOf(node, 'id')), number] as const)
    }),
  )
}

/** A value of a map, which RESP2 gives as a list of names and values in turn. */
function fieldOf(map: unknown, name: string): unknown {
  return Array.isArray(map) ? map[map.indexOf(name) + 1] : undefined
}
