import type { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { parseInfo } from '../runner/cluster/node-report.ts'

/** Processor time of all servers since they started, user and system, by their own count. */
async function serversCpuMs(cluster: LiveCluster): Promise<number> {
  const times = await Promise.all(
    cluster.nodes.map(async ({ client }) => {
      const cpu = parseInfo(String(await client.call('INFO', 'cpu')))
      return (Number(cpu.get('used_cpu_user')) + Number(cpu.get('used_cpu_sys'))) * 1000
    }),
  )
  return times.reduce((sum, ms) => sum + ms, 0)
}

/** Does the work; what came of it, and the processor time that the servers and this process took meanwhile. */
export async function withCpu<T>(
  cluster: LiveCluster,
  work: () => Promise<T>,
): Promise<{ result: T; serversMs: number; runnerMs: number }> {
  const before = { servers: await serversCpuMs(cluster), runner: process.cpuUsage() }
  const result = await work()
  const { user, system } = process.cpuUsage(before.runner)
  const serversMs = (await serversCpuMs(cluster)) - before.servers
  return { result, serversMs, runnerMs: (user + system) / 1000 }
}
