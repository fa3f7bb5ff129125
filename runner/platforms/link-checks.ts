import { PlatformError } from './errors.ts'
import { CLIENTS, type LinkFault, type LinkProbe } from './faults.ts'
import type { ServerNode } from './platform.ts'

const RATIOS = ['lossRatio', 'corruptRatio', 'duplicateRatio', 'reorderRatio'] as const
const LONGEST_DELAY_MS = 60_000
const LOWEST_BYTES_PER_SECOND = 1_000
/** Below the longest inline command that a server accepts, 64 KiB (server.h: PROTO_INLINE_MAX_SIZE, Redis 7.0). */
const LARGEST_QUESTION_BYTES = 48_000

/** Throws PlatformError for a link fault that makes no sense, on any platform. */
export function assertValidFaults(faults: readonly LinkFault[], nodes: readonly ServerNode[]): void {
  for (const fault of faults) {
    assertValidEnds(fault, nodes)
    const problem = valueProblem(fault) ?? packetProblem(fault)
    if (problem) throw new PlatformError(`a fault of the link from ${fault.from} to ${fault.to}: ${problem}`)
  }
}

/** Throws PlatformError for a probe that makes no sense, on any platform. */
export function assertValidProbe(probe: LinkProbe, nodes: readonly ServerNode[]): void {
  assertValidEnds(probe, nodes)
  const { to, payloadBytes = 0 } = probe
  if (to === CLIENTS) throw new PlatformError('clients have no port to be probed')
  if (payloadBytes > LARGEST_QUESTION_BYTES) {
    throw new PlatformError(`a question may have ${LARGEST_QUESTION_BYTES} bytes, not ${payloadBytes}`)
  }
}

function assertValidEnds(
  { from, to, channel }: Pick<LinkFault, 'from' | 'to' | 'channel'>,
  nodes: readonly ServerNode[],
): void {
  const names = nodes.map(({ name }) => name)
  const stranger = [from, to].find((end) => end !== CLIENTS && !names.includes(end))
  if (stranger) throw new PlatformError(`there is no node ${stranger}; there are ${names.join(', ')}`)
  if (from === to) throw new PlatformError(`${from} has no link to itself`)
  if ([from, to].includes(CLIENTS) && channel === 'bus') {
    throw new PlatformError('clients have no link to the cluster bus')
  }
}

function packetProblem({ packet, channel }: LinkFault): string | undefined {
  if (packet === undefined) return undefined
  if (channel !== 'bus') return `only the cluster bus has packets of type ${packet.type}`
  if (typeof packet.fate === 'string') return undefined
  const { delayMs } = packet.fate
  return delayMs > 0 && delayMs <= LONGEST_DELAY_MS
    ? undefined
    : `a packet is delayed by up to ${LONGEST_DELAY_MS} ms, not ${delayMs}`
}

function valueProblem(fault: LinkFault): string | undefined {
  const { delayMs = 0, jitterMs = 0, bytesPerSecond = LOWEST_BYTES_PER_SECOND } = fault
  if (!(delayMs >= 0 && delayMs <= LONGEST_DELAY_MS)) return `a delay is 0 to ${LONGEST_DELAY_MS} ms, not ${delayMs}`
  if (!(jitterMs >= 0 && jitterMs <= delayMs)) return `a jitter is 0 to the delay of ${delayMs} ms, not ${jitterMs}`
  if (!(bytesPerSecond >= LOWEST_BYTES_PER_SECOND)) {
    return `a bandwidth is ${LOWEST_BYTES_PER_SECOND} bytes per second or more, not ${bytesPerSecond}`
  }
  const ratio = RATIOS.map((name) => fault[name] ?? 0).find((value) => !(value >= 0 && value <= 1))
  return ratio === undefined ? undefined : `a ratio is 0 to 1, not ${ratio}`
}
