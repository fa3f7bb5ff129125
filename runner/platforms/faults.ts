/**
 * What a platform can do to the servers of a group beyond starting and stopping them. All of it is stated as what
 * should be, and a platform brings it about: asked for twice, nothing more happens; asked for nothing, all is whole
 * again.
 */
import type { PacketType } from './bus-packets.ts'
import { PlatformError } from './errors.ts'

/** This machine, this server or this platform cannot do what is asked; nothing was changed. */
export class UnsupportedFault extends PlatformError {
  override name = 'UnsupportedFault'
  override readonly stepVerdict = 'inconclusive'
  constructor(fault: string, reason: string, hint?: string) {
    super(`${fault} is unsupported here: ${reason}`, { hint })
  }
}

/** The far end of a link that is no node: whatever connects from outside the cluster, the runner included. */
export const CLIENTS = 'clients'

/**
 * Which traffic of a link: that of connections to the cluster bus of either end (port + 10000), that of connections to
 * either end's port for clients (replication between nodes, commands of clients), or all packets whatsoever.
 */
export type Channel = 'bus' | 'data' | 'all'

/** How packets fare on their way. Ratios are from 0 to 1. */
export interface Impairment {
  /** Added to each packet's way, ms, 0–60 000. */
  delayMs?: number
  /** The delay varies by up to this much to either side, ms; at most `delayMs`. */
  jitterMs?: number
  lossRatio?: number
  /** At least 1000. */
  bytesPerSecond?: number
  corruptRatio?: number
  duplicateRatio?: number
  reorderRatio?: number
}

/**
 * What becomes of each packet of a type. A delayed one comes so much later, 1–60 000 ms, and others overtake it. A
 * reordered one is overtaken by the next packet between these nodes, on whichever connection. Once the fault is gone,
 * what was held back comes at once.
 */
export interface PacketFault {
  type: PacketType
  fate: 'drop' | 'duplicate' | 'reorder' | { delayMs: number }
}

/** Ways in which the stream that a master sends its replica can lie to it; `early-ack` lies to the master. */
export const STREAM_LIES = [
  'skip',
  'double',
  'reorder',
  'stale',
  'no-expiry',
  'no-tail',
  'empty-sync',
  'early-ack',
] as const

/** What is told to a replica, or of it, that is not so: every so manieth time, from 1 on. */
export interface StreamLie {
  how: (typeof STREAM_LIES)[number]
  every: number
}

/** What is wrong with the traffic that `from` sends to `to`: one direction, whichever end opened the connection. */
export interface LinkFault extends Impairment {
  /** Name of a node, or CLIENTS. */
  from: string
  to: string
  /** CLIENTS have no bus. */
  channel: Channel
  /** drop: packets vanish, and connections fall silent. reject: connections are reset, and new ones refused. */
  cut?: 'drop' | 'reject'
  /** Only packets of one type on the cluster bus are treated; the channel is `bus`, and nothing else is wrong. */
  packet?: PacketFault
  /** What `from`, a master, sends its replica `to` is falsified; the channel is `data`, and nothing else is wrong. */
  lie?: StreamLie
}

/** How much a link fault has stopped or changed, as the kernel or the link itself counted it since it was applied. */
export interface LinkCount {
  link: LinkFault
  /** Packets; on processes, pieces of data and refused connections. */
  packets: number
  /** With `packet`: packets of any type that the link has seen go that way; with `lie`, commands. */
  seen?: number
  /** The same, pieces of data that went that way and were none, of a version that is known. */
  unread?: number
}

/** Tries a connection from where `from` is to a port of `to`: the one for clients, or the cluster bus. */
export interface LinkProbe {
  /** A node that runs, or CLIENTS. */
  from: string
  to: string
  channel: 'bus' | 'data'
  /**
   * Size of the question on a data channel, bytes, up to 48 000: to see a limited bandwidth. Default: as small as can
   * be.
   */
  payloadBytes?: number
}

export interface LinkAnswer extends LinkProbe {
  /** open: the server itself answered. refused: reset. silent: nothing within the time given. */
  outcome: 'open' | 'refused' | 'silent'
  /** With `open`: from sending a question to its answer, the connection being there already, ms. */
  roundTripMs?: number
}

/** Limits of one server. What is left out is not limited. */
export interface Resources {
  /** Share of one core, above 0 and below 1. */
  cpuShare?: number
  /** Of memory, in bytes; above what the server uses now, or the system ends it. */
  memoryBytes?: number
  /** Of the disk that holds its data. */
  disk?: 'full' | 'read-only' | { bytesPerSecond: number }
}

/** Names of what `Platform.faultSupport` tells about, as `requires: { can: […] }` and `doctor` use them. */
export const CAPABILITIES = [
  'partition',
  'client-cut',
  'delay',
  'client-delay',
  'jitter',
  'loss',
  'bandwidth',
  'corrupt',
  'duplicate',
  'reorder',
  'bus-packets',
  'lies',
  'pause',
  'cpu',
  'memory',
  'disk-full',
  'disk-read-only',
  'disk-slow',
  'data-wiped',
  'clock',
  'power-cut',
] as const

export type Capability = (typeof CAPABILITIES)[number]

export interface FaultSupport {
  capability: Capability
  supported: boolean
  /** By which means; or why not, in a sentence without its full stop. */
  how: string
  /** With `supported: false`: what would mend it. */
  hint?: string
}

/**
 * What a group must be made with so that faults can be brought about later; a group made without pays nothing for it.
 */
export interface GroupNeeds {
  /** Faults between nodes: `setNetwork` and `probeLinks`. */
  links?: true
  /** Faults between CLIENTS and nodes too. */
  clientLinks?: true
  /** Programs in containers beside the servers: these tell clients their own addresses, and no `localhost`. */
  guests?: true
  /** DEBUG commands. */
  debug?: true
  /** CONFIG SET of settings that servers protect, as `dbfilename`. */
  protectedSettings?: true
  /** A data folder of a limited size, for `Resources.disk`. */
  disk?: true
  /** `setClock`. */
  clock?: true
  /** Servers that start at another address: `StartChanges`. */
  addresses?: true
  /** `ServerGroup.cutPower`: the servers keep a log of what they have not synced. */
  powerCut?: true
}

/** The files of a server's data by path, as `appendonlydir/appendonly.aof.manifest`. */
export type DataFiles = Map<string, Buffer>

/** What a power cut took from one file. */
export interface Lost {
  file: string
  /** Bytes at its end that are gone. */
  cutBytes?: number
  /** Bytes that are again what they were. */
  oldBytes?: number
  /** It was made, replaced or removed, and no longer is. */
  undone?: 'made' | 'replaced' | 'removed'
}

/** What a power cut did. */
export interface PowerCut {
  /** From the first that was cut off to the last that was down, ms. */
  withinMs: number
  /** By node; empty where everything was synced. */
  lost: Map<string, Lost[]>
}

/**
 * Faults of the network of a group. A node that is not there throws PlatformError; what cannot be done here,
 * UnsupportedFault.
 */
export interface NetworkControl {
  /**
   * Makes the network between the nodes exactly as stated: links that are not named are whole. Applied again by itself
   * when a node that starts anew has lost it. A link may be named by several faults; each has its effect.
   */
  set(links: readonly LinkFault[]): Promise<void>
  /** Counts of the links last given to `set`, in their order. */
  counts(): Promise<LinkCount[]>
  /** All at once; each ends within `timeoutMs`. */
  probe(probes: readonly LinkProbe[], timeoutMs: number): Promise<LinkAnswer[]>
  /** Who came to links of the runner's, was no node of the group, and was refused; for links that others can reach. */
  readonly strangers?: readonly Stranger[]
}

export interface Stranger {
  address: string
  times: number
}

/** What the system itself says of a server's limits, and of what they did. What is left out does not limit it. */
export interface SeenLimits {
  cpuShare?: number
  /**
   * How long the server was held back for want of its share of a core, ms; grows while it is, and starts anew with the
   * server.
   */
  heldBackMs: number
  /** The most that it may use. */
  memoryBytes?: number
  disk?: Resources['disk']
}

/** Faults of single servers and what they stand on. Throws as `NetworkControl` does. */
export interface ServerControl {
  /** Limits a server to exactly this; `{}` lifts all limits. What is limited already is left as it is. */
  limit(node: string, resources: Resources): Promise<void>
  limitsOf(node: string): Promise<SeenLimits>
  /**
   * Removes the data of a stopped server, but not what it knows of the cluster, its own name there included, unless
   * `identity` is lost too. Returns what was removed, in words.
   */
  wipeData(node: string, identity: 'kept' | 'lost'): Promise<string[]>
  /** All files of a server's data, those whose names begin with a dot too. */
  readData(node: string): Promise<DataFiles>
  /** Makes the data of a stopped server exactly these files. */
  replaceData(node: string, files: DataFiles): Promise<void>
  /**
   * From now on the server's wall clock is off by so much, ms; 0 puts it right. Outlasts the server's end and start.
   */
  setClock(node: string, offsetMs: number): Promise<void>
}
