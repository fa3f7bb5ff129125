import type { LiveCluster } from '../live-cluster.ts'
import type { AtomicWay } from './atomic-way.ts'
import { redisMigration } from './redis-migration.ts'
import { valkeyMigration } from './valkey-migration.ts'

/** The ways there are. */
export const atomicWays: readonly AtomicWay[] = [valkeyMigration, redisMigration]

/** The way that a server has by itself, as it says; undefined if it has none. Throws ReplyError or Unreachable. */
export async function atomicWayOf(cluster: LiveCluster, node: string): Promise<AtomicWay | undefined> {
  const known = await cluster.node(node).client.call('COMMAND', 'INFO', ...atomicWays.map(({ command }) => command))
  return Array.isArray(known) ? atomicWays.find((_, place) => Array.isArray(known[place])) : undefined
}
