import { CLIENTS, type LinkFault } from '../../faults.ts'
import { BUS_OFFSET, type ServerNode } from '../../platform.ts'
import type { Door } from './detours.ts'
import type { Detour } from './fault-split.ts'
import type { Lane } from './queues.ts'

/** The runner's nftables table in every namespace: see docker/toolbox/toolbox.pl. */
const TABLE = 'redis-chaos'

/** Before any address translation, Docker's or that of detours: packets still carry the nodes' own addresses. */
const PRIORITY = -150
/** Marks packets that were sent twice. */
const MARK = '0x5243'
/** Shares of packets are counted in millionths. */
const WHOLE = 1_000_000

/** Removes the whole table in one transaction, whether it exists or not. */
const NO_RULES = `table ip ${TABLE}\ndelete table ip ${TABLE}\n`

/**
 * The nftables rules of one node; they replace all earlier ones in one transaction. A cut is applied at both ends, so
 * that nothing passes while one of them restarts and has no rules yet. Loss is applied at the receiver, where the
 * sender does not notice: TCP does not count a packet as lost that is dropped while it is being sent, but sends it
 * later. Traffic within a node is never touched. `extraChains` are further chains of the table: see `detourChains`.
 */
export function rulesOf(
  node: ServerNode,
  nodes: readonly ServerNode[],
  links: readonly LinkFault[],
  lanes: readonly Lane[],
  extraChains: readonly string[] = [],
): string {
  const rules = links.map((link, index) => linkRules(node, nodes, { link, index }))
  const sent = rules.flatMap((rule) => rule.sent)
  const received = rules.flatMap((rule) => rule.received)
  const classified = lanes.filter(({ from }) => from === node.name).flatMap((lane) => classRules(lane, nodes))
  const counted = lanes.filter(({ from, to }) => from === CLIENTS && to === node.name)
  if (sent.length + received.length + classified.length + counted.length + extraChains.length === 0) return NO_RULES
  const counters = links.flatMap(({ from, to }, index) =>
    from === node.name || to === node.name ? [`  counter ${counterName(index)} { }`] : [],
  )
  return [
    NO_RULES.trimEnd(),
    `table ip ${TABLE} {`,
    ...counters,
    ...chain('sent', 'output', 'oifname', [...classified, ...inOrder(sent)]),
    ...chain('received', 'input', 'iifname', [
      ...counted.flatMap((lane) => countRules(lane, nodes)),
      ...inOrder(received),
    ]),
    ...extraChains,
    '}\n',
  ].join('\n')
}

/**
 * Chains that lead a node's connections to the other ends of its detours to the doors of the runner's links instead.
 */
export function detourChains(
  node: ServerNode,
  nodes: readonly ServerNode[],
  detours: readonly Detour[],
  doors: readonly Door[],
): string[] {
  const peers = detourPeers(node, nodes, detours)
  if (peers.length === 0) return []
  const translations = peers.flatMap(({ peer, channel, port }) => {
    const door = doors.find((one) => one.to === peer.name && one.channel === channel)
    return door ? [`    ip daddr ${peer.peerHost} tcp dport ${port} dnat to ${door.host}:${door.port}`] : []
  })
  // Addresses are translated when a connection opens: one that still has the peer's own is older, and must be opened
  // again.
  const direct = peers.flatMap(({ peer, port, ownPort }) =>
    [`dport ${port}`, `sport ${ownPort}`].map(
      (end) => `    ip daddr ${peer.peerHost} tcp ${end} tcp flags & rst == 0 reject with tcp reset`,
    ),
  )
  return [
    '  chain detour {',
    '    type nat hook output priority -100; policy accept;',
    ...translations,
    '  }',
    '  chain direct {',
    '    type filter hook output priority -50; policy accept;',
    ...direct,
    '  }',
  ]
}

/** The direct connections that the toolbox is to reset at once, including idle ones: lines of `ADDRESS PORT OWN`. */
export function directConnections(node: ServerNode, nodes: readonly ServerNode[], detours: readonly Detour[]): string {
  return detourPeers(node, nodes, detours)
    .map(({ peer, port, ownPort }) => `${peer.peerHost} ${port} ${ownPort}\n`)
    .join('')
}

interface Listing {
  nftables: { counter?: { name: string; table: string; packets: number } }[]
}

/**
 * Packets that a node's rules have counted, by the index of the link, from the JSON listing of `nft`; none without a
 * listing.
 */
export function readCounters(text: string): Map<number, number> {
  if (!text.startsWith('{')) return new Map()
  const { nftables } = JSON.parse(text) as Listing
  const counters = nftables.flatMap(({ counter }) => (counter?.table === TABLE ? [counter] : []))
  return new Map(counters.map(({ name, packets }) => [Number(name.slice(1)), packets]))
}

function counterName(index: number): string {
  return `l${index}`
}

/** The other ends of a node's detours: `port` is the peer's, `ownPort` the node's own port of the same channel. */
function detourPeers(node: ServerNode, nodes: readonly ServerNode[], detours: readonly Detour[]) {
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

type RuleKind = 'count' | 'drop' | 'reject' | 'duplicate' | 'lose'

interface Rule {
  kind: RuleKind
  text: string
}

/** Counting comes before any cut, so that each cut counts what it would stop by itself. */
const ORDER: readonly RuleKind[] = ['count', 'drop', 'reject', 'duplicate', 'lose']

function inOrder(rules: readonly Rule[]): string[] {
  return ORDER.flatMap((kind) => rules.filter((rule) => rule.kind === kind).map(({ text }) => text))
}

function chain(name: string, hook: string, device: string, rules: readonly string[]): string[] {
  return [
    `  chain ${name} {`,
    `    type filter hook ${hook} priority ${PRIORITY}; policy accept;`,
    `    ${device} "lo" accept`,
    ...rules.map((rule) => `    ${rule}`),
    '  }',
  ]
}

interface NumberedFault {
  link: LinkFault
  index: number
}

function linkRules(
  node: ServerNode,
  nodes: readonly ServerNode[],
  fault: NumberedFault,
): { sent: Rule[]; received: Rule[] } {
  const { link } = fault
  const sends = link.from === node.name
  const receives = link.to === node.name
  return {
    sent: sends ? matchesOf(link, 'sent', nodes).flatMap((match) => sentRules(fault, match)) : [],
    received: receives ? matchesOf(link, 'received', nodes).flatMap((match) => receivedRules(fault, match)) : [],
  }
}

function sentRules({ link, index }: NumberedFault, match: string): Rule[] {
  const counter = `counter name ${counterName(index)}`
  if (link.cut === 'drop') return cut(match, counter)
  if (link.cut === 'reject') {
    // The reset goes back to the sender through `lo`. A reset that the node itself sends to a client must get out.
    const rejected = link.to === CLIENTS ? `${match} tcp flags & rst == 0` : match
    return rejection(rejected, match, counter)
  }
  const rules: Rule[] = []
  if (link.duplicateRatio) {
    // The copy passes these rules too: its mark keeps it from being counted or copied again.
    const chosen = `${match} meta mark != ${MARK} ${share(link.duplicateRatio)}`
    const text = `${chosen} meta mark set ${MARK} ${counter} dup to ip daddr device "@device@"`
    rules.push({ kind: 'duplicate', text })
  }
  // There are no rules where a client receives.
  if (link.lossRatio && link.to === CLIENTS) rules.push(loss(match, link.lossRatio, counter))
  return rules
}

function receivedRules({ link, index }: NumberedFault, match: string): Rule[] {
  const counter = `counter name ${counterName(index)}`
  if (link.cut === 'reject' && link.from === CLIENTS) return rejection(match, match, counter)
  if (link.cut) return cut(match, counter)
  return link.lossRatio ? [loss(match, link.lossRatio, counter)] : []
}

function cut(match: string, counter: string): Rule[] {
  return [
    { kind: 'count', text: `${match} ${counter}` },
    { kind: 'drop', text: `${match} drop` },
  ]
}

/** Only TCP has resets; everything else on the link is dropped. */
function rejection(rejected: string, match: string, counter: string): Rule[] {
  return [
    { kind: 'count', text: `${match} ${counter}` },
    { kind: 'reject', text: `${rejected} ip protocol tcp reject with tcp reset` },
    { kind: 'reject', text: `${match} ip protocol != tcp drop` },
  ]
}

function loss(match: string, ratio: number, counter: string): Rule {
  return { kind: 'lose', text: `${match} ${share(ratio)} ${counter} drop` }
}

/** Empty for all packets: nftables refuses a comparison that always holds. */
function share(ratio: number): string {
  const part = Math.max(1, Math.round(ratio * WHOLE))
  return part >= WHOLE ? '' : `numgen random mod ${WHOLE} < ${part}`
}

function classRules(lane: Lane, nodes: readonly ServerNode[]): string[] {
  const counters = lane.counts.map((index) => `counter name ${counterName(index)}`).join(' ')
  return matchesOf(lane, 'sent', nodes).map((match) => `${match} meta priority set ${lane.classId} ${counters}`)
}

function countRules(lane: Lane, nodes: readonly ServerNode[]): string[] {
  return matchesOf(lane, 'received', nodes).flatMap((match) =>
    lane.counts.map((index) => `${match} counter name ${counterName(index)}`),
  )
}

/** Expressions that match the packets of a link as they leave the sender or reach the receiver, one for each port. */
function matchesOf(
  { from, to, channel }: Pick<LinkFault, 'from' | 'to' | 'channel'>,
  at: 'sent' | 'received',
  nodes: readonly ServerNode[],
): string[] {
  const [sender, receiver] = [from, to].map((name) => nodes.find((node) => node.name === name))
  const peer = at === 'sent' ? receiver : sender
  const field = at === 'sent' ? 'ip daddr' : 'ip saddr'
  const address = peer
    ? `${field} ${peer.peerHost}`
    : `${field} != { ${nodes.map((node) => node.peerHost).join(', ')} }`
  if (channel === 'all') return [address]
  const offset = channel === 'bus' ? BUS_OFFSET : 0
  return [
    ...(receiver ? [`${address} tcp dport ${receiver.peerPort + offset}`] : []),
    ...(sender ? [`${address} tcp sport ${sender.peerPort + offset}`] : []),
  ]
}
