import { readFileSync } from 'node:fs'
import type { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { parseInfo } from '../runner/cluster/node-report.ts'

/** Of Linux on all machines that it runs on today: `getconf CLK_TCK`. */
const MS_PER_TICK = 10

/** Of all servers since they started, user and system. */
export async function serversCpuMs(cluster: LiveCluster): Promise<number> {
  const times = await Promise.all(
    cluster.nodes.map(async ({ client }) => {
      const pid = parseInfo(String(await client.call('INFO', 'server'))).get('process_id')
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
    }),
  )
  return times.reduce((sum, ms) => sum + ms, 0)
}
