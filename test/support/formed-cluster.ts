import { systemClock } from '../../runner/base/clock.ts'
import { formCluster } from '../../runner/cluster/form.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { nodeCount } from '../../runner/cluster/topology.ts'
import type { SlotRange } from '../../runner/cluster/view.ts'
import { type LocalProgram, type LocalServers, startLocalServers } from './local-servers.ts'

export interface FormedCluster {
  servers: LocalServers
  cluster: LiveCluster
}

/** Real servers on this machine, formed into a cluster, gone again when the test ends. */
export async function formedCluster(
  t: { teardown(end: () => unknown): void },
  options: {
    shards: number
    replicas: number | readonly number[]
    slots?: SlotRange[][]
    settings?: Record<string, string>
    program?: LocalProgram
  },
): Promise<FormedCluster> {
  const { shards, replicas, slots = evenSplit(shards), settings = {}, program } = options
  const servers = await startLocalServers({ count: nodeCount({ shards, replicas }), settings, program })
  t.teardown(() => servers.stop())
  const cluster = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock: systemClock })
  t.teardown(() => cluster.close())
  await formCluster(cluster, { shards, replicas, slots }, { clock: systemClock, timeoutMs: 30_000 })
  return { servers, cluster }
}
