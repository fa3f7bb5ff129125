import { BUS_OFFSET } from '../../bus-port.ts'
import { CLIENTS, type LinkFault } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import type { Lane } from './lanes.ts'

/** Our table of nftables, in every namespace: see docker/toolbox/toolbox.pl. */
export const TABLE = 'redis-chaos'

/** Before Docker's own translation of addresses, and before any that stands in for a slow link: addresses are still the nodes'. */
const PRIORITY = -150
/** On packets that were sent twice. */
const MARK = '0x5243'
/** Shares of packets are counted in millionths. */
const WHOLE = 1_000_000

/** Everything of ours away, in one step, whatever there was. */
const NO_RULES = `table ip ${TABLE}\ndelete table ip ${TABLE}\n`

/** The name of the counter of the link at this place of the list. */
function counterName(index: number): string {
  return `l${index}`
}

/**
 * The rules of one node, for nftables: they replace all earlier ones in one step. A cut stands at both ends, so that nothing passes
 * while one of them starts anew and has no rules yet. Loss stands at the receiver, where the sender does not notice it: packets that
 * are dropped while they are sent are not lost for TCP, but put off. What passes in the node itself is never touched. `detours` are further
 * chains of the table.
 */
export function rulesOf(
  node: ServerNode,
  nodes: readonly ServerNode[],
  links: readonly LinkFault[],
  lanes: readonly Lane[],
  detours: readonly string[] = [],
): string {
  const rules = links.map((link, index) => linkRules(node, nodes, { link, index }))
  const sent = rules.flatMap((rule) => rule.sent)
  const received = rules.flatMap((rule) => rule.received)
  const shaped = lanes.filter(({ from }) => from === node.name).flatMap((lane) => laneRules(lane, nodes))
  const counted = lanes.filter(({ from, to }) => from === CLIENTS && to === node.name)
  if (sent.length + received.length + shaped.length + counted.length + detours.length === 0) return NO_RULES
  const counters = links.flatMap(({ from, to }, index) =>
    from === node.name || to === node.name ? [`  counter ${counterName(index)} { }`] : [],
  )
  return [
    NO_RULES.trimEnd(),
    `table ip ${TABLE} {`,
    ...counters,
    ...chain('sent', 'output', 'oifname', [...shaped, ...byKind(sent)]),
    ...chain('received', 'input', 'iifname', [
      ...counted.flatMap((lane) => countRules(lane, nodes)),
      ...byKind(received),
    ]),
    ...detours,
    '}\n',
  ].join('\n')
}

type RuleKind = 'count' | 'drop' | 'reject' | 'duplicate' | 'lose'

interface Rule {
  kind: RuleKind
  text: string
}

/** Cuts are counted before any of them ends a packet's way, so that each counts what it would stop. */
const ORDER: readonly RuleKind[] = ['count', 'drop', 'reject', 'duplicate', 'lose']

function byKind(rules: readonly Rule[]): string[] {
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

interface Placed {
  link: LinkFault
  index: number
}

function linkRules(node: ServerNode, nodes: readonly ServerNode[], placed: Placed): { sent: Rule[]; received: Rule[] } {
  const { link } = placed
  const sends = link.from === node.name
  const receives = link.to === node.name
  return {
    sent: sends ? packetsOf(link, 'sent', nodes).flatMap((packets) => sentRules(placed, packets)) : [],
    received: receives ? packetsOf(link, 'received', nodes).flatMap((packets) => receivedRules(placed, packets)) : [],
  }
}

function sentRules({ link, index }: Placed, packets: string): Rule[] {
  const counter = `counter name ${counterName(index)}`
  if (link.cut === 'drop') return cut(packets, counter)
  if (link.cut === 'reject') {
    // The reset itself goes to the sender, and comes to it by `lo`. One that the node sends to a client must get out.
    const rejected = link.to === CLIENTS ? `${packets} tcp flags & rst == 0` : packets
    return rejection(rejected, packets, counter)
  }
  const rules: Rule[] = []
  if (link.duplicateRatio) {
    // The copy goes through these rules too, and carries the mark: it is neither counted nor copied.
    const chosen = `${packets} meta mark != ${MARK} ${share(link.duplicateRatio)}`
    const text = `${chosen} meta mark set ${MARK} ${counter} dup to ip daddr device "@device@"`
    rules.push({ kind: 'duplicate', text })
  }
  // Nothing of ours stands where a client receives.
  if (link.lossRatio && link.to === CLIENTS) rules.push(loss(packets, link.lossRatio, counter))
  return rules
}

function receivedRules({ link, index }: Placed, packets: string): Rule[] {
  const counter = `counter name ${counterName(index)}`
  if (link.cut === 'reject' && link.from === CLIENTS) return rejection(packets, packets, counter)
  if (link.cut) return cut(packets, counter)
  return link.lossRatio ? [loss(packets, link.lossRatio, counter)] : []
}

function cut(packets: string, counter: string): Rule[] {
  return [
    { kind: 'count', text: `${packets} ${counter}` },
    { kind: 'drop', text: `${packets} drop` },
  ]
}

/** Only TCP knows resets; all else of the link is dropped. */
function rejection(rejected: string, packets: string, counter: string): Rule[] {
  return [
    { kind: 'count', text: `${packets} ${counter}` },
    { kind: 'reject', text: `${rejected} ip protocol tcp reject with tcp reset` },
    { kind: 'reject', text: `${packets} ip protocol != tcp drop` },
  ]
}

function loss(packets: string, ratio: number, counter: string): Rule {
  return { kind: 'lose', text: `${packets} ${share(ratio)} ${counter} drop` }
}

/** nftables takes no comparison that always holds. */
function share(ratio: number): string {
  const part = Math.max(1, Math.round(ratio * WHOLE))
  return part >= WHOLE ? '' : `numgen random mod ${WHOLE} < ${part}`
}

function laneRules(lane: Lane, nodes: readonly ServerNode[]): string[] {
  const counters = lane.counts.map((index) => `counter name ${counterName(index)}`).join(' ')
  return packetsOf(lane, 'sent', nodes).map((packets) => `${packets} meta priority set ${lane.classId} ${counters}`)
}

function countRules(lane: Lane, nodes: readonly ServerNode[]): string[] {
  return packetsOf(lane, 'received', nodes).flatMap((packets) =>
    lane.counts.map((index) => `${packets} counter name ${counterName(index)}`),
  )
}

/** What tells the packets of a link, as they leave the sender or come to the receiver: one expression for each port. */
function packetsOf(
  { from, to, channel }: Pick<LinkFault, 'from' | 'to' | 'channel'>,
  at: 'sent' | 'received',
  nodes: readonly ServerNode[],
): string[] {
  const [sender, receiver] = [find(nodes, from), find(nodes, to)]
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

function find(nodes: readonly ServerNode[], name: string): ServerNode | undefined {
  return nodes.find((node) => node.name === name)
}
