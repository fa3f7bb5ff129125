import { UnsupportedFault } from '../../faults.ts'
import type { StepResult, ToolboxTask } from '../toolbox/job.ts'
import type { Division, Door } from './detours.ts'
import type { LiveNode } from './nodes.ts'
import { readAnswers } from './probing.ts'

/** From a node to a link of this program, on the same machine. */
export const REACHED_WITHIN_MS = 2_000

/** A question from the first node that will speak by way of a link, to that link: all nodes are in the same network. */
export function reachTasks(
  { detours }: Division,
  doors: readonly Door[],
  live: readonly LiveNode[],
): readonly ToolboxTask[] {
  const ways = detours.flatMap(({ ends: [from, to], channels: [channel] }) => {
    const sender = live.find(({ node }) => node.name === from)
    const door = doors.find((one) => one.to === to && one.channel === channel)
    return sender && door ? [{ sender, door }] : []
  })
  return ways.slice(0, 1).map(({ sender: { node, pid }, door }) => ({
    key: node.name,
    namespace: { pid, address: node.peerHost },
    steps: [{ program: 'probe', input: `0 ${door.host} ${door.port} ${door.channel} 0 ${REACHED_WITHIN_MS}\n` }],
  }))
}

/** Throws UnsupportedFault if the question has met silence; a link whose node is down resets whoever comes. */
export function demandReached(results: ReadonlyMap<string, readonly StepResult[]>): void {
  for (const [node, done] of results) {
    if (readAnswers(done).get(0)?.outcome !== 'silent') continue
    throw new UnsupportedFault(
      'a slow link',
      `the kernel lacks what slows links, and ${node} did not reach what stands in for it, at the gateway of its network, within ${REACHED_WITHIN_MS / 1000} s`,
      'a firewall of this machine may keep containers out: let in what comes from their networks',
    )
  }
}
