import { PlatformError } from '../../errors.ts'
import { CLIENTS, type LinkFault } from '../../faults.ts'

const RATIOS = ['lossRatio', 'corruptRatio', 'duplicateRatio', 'reorderRatio'] as const
const LONGEST_DELAY_MS = 60_000
const SLOWEST_BYTES_PER_SECOND = 1_000

/** Throws PlatformError for a fault of a link that makes no sense, before anything is touched. */
export function checkLinks(links: readonly LinkFault[], nodes: readonly string[]): void {
  for (const link of links) {
    const problem = problemOf(link, nodes)
    if (problem) throw new PlatformError(`a link from ${link.from} to ${link.to} cannot have this fault: ${problem}`)
  }
}

function problemOf(link: LinkFault, nodes: readonly string[]): string | undefined {
  const { from, to, channel, delayMs = 0, jitterMs = 0, bytesPerSecond } = link
  for (const end of [from, to]) {
    if (end !== CLIENTS && !nodes.includes(end)) return `there is no node ${end}; there are ${nodes.join(', ')}`
  }
  if (from === to) return 'it needs two ends'
  if (channel === 'bus' && (from === CLIENTS || to === CLIENTS)) return 'clients have no bus'
  for (const name of RATIOS) {
    const ratio = link[name] ?? 0
    if (!(ratio >= 0 && ratio <= 1)) return `${name} must be from 0 to 1, not ${ratio}`
  }
  if (!(delayMs >= 0 && delayMs <= LONGEST_DELAY_MS))
    return `delayMs must be from 0 to ${LONGEST_DELAY_MS}, not ${delayMs}`
  if (!(jitterMs >= 0 && jitterMs <= delayMs))
    return `jitterMs must be from 0 to the delay, ${delayMs}, not ${jitterMs}`
  if (bytesPerSecond !== undefined && !(bytesPerSecond >= SLOWEST_BYTES_PER_SECOND)) {
    return `bytesPerSecond must be ${SLOWEST_BYTES_PER_SECOND} or more, not ${bytesPerSecond}`
  }
  return undefined
}
