import type { LiveCluster } from './live-cluster.ts'
import { parseInfo } from './node-report.ts'

/**
 * Servers, by name, that write the append-only file with which they begin after a full copy. One of them does not end
 * when it is asked to, and forgets that it was (`Writing initial AOF, can't exit`: prepareForShutdown, server.c,
 * Redis 6.0 and 7.0). A server that does not answer, or has no such file, is none of them.
 */
export async function writingFiles(cluster: LiveCluster, names: readonly string[]): Promise<string[]> {
  const writes = await Promise.all(
    names.map(async (name) => {
      const [reply] = await cluster.node(name).client.pipeline([['INFO', 'persistence']])
      const info = parseInfo(reply instanceof Error ? '' : String(reply))
      if (info.get('aof_enabled') !== '1') return false
      return info.get('aof_rewrite_in_progress') === '1' || info.get('aof_rewrite_scheduled') === '1'
    }),
  )
  return names.filter((_, place) => writes[place])
}
