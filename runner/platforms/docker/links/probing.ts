import { BUS_OFFSET } from '../../bus-port.ts'
import { PlatformError } from '../../errors.ts'
import { CLIENTS, type LinkAnswer, type LinkProbe } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import type { StepResult, ToolboxTask } from '../toolbox/job.ts'
import type { LiveNode } from './nodes.ts'

/** A probe, and its place in the list of all. */
export interface PlacedProbe {
  probe: LinkProbe
  index: number
}

/** The probes of each node, in its own namespace. Throws PlatformError for a node that does not run. */
export function probeTasks(
  probes: readonly PlacedProbe[],
  nodes: readonly ServerNode[],
  live: readonly LiveNode[],
  timeoutMs: number,
): ToolboxTask[] {
  return [...new Set(probes.map(({ probe }) => probe.from))].map((from) => {
    const sender = live.find(({ node }) => node.name === from)
    if (!sender) throw new PlatformError(`${from} does not run, so no connection can be tried from it`)
    const input = probes
      .filter(({ probe }) => probe.from === from)
      .map(({ probe, index }) => `${index} ${questionOf(probe, nodes)} ${timeoutMs}\n`)
      .join('')
    return {
      key: from,
      namespace: { pid: sender.pid, address: sender.node.peerHost },
      steps: [{ program: 'probe', input }],
    }
  })
}

function questionOf({ to, channel, payloadBytes = 0 }: LinkProbe, nodes: readonly ServerNode[]): string {
  const receiver = nodes.find(({ name }) => name === to)
  const port = (receiver?.peerPort ?? 0) + (channel === 'bus' ? BUS_OFFSET : 0)
  return `${receiver?.peerHost} ${port} ${channel} ${payloadBytes}`
}

/** What docker/toolbox/probe.pl has answered, by the places of the probes. */
export function readAnswers(results: readonly StepResult[]): Map<number, Omit<LinkAnswer, keyof LinkProbe>> {
  const lines = results.flatMap(({ output }) => output.split('\n')).filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const { probe, ...answer } = JSON.parse(line) as { probe: number } & Omit<LinkAnswer, keyof LinkProbe>
      return [probe, answer]
    }),
  )
}

/** Throws PlatformError for a probe that cannot be. */
export function checkProbe({ from, to, channel, payloadBytes = 0 }: LinkProbe): void {
  if (to === CLIENTS) throw new PlatformError(`clients listen nowhere: there is nothing to try from ${from}`)
  if (from === CLIENTS && channel === 'bus') throw new PlatformError('clients cannot reach the cluster bus')
  if (payloadBytes > LARGEST_QUESTION_BYTES) {
    throw new PlatformError(`a question may have ${LARGEST_QUESTION_BYTES} bytes, not ${payloadBytes}`)
  }
}

/** Below the longest inline command that a server takes, 64 KiB (server.h: PROTO_INLINE_MAX_SIZE, Redis 7.0). */
const LARGEST_QUESTION_BYTES = 48_000
