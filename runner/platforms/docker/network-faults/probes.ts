import { PlatformError } from '../../errors.ts'
import type { LinkAnswer, LinkProbe } from '../../faults.ts'
import { BUS_OFFSET, type ServerNode } from '../../platform.ts'
import type { StepResult, ToolboxTask } from '../toolbox/job.ts'
import type { LiveNode } from './live-nodes.ts'

/** A probe and its index in the list it came from. */
export interface NumberedProbe {
  probe: LinkProbe
  index: number
}

/**
 * Tasks that try connections from inside each sender's own namespace. Throws PlatformError for a sender that does not
 * run.
 */
export function probeTasks(
  probes: readonly NumberedProbe[],
  nodes: readonly ServerNode[],
  live: readonly LiveNode[],
  timeoutMs: number,
): ToolboxTask[] {
  return [...new Set(probes.map(({ probe }) => probe.from))].map((from) => {
    const sender = live.find(({ node }) => node.name === from)
    if (!sender) throw new PlatformError(`${from} does not run, so no connection can be tried from it`)
    const input = probes
      .filter(({ probe }) => probe.from === from)
      .map(({ probe, index }) => `${index} ${probeArguments(probe, nodes)} ${timeoutMs}\n`)
      .join('')
    return {
      key: from,
      namespace: { pid: sender.pid, address: sender.node.peerHost },
      steps: [{ program: 'probe', input }],
    }
  })
}

function probeArguments({ to, channel, payloadBytes = 0 }: LinkProbe, nodes: readonly ServerNode[]): string {
  const receiver = nodes.find(({ name }) => name === to)
  const port = (receiver?.peerPort ?? 0) + (channel === 'bus' ? BUS_OFFSET : 0)
  return `${receiver?.peerHost} ${port} ${channel} ${payloadBytes}`
}

/** What docker/toolbox/probe.pl answered, by the index of the probe. */
export function readAnswers(results: readonly StepResult[]): Map<number, Omit<LinkAnswer, keyof LinkProbe>> {
  const lines = results.flatMap(({ output }) => output.split('\n')).filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const { probe, ...answer } = JSON.parse(line) as { probe: number } & Omit<LinkAnswer, keyof LinkProbe>
      return [probe, answer]
    }),
  )
}
