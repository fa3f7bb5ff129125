import { PlatformError } from '../errors.ts'
import { CLIENTS, type GroupNeeds, type LinkFault, UnsupportedFault } from '../faults.ts'
import { needsLinks } from './loopback.ts'

const IMPOSSIBLE = {
  corruptRatio: 'corruption',
  duplicateRatio: 'duplication',
  reorderRatio: 'reordering',
} as const

/** Why links cannot do it. */
export const ONLY_STREAMS =
  'links carry what TCP hands to programs, in which nothing is ever corrupted, doubled or out of order'

export interface Linked {
  /** Names of the nodes. */
  nodes: readonly string[]
  /** What the group was made with. */
  needs: GroupNeeds
}

/** Throws UnsupportedFault for what links cannot do, PlatformError for nodes that there are not and values that make no sense. */
export function demandCarriable(faults: readonly LinkFault[], { nodes, needs }: Linked): void {
  for (const fault of faults) {
    demandEnds(fault, { nodes, needs })
    for (const [name, words] of Object.entries(IMPOSSIBLE)) {
      if (fault[name as keyof typeof IMPOSSIBLE] !== undefined) throw new UnsupportedFault(words, ONLY_STREAMS)
    }
    const problem = valueProblem(fault)
    if (problem) throw new PlatformError(`a fault of the link from ${fault.from} to ${fault.to}: ${problem}`)
  }
}

/** Throws as `demandCarriable` does if there is no such link. */
export function demandEnds(
  { from, to, channel }: Pick<LinkFault, 'from' | 'to' | 'channel'>,
  { nodes, needs }: Linked,
): void {
  const stranger = [from, to].find((end) => end !== CLIENTS && !nodes.includes(end))
  if (stranger) throw new PlatformError(`there is no node ${stranger}; there are ${nodes.join(', ')}`)
  if (from === to) throw new PlatformError(`${from} has no link to itself`)
  const withClients = [from, to].includes(CLIENTS)
  if (withClients && channel === 'bus') throw new PlatformError('clients have no link to the cluster bus')
  if (withClients ? needs.clientLinks : needsLinks(needs)) return
  const between = withClients ? 'clients and nodes' : 'nodes'
  throw new UnsupportedFault(`a fault between ${between}`, `these servers were made without links between ${between}`)
}

const RATIOS = ['lossRatio'] as const

function valueProblem(fault: LinkFault): string | undefined {
  const { delayMs = 0, jitterMs = 0, bytesPerSecond = 1000 } = fault
  if (!(delayMs >= 0 && delayMs <= 60_000)) return `a delay is 0 to 60000 ms, not ${delayMs}`
  if (!(jitterMs >= 0 && jitterMs <= delayMs)) return `a jitter is 0 to the delay of ${delayMs} ms, not ${jitterMs}`
  if (!(bytesPerSecond >= 1000)) return `a bandwidth is 1000 bytes per second or more, not ${bytesPerSecond}`
  const ratio = RATIOS.map((name) => fault[name] ?? 0).find((value) => !(value >= 0 && value <= 1))
  return ratio === undefined ? undefined : `a ratio is 0 to 1, not ${ratio}`
}
