import { systemClock } from '../../base/clock.ts'
import { LiveCluster } from '../../cluster/live-cluster.ts'
import type { ServerGroup } from '../../platforms/platform.ts'

/** Works with connections to servers that are there, logged in as the runner. Throws PlatformError. */
export async function withCluster<T>(group: ServerGroup, work: (live: LiveCluster) => Promise<T>): Promise<T> {
  const live = new LiveCluster({ nodes: group.nodes, ...(await group.users()), clock: systemClock })
  try {
    return await work(live)
  } finally {
    live.close()
  }
}
