import { BUS_OFFSET } from '../../bus-port.ts'
import { CLIENTS, type LinkFault, UnsupportedFault } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import type { Means } from './means.ts'

/** Two nodes that speak by way of a link of this program, and the channels that do. */
export interface Detour {
  ends: readonly [string, string]
  channels: readonly ('bus' | 'data')[]
}

/** Where the link to a node listens, on the gateway of the run's network. */
export interface Door {
  to: string
  channel: 'bus' | 'data'
  host: string
  port: number
}

/** Which of the faults the kernel brings about, and which the links of this program. */
export interface Division {
  detours: readonly Detour[]
  /** What is left for the kernel of each fault, in their order. */
  kernel: readonly LinkFault[]
  /** What the links do, with the place of the fault that it is of. */
  carried: readonly { link: LinkFault; index: number }[]
}

type Slowing = 'delayMs' | 'jitterMs' | 'lossRatio' | 'bytesPerSecond'

/** What links can do, and what the kernel does it with. */
const SLOWINGS: readonly (readonly [Slowing, ...(keyof Means)[]])[] = [
  ['delayMs', 'shape', 'netem'],
  ['jitterMs', 'shape', 'netem'],
  ['lossRatio', 'loss'],
  ['bytesPerSecond', 'shape'],
]

/**
 * Divides the faults. Two nodes whose kernel cannot slow down what they say, with what is asked for, speak by way of a link, which then
 * does all that slows them: their packets do not carry the addresses by which the kernel would know them, or not at both ends. For
 * the same reason it cuts what the kernel cuts.
 */
export function divide(links: readonly LinkFault[], means: Means): Division {
  const slowed = links.filter((link) => isBetweenNodes(link) && !link.cut && slowingOf(link) !== undefined)
  const lacking = means.detour === undefined ? slowed.filter((link) => lacks(link, means)) : []
  const pairs = new Map(lacking.map(({ from, to }) => [pairOf(from, to), [from, to] as const]))
  const detours = [...pairs].map(([pair, ends]): Detour => {
    const channels = slowed.filter(({ from, to }) => pairOf(from, to) === pair).map(({ channel }) => channel)
    const takes = (channel: 'bus' | 'data') => channels.includes('all') || channels.includes(channel)
    return { ends, channels: (['bus', 'data'] as const).filter(takes) }
  })
  if (detours.length > 0) demandNoClients(links, detours)
  const goesRound = ({ from, to }: LinkFault) => pairs.has(pairOf(from, to))
  return {
    detours,
    kernel: links.map((link) => (goesRound(link) ? withoutSlowing(link) : link)),
    carried: links.flatMap((link, index) => {
      const part = goesRound(link) ? partOfLink(link) : undefined
      return part ? [{ link: part, index }] : []
    }),
  }
}

/** What a link does of a fault. */
function partOfLink(fault: LinkFault): LinkFault | undefined {
  const { from, to, channel, cut } = fault
  if (cut) return { from, to, channel, cut }
  const slowing = slowingOf(fault)
  return slowing && { from, to, channel, ...slowing }
}

function isBetweenNodes({ from, to }: LinkFault): boolean {
  return from !== CLIENTS && to !== CLIENTS
}

function pairOf(from: string, to: string): string {
  return [from, to].sort().join(' ')
}

function slowingOf(link: LinkFault): Pick<LinkFault, Slowing> | undefined {
  const entries = SLOWINGS.flatMap(([name]) => (link[name] ? [[name, link[name]] as const] : []))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function lacks(link: LinkFault, means: Means): boolean {
  return SLOWINGS.some(([name, ...needs]) => link[name] && needs.some((mean) => means[mean] !== undefined))
}

function withoutSlowing(link: LinkFault): LinkFault {
  const names: readonly string[] = SLOWINGS.map(([name]) => name)
  return Object.fromEntries(Object.entries(link).filter(([name]) => !names.includes(name))) as unknown as LinkFault
}

function demandNoClients(links: readonly LinkFault[], detours: readonly Detour[]): void {
  const ends = detours.flatMap((detour) => detour.ends)
  const mixed = links.find(
    ({ from, to }) => (from === CLIENTS && ends.includes(to)) || (to === CLIENTS && ends.includes(from)),
  )
  if (!mixed) return
  throw new UnsupportedFault(
    `a fault between clients and a node, with a slow link of the node at the same time,`,
    'the kernel lacks what slows links, and what stands in for it reaches nodes from the address that clients have too',
    'bring about one after the other, or use a kernel with netem',
  )
}

/** Lines of nftables for our table, in the namespace of one node: its connections to the other ends of its detours go to our doors. */
export function detourChains(
  node: ServerNode,
  nodes: readonly ServerNode[],
  detours: readonly Detour[],
  doors: readonly Door[],
): string[] {
  const targets = targetsOf(node, nodes, detours)
  if (targets.length === 0) return []
  const translations = targets.flatMap(({ peer, channel, port }) => {
    const door = doors.find((one) => one.to === peer.name && one.channel === channel)
    return door ? [`    ip daddr ${peer.peerHost} tcp dport ${port} dnat to ${door.host}:${door.port}`] : []
  })
  // Addresses are translated when a connection begins: what still has the peer's own was there before, and must begin anew.
  const direct = targets.flatMap(({ peer, port, ownPort }) =>
    [`dport ${port}`, `sport ${ownPort}`].map(
      (end) => `    ip daddr ${peer.peerHost} tcp ${end} tcp flags & rst == 0 reject with tcp reset`,
    ),
  )
  return [
    ...['  chain detour {', '    type nat hook output priority -100; policy accept;', ...translations, '  }'],
    ...['  chain direct {', '    type filter hook output priority -50; policy accept;', ...direct, '  }'],
  ]
}

/** For the toolbox: direct connections that are to end at once, also those on which nobody says anything. */
export function directEnds(node: ServerNode, nodes: readonly ServerNode[], detours: readonly Detour[]): string {
  return targetsOf(node, nodes, detours)
    .map(({ peer, port, ownPort }) => `${peer.peerHost} ${port} ${ownPort}\n`)
    .join('')
}

/** The other ends of a node's detours. `port` is the peer's, `ownPort` the node's own of the same channel. */
function targetsOf(node: ServerNode, nodes: readonly ServerNode[], detours: readonly Detour[]) {
  return detours
    .filter(({ ends }) => ends.includes(node.name))
    .flatMap(({ ends, channels }) => {
      const peer = nodes.find(({ name }) => name !== node.name && ends.includes(name))
      if (!peer) return []
      return channels.map((channel) => {
        const offset = channel === 'bus' ? BUS_OFFSET : 0
        return { peer, channel, port: peer.peerPort + offset, ownPort: node.peerPort + offset }
      })
    })
}
