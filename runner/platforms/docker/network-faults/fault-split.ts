import { CLIENTS, type LinkFault, UnsupportedFault } from '../../faults.ts'

/** What network faults are made of, and why it does not work on this engine's machine; undefined where it works. */
export interface MissingFeatures {
  /** Dropping and rejecting packets. */
  filter: string | undefined
  /** Dropping a share of the packets. */
  loss: string | undefined
  duplicate: string | undefined
  /** Queues with a limited rate. */
  shape: string | undefined
  /** Queues for packets that come from clients. */
  intake: string | undefined
  netem: string | undefined
  pause: string | undefined
  /** The runner's own links, which stand in for queues and loss. */
  detour: string | undefined
}

/** Two nodes that talk through the runner's own links instead of directly, and the channels that do. */
export interface Detour {
  ends: readonly [string, string]
  channels: readonly ('bus' | 'data')[]
}

/** Which faults the kernel brings about, and which the runner's own links. */
export interface FaultSplit {
  detours: readonly Detour[]
  /** The kernel's part of each fault, in the order of the faults. */
  kernel: readonly LinkFault[]
  /** The links' part, each with the index of the fault it belongs to. */
  carried: readonly { link: LinkFault; index: number }[]
}

type Slowdown = 'delayMs' | 'jitterMs' | 'lossRatio' | 'bytesPerSecond'

/** What links can do, and the kernel features that would otherwise do it. */
const SLOWDOWNS: readonly (readonly [Slowdown, ...(keyof MissingFeatures)[]])[] = [
  ['delayMs', 'shape', 'netem'],
  ['jitterMs', 'shape', 'netem'],
  ['lossRatio', 'loss'],
  ['bytesPerSecond', 'shape'],
]

/**
 * Splits faults between the kernel and the runner's links. Two nodes take a detour through a link when the kernel
 * cannot slow their traffic as asked, and for faults of single packets of the bus, of which no kernel knows. The link
 * then does everything that slows them and repeats the kernel's cuts, because the kernel no longer sees the nodes' own
 * addresses on both ends of these packets.
 */
export function splitFaults(links: readonly LinkFault[], missing: MissingFeatures): FaultSplit {
  const slowed = links.filter(
    (link) => isBetweenNodes(link) && !link.cut && (link.packet ?? slowdownsOf(link)) !== undefined,
  )
  const needLinks = missing.detour === undefined ? slowed.filter((link) => exceedsKernel(link, missing)) : []
  const pairs = new Map(needLinks.map(({ from, to }) => [pairKey(from, to), [from, to] as const]))
  const detours = [...pairs].map(([pair, ends]): Detour => {
    const channels = slowed.filter(({ from, to }) => pairKey(from, to) === pair).map(({ channel }) => channel)
    const takes = (channel: 'bus' | 'data') => channels.includes('all') || channels.includes(channel)
    return { ends, channels: (['bus', 'data'] as const).filter(takes) }
  })
  if (detours.length > 0) assertNoClientFaults(links, detours)
  const takesDetour = ({ from, to }: LinkFault) => pairs.has(pairKey(from, to))
  return {
    detours,
    kernel: links.map((link) => (takesDetour(link) ? forTheKernel(link) : link)),
    carried: links.flatMap((link, index) => {
      const part = takesDetour(link) ? carriedPart(link) : undefined
      return part ? [{ link: part, index }] : []
    }),
  }
}

/** What a link does of a fault; undefined if it does nothing. */
function carriedPart(fault: LinkFault): LinkFault | undefined {
  const { from, to, channel, cut, packet } = fault
  if (cut) return { from, to, channel, cut }
  if (packet) return { from, to, channel, packet }
  const slowdowns = slowdownsOf(fault)
  return slowdowns && { from, to, channel, ...slowdowns }
}

function isBetweenNodes({ from, to }: LinkFault): boolean {
  return from !== CLIENTS && to !== CLIENTS
}

/** The same for both directions. */
function pairKey(from: string, to: string): string {
  return [from, to].sort().join(' ')
}

function slowdownsOf(link: LinkFault): Pick<LinkFault, Slowdown> | undefined {
  const entries = SLOWDOWNS.flatMap(([name]) => (link[name] ? [[name, link[name]] as const] : []))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function exceedsKernel(link: LinkFault, missing: MissingFeatures): boolean {
  if (link.packet) return true
  return SLOWDOWNS.some(
    ([name, ...features]) => link[name] && features.some((feature) => missing[feature] !== undefined),
  )
}

function forTheKernel(link: LinkFault): LinkFault {
  const { delayMs, jitterMs, lossRatio, bytesPerSecond, packet, ...rest } = link
  return rest
}

function assertNoClientFaults(links: readonly LinkFault[], detours: readonly Detour[]): void {
  const ends = detours.flatMap((detour) => detour.ends)
  const mixed = links.find(
    ({ from, to }) => (from === CLIENTS && ends.includes(to)) || (to === CLIENTS && ends.includes(from)),
  )
  if (!mixed) return
  throw new UnsupportedFault(
    'a fault between clients and a node whose links are slowed at the same time',
    "the kernel cannot slow links, and the runner's own links reach the node from the address that clients have too",
    'apply one after the other, or use a kernel with netem',
  )
}
