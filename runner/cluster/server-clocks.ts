import type { Clock } from '../base/clock.ts'
import { formatDuration } from '../base/duration.ts'
import type { LiveCluster } from './live-cluster.ts'

/** How far the wall clocks of servers are ahead of this machine's, ms; below 0 they are behind. */
export type ServerClocks = ReadonlyMap<string, number>

/** The masters with slots, as a replica sees them. */
export interface Voters {
  all: readonly string[]
  /** Those that answer and are not marked as failing. */
  alive: readonly string[]
  majority: number
}

/** Clocks that differ by less, ms, hold nothing up. */
const TELLING_MS = 1000

/** Asks servers for their wall clocks. Those that give no answer are left out. */
export async function measureClocks(
  cluster: LiveCluster,
  nodes: readonly string[],
  clock: Clock,
): Promise<ServerClocks> {
  const measured = await Promise.all(
    nodes.map(async (node): Promise<[string, number][]> => {
      try {
        const startMs = clock.nowMs()
        const reply = await cluster.node(node).client.call('TIME')
        const halfMs = (clock.nowMs() - startMs) / 2
        const [seconds, microseconds] = Array.isArray(reply) ? reply.map(Number) : []
        if (seconds === undefined || microseconds === undefined) return []
        return [[node, seconds * 1000 + microseconds / 1000 - (clock.wallMs() - halfMs)]]
      } catch {
        return []
      }
    }),
  )
  return new Map(measured.flat())
}

/**
 * Clocks that hold a failover up: servers time silence, the wait before an election, its retry and their last vote by
 * the wall clock (mstime in clusterCron, clusterHandleSlaveFailover and clusterSendFailoverAuthIfNeeded, cluster.c, Redis
 * 7.0). Whoever is set back waits until its clock has caught up.
 */
export function clockReasons(clocks: ServerClocks, node: string, { all, alive, majority }: Voters): string[] {
  const isBehind = (name: string) => (clocks.get(name) ?? 0) < -TELLING_MS
  const late = alive.filter(isBehind)
  return [
    ...(isBehind(node)
      ? [`${behind(clocks, [node])}: an election that it had set up waits until it has caught up`]
      : []),
    ...(late.length > 0 && alive.length - late.length < majority
      ? [
          `${behind(clocks, late)}: until they have caught up, they may not notice that a master is silent, nor vote again, and ` +
            `${alive.length - late.length} of ${all.length} masters with slots are left, where ${majority} must agree`,
        ]
      : []),
  ]
}

function behind(clocks: ServerClocks, nodes: readonly string[]): string {
  const most = Math.max(...nodes.map((node) => -(clocks.get(node) ?? 0)))
  const whose = nodes.length === 1 ? 'clock' : 'clocks'
  const are = nodes.length === 1 ? 'is' : 'are'
  return `the wall ${whose} of ${nodes.join(', ')} ${are} ${formatDuration(most)} behind this machine's, as after being set back`
}

/** What a replica's clock adds to the age of its data, in words. */
export function clockAhead(clocks: ServerClocks, node: string): string {
  const aheadMs = clocks.get(node) ?? 0
  return aheadMs > TELLING_MS ? `; its wall clock is ${formatDuration(aheadMs)} ahead of this machine's` : ''
}
