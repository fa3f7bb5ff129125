import type { LinkOrder, LinkPlan, LinkReply } from '../links/protocol.ts'
import type { NodeState } from '../platform.ts'

/** What a runner and the supervisor of its processes say to each other: one JSON text a line. */

/**
 * The first line on the supervisor's standard input, before the run's folder is made: from then on the supervisor
 * removes it at its end, if it was made under this claim.
 */
export interface SupervisorClaim {
  /** Unique. */
  claim: string
  folder: string
  /** What the folder is called until its record is in it. */
  unfinished: string
}

/** The second line on the supervisor's standard input. */
export interface SupervisorPlan {
  /** The run's folder: the supervisor removes it at its end. */
  folder: string
  servers: ServerPlan[]
  /** For a group with links: a process of its own carries them. */
  links?: LinkPlan
  /** For a group with small disks: a process of its own keeps them. */
  disks?: DiskPlan
}

/** Small disks in memory, in a mount namespace that the servers are started in. */
export interface DiskPlan {
  /** Mounts the disks, says so in a line, and keeps them until its standard input ends. */
  command: string
  args: string[]
  /** Runs what follows it in that namespace; `@pid@` stands for the process that keeps it. */
  enter: string[]
}

export interface ServerPlan {
  name: string
  /** The node that it is. */
  node: string
  command: string
  args: string[]
  /** Laid over the supervisor's own environment. */
  env: Record<string, string>
  /** Where it runs. */
  folder: string
  /** The file that takes its standard output and standard error. */
  log: string
  /** It waits to be started. */
  spare?: true
}

/**
 * A later line on the supervisor's standard input: the servers live on without the runner. Without it, the end of the
 * input is the end of the servers.
 */
export const RELEASE = 'release'

/** The first line on the supervisor's standard output. */
export type Opening = { ready: true } | { error: string; code?: string }

/** A later line there: something that the group cannot do without is gone. In words. */
export interface Loss {
  lost: string
}

export type Action =
  | 'state'
  | 'stop'
  | 'kill'
  | 'pause'
  | 'unpause'
  | 'start'
  | 'replace'
  | 'limit'
  | 'limits'
  | 'links'
  | 'remove'

/** A line on the supervisor's socket. */
export interface Request {
  id: number
  action: Action
  /** All but `links` and `remove` need it. */
  server?: string
  /** `stop` needs it. */
  graceMs?: number
  /** `replace` needs it: how the server is started from now on. */
  plan?: ServerPlan
  /** `links` needs it. */
  order?: LinkOrder
  /** With `limit`: the share of one core that the server may use; without it, it may use all of it. */
  cpuShare?: number
}

export interface Reply {
  id: number
  /** Why it could not be done, in words. */
  error?: string
  /** With `error`, the code of the system: `ENOSPC`. */
  code?: string
  state?: NodeState
  /** With `state`: the server's process, if it runs. */
  pid?: number
  /** In answer to `links`. */
  links?: LinkReply
  /** In answer to `limit` and `limits`. */
  cpuShare?: number
  heldBackMs?: number
}

/** A process that no later one of the same pid is taken for. */
export interface ProcessId {
  pid: number
  startedAt: string
}

/** The file `processes.json` of a run's folder, kept by the supervisor. */
export interface Processes {
  supervisor: ProcessId
  /** Of all servers that were started, whether they live or not. */
  servers: Record<string, ProcessId>
  /** What carries the links, in a group that has them. */
  links?: ProcessId
  /** What keeps the small disks, in a group that has them. */
  disks?: ProcessId
}

/** Files of a run's folder. */
export const PROCESSES_FILE = 'processes.json'
export const SOCKET_FILE = 'control.sock'
