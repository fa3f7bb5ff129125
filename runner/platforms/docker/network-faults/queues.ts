import { type Channel, CLIENTS, type Impairment, type LinkFault } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'

/** The handle of the htb queue that packets wait in; each lane is a class of it. See docker/toolbox/toolbox.pl. */
const HANDLE = '5243:'
/** A device in a node's namespace that packets from clients pass through before they reach the node. */
const INTAKE = 'redis-chaos'
/** A class without a limit: 100 Gbit/s, in bytes. */
const UNLIMITED = 12_500_000_000
/** How many packets netem holds before it drops some: enough for 1 GB/s at a delay of 100 ms. */
const WAITING_PACKETS = 100_000
/** netem reorders packets by letting some overtake others, which must therefore be waiting. */
const REORDER_DELAY_MS = 10

type Effect = Pick<Impairment, 'delayMs' | 'jitterMs' | 'corruptRatio' | 'reorderRatio' | 'bytesPerSecond'>

/** The packets of a link that wait in the same queue. */
export interface Lane {
  from: string
  to: string
  /** `all`: except those of a channel that has a lane of its own. */
  channel: Channel
  /** `5243:2`. */
  classId: string
  /** The class that holds all lanes of the link when they share its bandwidth. */
  shared?: { classId: string; bytesPerSecond: number }
  /** What all faults together do to these packets, apart from what nftables rules do. */
  effect: Effect
  /** The faults of exactly this channel, by their index in the list of all faults. */
  counts: number[]
}

interface NumberedFault {
  link: LinkFault
  index: number
}

/** The lanes that these faults need. Several faults on the same packets add up; the narrowest bandwidth wins. */
export function lanesOf(links: readonly LinkFault[]): Lane[] {
  const queued = links.map((link, index) => ({ link, index })).filter(({ link }) => needsQueue(link))
  const pairs = new Map<string, NumberedFault[]>()
  for (const fault of queued) {
    const pair = `${fault.link.from} ${fault.link.to}`
    pairs.set(pair, [...(pairs.get(pair) ?? []), fault])
  }
  const lastOn = new Map<string, number>()
  return [...pairs.values()].flatMap((faults) => {
    const { from, to } = endsOf(faults)
    // Class numbers count per device: the one the sender sends through, or the one the receiver has for clients.
    const device = from === CLIENTS ? `${CLIENTS} ${to}` : from
    return lanesOfPair(faults, () => {
      const number = (lastOn.get(device) ?? 0) + 1
      lastOn.set(device, number)
      return `${HANDLE}${number.toString(16)}`
    })
  })
}

/** `ip` commands that create the device for packets from clients; none where none of them wait. */
export function intakeCommands(node: ServerNode, lanes: readonly Lane[]): string {
  if (intakeLanes(node, lanes).length === 0) return ''
  return `link add ${INTAKE} type ifb\nlink set ${INTAKE} up\n`
}

/**
 * `tc` commands that create the queues of one node; none where nothing waits. nftables rules assign what the node sends
 * to its class; what comes from clients first passes a device of its own, because only outgoing packets can be queued.
 * htb and its classes tell packets apart; netem, where this kernel has it, delays them; tbf limits their rate, and
 * splits the large segments that the kernel sends between containers.
 */
export function queueCommands(node: ServerNode, nodes: readonly ServerNode[], lanes: readonly Lane[]): string {
  const sent = lanes.filter(({ from }) => from === node.name)
  const received = intakeLanes(node, lanes)
  const commands = [
    ...queues('@device@', sent),
    ...queues(INTAKE, received),
    ...(received.length > 0 ? intakeFilters(node, nodes, received) : []),
  ]
  return commands.map((command) => `${command}\n`).join('')
}

function needsQueue(link: LinkFault): boolean {
  if (link.cut) return false
  return [link.delayMs, link.jitterMs, link.corruptRatio, link.reorderRatio, link.bytesPerSecond].some(Boolean)
}

function lanesOfPair(faults: readonly NumberedFault[], nextClass: () => string): Lane[] {
  const on = (channel: Channel) => faults.filter(({ link }) => link.channel === channel)
  const general = on('all')
  const channels = (['all', 'bus', 'data'] as const).filter((channel) => on(channel).length > 0)
  const bandwidth = narrowest(general)
  const shared =
    bandwidth === undefined || channels.length === 1 ? undefined : { classId: nextClass(), bytesPerSecond: bandwidth }
  return channels.map((channel) => {
    const own = on(channel)
    const all = channel === 'all' ? own : [...general, ...own]
    const ownBandwidth = narrowest(shared ? own.filter(({ link }) => link.channel !== 'all') : all)
    return {
      ...endsOf(own),
      channel,
      classId: nextClass(),
      ...(shared && { shared }),
      effect: { ...combined(all), ...(ownBandwidth !== undefined && { bytesPerSecond: ownBandwidth }) },
      counts: own.map(({ index }) => index),
    }
  })
}

function endsOf(faults: readonly NumberedFault[]): { from: string; to: string } {
  const [first] = faults
  return { from: first?.link.from ?? '', to: first?.link.to ?? '' }
}

function narrowest(faults: readonly NumberedFault[]): number | undefined {
  const limits = faults.flatMap(({ link }) => (link.bytesPerSecond === undefined ? [] : [link.bytesPerSecond]))
  return limits.length === 0 ? undefined : Math.min(...limits)
}

function combined(faults: readonly NumberedFault[]): Effect {
  const values = (name: 'delayMs' | 'jitterMs' | 'corruptRatio' | 'reorderRatio') =>
    faults.map(({ link }) => link[name] ?? 0)
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0)
  const either = (ratios: readonly number[]) => 1 - ratios.reduce((neither, ratio) => neither * (1 - ratio), 1)
  const effect = {
    delayMs: sum(values('delayMs')),
    jitterMs: sum(values('jitterMs')),
    corruptRatio: either(values('corruptRatio')),
    reorderRatio: either(values('reorderRatio')),
  }
  return Object.fromEntries(Object.entries(effect).filter(([, value]) => value > 0))
}

function intakeLanes(node: ServerNode, lanes: readonly Lane[]): Lane[] {
  return lanes.filter(({ from, to }) => from === CLIENTS && to === node.name)
}

function queues(device: string, lanes: readonly Lane[]): string[] {
  if (lanes.length === 0) return []
  const shared = new Map(lanes.flatMap((lane) => (lane.shared ? [[lane.shared.classId, lane.shared] as const] : [])))
  return [
    // Packets that belong to no class go straight through.
    `qdisc add dev ${device} root handle ${HANDLE} htb`,
    ...[...shared.values()].map(({ classId, bytesPerSecond }) =>
      htbClass(device, HANDLE, classId, bytesPerSecond, bytesPerSecond),
    ),
    ...lanes.flatMap((lane) => laneQueues(device, lane, lanes)),
  ]
}

function laneQueues(device: string, lane: Lane, lanes: readonly Lane[]): string[] {
  const { classId, shared, effect } = lane
  const sharers = lanes.filter((other) => other.shared?.classId === shared?.classId).length
  const inClass = shared
    ? htbClass(device, shared.classId, classId, Math.floor(shared.bytesPerSecond / sharers), shared.bytesPerSecond)
    : htbClass(device, HANDLE, classId, UNLIMITED, UNLIMITED)
  const minor = classId.slice(HANDLE.length)
  const commands = [inClass]
  let parent = classId
  const add = (prefix: string, queue: string) => {
    const handle = `${prefix}${minor.padStart(3, '0')}:`
    commands.push(`qdisc add dev ${device} parent ${parent} handle ${handle} ${queue}`)
    parent = `${handle}1`
  }
  const delay = netem(lane)
  if (delay) add('1', delay)
  if (effect.bytesPerSecond !== undefined) add('2', tbf(effect.bytesPerSecond))
  return commands
}

/** The quantum is explicit because the kernel logs a warning about the one it would choose at such rates. */
function htbClass(device: string, parent: string, classId: string, rate: number, ceil: number): string {
  return `class add dev ${device} parent ${parent} classid ${classId} htb rate ${rate}bps ceil ${ceil}bps quantum 60000`
}

function netem({ effect }: Lane): string | undefined {
  const { delayMs, jitterMs, corruptRatio, reorderRatio } = effect
  if (![delayMs, jitterMs, corruptRatio, reorderRatio].some(Boolean)) return undefined
  const delay = delayMs ?? (reorderRatio ? REORDER_DELAY_MS : undefined)
  return [
    `netem limit ${WAITING_PACKETS}`,
    ...(delay === undefined ? [] : [`delay ${delay}ms${jitterMs ? ` ${jitterMs}ms` : ''}`]),
    ...(corruptRatio ? [`corrupt ${percent(corruptRatio)}`] : []),
    ...(reorderRatio ? [`reorder ${percent(reorderRatio)}`] : []),
  ].join(' ')
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(4))}%`
}

/** Bursts of 20 ms, at least one whole packet; a queue of half a second, at least 64 KiB. */
function tbf(bytesPerSecond: number): string {
  const burst = Math.max(2_000, Math.ceil(bytesPerSecond / 50))
  const limit = Math.max(65_536, Math.ceil(bytesPerSecond / 2))
  return `tbf rate ${bytesPerSecond}bps burst ${burst}b limit ${limit}b`
}

/** The first filters let through what other nodes send: a match with `flowid` alone redirects nothing. */
function intakeFilters(node: ServerNode, nodes: readonly ServerNode[], lanes: readonly Lane[]): string[] {
  const toIntake = (match: string, priority: number) =>
    `filter add dev @device@ parent ffff: protocol ip prio ${priority} u32 ${match} action mirred egress redirect dev ${INTAKE}`
  // The lane of a channel is tried first, the one for everything else last.
  const priority = ({ channel }: Lane) => (channel === 'all' ? 3 : 2)
  return [
    'qdisc add dev @device@ ingress',
    ...nodes.map(
      ({ peerHost }) =>
        `filter add dev @device@ parent ffff: protocol ip prio 1 u32 match ip src ${peerHost}/32 flowid :1`,
    ),
    ...lanes.map((lane) => toIntake(intakeMatch(node, lane), priority(lane))),
    ...lanes.map(
      (lane) =>
        `filter add dev ${INTAKE} parent ${HANDLE} protocol ip prio ${priority(lane)} u32 ${intakeMatch(node, lane)} flowid ${lane.classId}`,
    ),
  ]
}

function intakeMatch(node: ServerNode, { channel }: Lane): string {
  return channel === 'all' ? 'match u32 0 0' : `match ip protocol 6 0xff match ip dport ${node.peerPort} 0xffff`
}
