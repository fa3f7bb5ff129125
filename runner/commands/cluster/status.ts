import { EXIT } from '../../base/exit.ts'
import { healthProblems } from '../../cluster/health.ts'
import { learnShards } from '../../cluster/learn-shards.ts'
import type { LiveCluster } from '../../cluster/live-cluster.ts'
import { riskWarnings } from '../../cluster/risks.ts'
import type { ServerGroup } from '../../platforms/platform.ts'
import type { Output } from '../command.ts'
import { statusTable } from './status-table.ts'
import { talkTo } from './talk-to.ts'
import { withCluster } from './with-cluster.ts'

/** The nodes of a cluster, what is unhealthy and why, and what is at risk, as lines; and whether it is healthy. */
export async function statusLines(
  live: LiveCluster,
  group: ServerGroup,
): Promise<{ lines: string[]; isHealthy: boolean }> {
  const snapshot = await live.look()
  const problems = healthProblems(snapshot, { nodes: live.nodes.map(({ name }) => name) })
  const risks = riskWarnings(snapshot, [...live.nodes])
  const states = await Promise.all(group.nodes.map(async ({ name }) => ({ name, ...(await group.state(name)) })))
  const lines = [
    statusTable(live, snapshot),
    ...states.filter(({ status }) => status !== 'running').map(({ name, text }) => `${name}: ${text}`),
    ...(problems.length === 0 ? ['healthy'] : ['unhealthy:', ...problems.map((problem) => `  - ${problem}`)]),
    ...(risks.length === 0 ? [] : ['at risk:', ...risks.map((risk) => `  - ${risk}`)]),
  ]
  return { lines, isHealthy: problems.length === 0 }
}

/** Prints the status of a group, and how to talk to it. Resolves with the exit code. */
export async function printStatus(group: ServerGroup, out: Output): Promise<number> {
  return await withCluster(group, async (live) => {
    await learnShards(live)
    const { lines, isHealthy } = await statusLines(live, group)
    out.print([...lines, `talk to it with: ${talkTo(group)}`].join('\n'))
    return isHealthy ? EXIT.passed : EXIT.failed
  })
}
