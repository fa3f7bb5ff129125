import { CLIENTS } from '../../faults.ts'
import type { ServerNode } from '../../platform.ts'
import { HANDLE, type Lane } from './lanes.ts'

/** A device in a node's namespace, that packets of clients are led through before the node has them. */
const INTAKE = 'redis-chaos'
/** A class that does not limit: 100 Gbit/s, in bytes. */
const UNLIMITED = 12_500_000_000
/** netem keeps so many packets waiting before it drops some: enough for 1 GB/s at a delay of 100 ms. */
const WAITING_PACKETS = 100_000
/** To reorder, netem lets some packets pass others: those must wait for something. */
const REORDER_DELAY_MS = 10

/** The device for packets of clients, as commands of `ip`; none where none of them wait. */
export function intakeOf(node: ServerNode, lanes: readonly Lane[]): string {
  if (intakeLanes(node, lanes).length === 0) return ''
  return `link add ${INTAKE} type ifb\nlink set ${INTAKE} up\n`
}

/**
 * The queues of one node, as commands of `tc`; none where nothing waits. What the node sends is put in its class by rules of
 * nftables; what comes from clients is led through a device of its own first, since only sending can be put off. htb and its
 * classes tell packets apart; netem delays them, where this kernel has it; tbf limits their rate, and takes the large segments
 * apart which the kernel sends between containers.
 */
export function shapeOf(node: ServerNode, nodes: readonly ServerNode[], lanes: readonly Lane[]): string {
  const sent = lanes.filter(({ from }) => from === node.name)
  const received = intakeLanes(node, lanes)
  const commands = [
    ...queues('@device@', sent),
    ...queues(INTAKE, received),
    ...(received.length > 0 ? intakeFilters(node, nodes, received) : []),
  ]
  return commands.map((command) => `${command}\n`).join('')
}

function intakeLanes(node: ServerNode, lanes: readonly Lane[]): Lane[] {
  return lanes.filter(({ from, to }) => from === CLIENTS && to === node.name)
}

function queues(device: string, lanes: readonly Lane[]): string[] {
  if (lanes.length === 0) return []
  const shared = new Map(lanes.flatMap((lane) => (lane.shared ? [[lane.shared.classId, lane.shared] as const] : [])))
  return [
    // What no class is named for goes straight through.
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

/** The quantum is stated, since the kernel complains in its log about the one that it would choose for such rates. */
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

/** A fiftieth of a second may pass at once, a whole packet at least; half a second's worth may wait, 64 KiB at least. */
function tbf(bytesPerSecond: number): string {
  const burst = Math.max(2_000, Math.ceil(bytesPerSecond / 50))
  const limit = Math.max(65_536, Math.ceil(bytesPerSecond / 2))
  return `tbf rate ${bytesPerSecond}bps burst ${burst}b limit ${limit}b`
}

/** The first filters let what other nodes send pass; `flowid` alone means no more than that it matches. */
function intakeFilters(node: ServerNode, nodes: readonly ServerNode[], lanes: readonly Lane[]): string[] {
  const toIntake = (match: string, priority: number) =>
    `filter add dev @device@ parent ffff: protocol ip prio ${priority} u32 ${match} action mirred egress redirect dev ${INTAKE}`
  // A lane for a channel is looked for first, and that for all the rest last.
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
