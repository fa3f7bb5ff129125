import type { LiveCluster, LiveNode } from '../cluster/live-cluster.ts'
import type { Topology } from '../cluster/topology.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { ClusterNodeInfo } from '../record/events.ts'
import type { AddServer } from '../steps/more-servers.ts'
import { formedNodes } from './announce.ts'
import type { NodeLogs } from './node-logs.ts'
import type { RunSettings } from './run-settings.ts'

interface AdderOptions {
  servers: ServerGroup
  cluster: LiveCluster
  logs: NodeLogs
  topology: Topology
  /** Place of the scenario in the run, from 0. */
  scenario: number
}

/** What brings up one more server for a step, and lets all that watch the servers know of it. */
export function serverAdder(options: AdderOptions, settings: Pick<RunSettings, 'recorder' | 'portBase'>): AddServer {
  const { servers, cluster, logs, topology, scenario } = options
  const known: Pick<ClusterNodeInfo, 'name' | 'shard'>[] = formedNodes(topology, settings)
  let turn: Promise<unknown> = Promise.resolve()
  const add = async (of: string | undefined): Promise<LiveNode> => {
    const server = await servers.add()
    const { name, host, port } = server
    const shard = known.find((node) => node.name === of)?.shard ?? Math.max(0, ...known.map((node) => node.shard)) + 1
    const node = { name, address: `${host}:${port}`, role: of === undefined ? 'master' : 'replica', shard } as const
    known.push(node)
    settings.recorder.record({ type: 'node-added', scenario, node: { ...node, added: true } })
    await logs.add(name)
    return cluster.add(server)
  }
  return ({ of } = {}) => {
    // Several steps may want one at the same time: the names follow the order in which they ask.
    const added = turn.then(() => add(of))
    turn = added.catch(() => undefined)
    return added
  }
}
