/**
 * Where servers run. A platform makes a group of servers, starts and stops them, and removes all that it made.
 * It knows nothing of Redis Cluster beyond the port and settings it hands to each server.
 */

import type { Allowed } from './allowed.ts'
import { PlatformError } from './errors.ts'
import type { FaultSupport, GroupNeeds, NetworkControl, PowerCut, ServerControl } from './faults.ts'
import type { PortGuard } from './port-guard.ts'
import type { RunnerUsers } from './users.ts'

/** The cluster bus listens this far above the port for clients (cluster.h: CLUSTER_PORT_INCR, Redis 7.0). */
export const BUS_OFFSET = 10_000

/**
 * Called with one line for people each time a preparation reaches its next stage. `stays`: worth a line that is not
 * taken away.
 */
export type Progress = (text: string, more?: { stays: true }) => void

export interface ServerGroupSpec {
  /** Labels everything made. `[a-z0-9-]+`. */
  runId: string
  /** Who made it, in words for error messages: `a run of failover-basic`, `npm run cluster`. */
  purpose: string
  /** The platform names its servers `<namePrefix>0`, `<namePrefix>1`, … Default in the command line: `redis-node`. */
  namePrefix: string
  /** Node i listens for clients on `localhost:<portBase + i>`. 1–65535, and the last port must fit. */
  portBase: number
  nodes: number
  /** Servers beside those, for `add` to bring up: their names and ports are theirs from the start. Default: none. */
  spares?: number
  /** Nodes that run another server than the platform's, by name: `redis-node3` → `valkey:9.1`. Default: none. */
  servers?: Readonly<Record<string, string>>
  /** For people, workloads and replication; the runner has users of its own. */
  password: string
  /** Settings for every server's configuration, checked by `settings.ts`. */
  settings: Record<string, string>
  /** What `settings` may give beyond the policy, and commands that servers must take. Default: nothing. */
  allowed?: Allowed
  /** The servers go on when the program that made them has ended. Default: they may end with it. */
  outlivesRunner?: boolean
  /** What faults will be brought about. Default: none that need anything. */
  needs?: GroupNeeds
}

export interface ServerNode {
  /** `redis-node<index>`: what scenarios and reports call it, whatever the name prefix. */
  name: string
  /** What the platform calls it: the container's name. */
  serverName: string
  index: number
  /** Where clients on this machine reach it. */
  host: string
  port: number
  /** Where the other nodes reach it: for CLUSTER MEET. */
  peerHost: string
  peerPort: number
  /** The machine that it runs on, to tell shared fate. */
  machine: string
  /** Its server in words, as last started: `redis 7.0.15`. Missing in groups of earlier versions. */
  server?: string
  /** Who may listen on its port. Missing where the platform does not say, and in groups of earlier versions. */
  guard?: PortGuard
}

export interface NodeState {
  status: 'running' | 'paused' | 'stopped' | 'missing'
  exitCode?: number
  oomKilled?: boolean
  /** In words, for proofs: `container exited with code 0`. */
  text: string
}

export interface LogLine {
  /** Wall clock, ms since the epoch, as the platform stamped it. */
  wallMs: number
  text: string
}

/** What is to be another about a server that is started again. */
export interface StartChanges {
  /** Another server, as `--server` names one: `redis:8.6`. It finds the data that the one before has left. */
  server?: string
  /** Another address among the nodes, which was never used before; that for clients on this machine stays. */
  address?: 'new'
  /** What it knows of the cluster, its own name there included, is gone; its data is kept. */
  identity?: 'lost'
  /** It finds none of the data that was there; what it knows of the cluster is kept. */
  data?: 'empty'
  /**
   * It is meant to refuse to start, with this in its last words: whoever watches over the servers is not to take its
   * end for a surprise.
   */
  refused?: string
}

/** A run that has left something on a platform. */
export interface FoundRun {
  runId: string
  /** Who made it, in words: `a run of failover-basic`. */
  purpose: string
  /**
   * live: the program that made it is at work on it. kept: it is meant to outlive that program. orphaned: it is not,
   * and the program is gone. elsewhere: whether that program lives cannot be seen from here. damaged: what was recorded
   * of it cannot be read, and its servers may live.
   */
  state: 'live' | 'kept' | 'orphaned' | 'elsewhere' | 'damaged'
  /** When it was made, ms since the epoch; undefined where nothing tells. */
  sinceMs?: number
  /** Of its servers. */
  ports?: readonly number[]
}

/** The name of a node in scenarios and reports. */
export function nodeName(index: number): string {
  return `redis-node${index}`
}

/** The node of a group by its name. Throws PlatformError if there is none. */
export function findNode(nodes: readonly ServerNode[], runId: string, name: string): ServerNode {
  const found = nodes.find((node) => node.name === name)
  if (found) return found
  throw new PlatformError(`run ${runId} has no node ${name}; it has ${nodes.map((node) => node.name).join(', ')}`)
}

/** How many servers a group has room for. */
export function serverCount({ nodes, spares = 0 }: Pick<ServerGroupSpec, 'nodes' | 'spares'>): number {
  return nodes + spares
}

/** Throws PlatformError: the group has no spare left. */
export function noSpareLeft(runId: string, nodes: number): PlatformError {
  return new PlatformError(`run ${runId} has no room for one more server: it was made for ${nodes}`)
}

/** Where containers can be run beside the servers of a group, on their own network. Plain data. */
export interface GuestPlace {
  runId: string
  network: string
  /** They carry them, so that they are removed with the servers however the run ends. */
  labels: Readonly<Record<string, string>>
  /** The engine's; absent: as the environment says. */
  dockerSocket?: string
}

/** A group of servers that exists. Every method that names no such node throws PlatformError. */
export interface ServerGroup {
  readonly runId: string
  readonly network: NetworkControl
  readonly control: ServerControl
  /** As they are now: a start with changes tells of them here before the server runs. */
  readonly nodes: readonly ServerNode[]
  /** Those that `add` has not brought up yet, in its order. Where they will be is known. */
  readonly spares: readonly ServerNode[]
  /** What keeps its servers from the rest of the machine, in words; undefined where that is what the platform is for. */
  readonly sandbox?: string | undefined
  /** Undefined where nothing can be run beside them in a container. */
  readonly guests?: GuestPlace | undefined
  /** How the runner logs in at the servers, also of a group that another runner made. Throws PlatformError. */
  users(): Promise<RunnerUsers>
  /** A shell command that prints a password to whoever may know it: that of `default`, or the runner's at a node. */
  passwordCommand(of: 'default' | { runnerAt: string }): string
  state(node: string): Promise<NodeState>
  /**
   * Starts the next of the spares, an empty server like the others, which is one of `nodes` from then on. Resolves when
   * it has answered once. Throws PlatformError if none is left, or it does not come up.
   */
  add(): Promise<ServerNode>
  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when the server is down. */
  stop(node: string, graceMs: number): Promise<void>
  /** SIGKILL. Resolves when the server is down. */
  kill(node: string): Promise<void>
  /**
   * Kills servers at one moment and takes away what they have not synced. Throws UnsupportedFault, before anything is
   * done, for servers that keep no log of that.
   */
  cutPower(nodes: readonly string[]): Promise<PowerCut>
  pause(node: string): Promise<void>
  unpause(node: string): Promise<void>
  /**
   * Starts a stopped server with the data it left. Resolves when it runs (not: answers). What `changes` makes of its
   * node, `nodes` tells from then on. Throws PlatformError, with the server as it was, for changes that cannot be
   * brought about.
   */
  start(node: string, changes?: StartChanges): Promise<void>
  /**
   * As `stop` and `start`; changes that cannot be brought about are refused before it is stopped. Resolves to how the
   * server ended.
   */
  restart(node: string, graceMs: number, changes?: StartChanges): Promise<NodeState>
  /**
   * Feeds the server's output, from its very first line, to `onLine`. Ends by itself when the group is removed; the
   * returned function ends it earlier and waits for the lines still under way.
   */
  followLogs(node: string, onLine: (line: LogLine) => void): Promise<() => Promise<void>>
  /**
   * Why a server that is down ended, in its own words, as the end of its log tells; empty if that tells nothing, as
   * after a SIGKILL.
   */
  lastWords(node: string): Promise<string>
  /** Removes the servers and all that was made for them. Idempotent. */
  remove(): Promise<void>
}

export interface Platform {
  /** `docker`, `process`. */
  readonly kind: string
  /** The server as it was asked for: `redis:7.0`. */
  readonly server: string
  /**
   * Which faults can be brought about here, and by which means. Throws PlatformError if the platform cannot be used
   * now.
   */
  faultSupport(signal?: AbortSignal): Promise<FaultSupport[]>
  /** Throws PlatformError if the platform cannot be used now; returns what it is, in words: `Docker 20.10.24`. */
  probe(): Promise<string>
  /**
   * Makes ready what every server needs (an image); returns the server in words: `redis 7.0.15`. With `server`, the same
   * for one that some nodes run, or will. Throws PlatformError for a server that cannot be brought here.
   */
  prepare(progress: Progress, signal?: AbortSignal, server?: string): Promise<string>
  /**
   * Makes an image ready that is to be run beside servers. Missing where that cannot be done; throws PlatformError if the
   * image cannot be had.
   */
  prepareGuest?(image: string, progress: Progress, signal?: AbortSignal): Promise<void>
  /**
   * Creates and starts the servers, in parallel; resolves when each has answered once. Throws ConflictError, before
   * anything is made, if a name or port is taken. If it fails or `signal` aborts midway, all that it made is removed
   * before it rejects.
   */
  create(spec: ServerGroupSpec, progress: Progress, signal?: AbortSignal): Promise<ServerGroup>
  /** The existing group with this run id; undefined if there is none. */
  find(runId: string): Promise<ServerGroup | undefined>
  /** The runs that have something here, whatever became of them. */
  runs(): Promise<FoundRun[]>
  /** Removes everything labelled with this run id; returns what was removed, in words. Idempotent. */
  removeRun(runId: string): Promise<string[]>
  /** Removes what was run beside the servers of this run, which stay; returns what was removed, in words. */
  removeGuests?(runId: string): Promise<string[]>
  /** The command that removes by hand what a run left, for `--keep` and the second Ctrl-C. */
  removalCommand(runId: string): string
  /** Closes sockets of the platform itself. */
  close(): Promise<void>
}
