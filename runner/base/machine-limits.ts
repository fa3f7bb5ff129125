import { readFileSync } from 'node:fs'
import { userId } from './user.ts'

/** What the shell or the container lets this program and its children have at most; undefined: as much as there is. */
export interface MachineLimits {
  openFiles?: number
  fileBytes?: number
  addressBytes?: number
  /** Processes and threads of this user, all programs together. */
  tasks?: number
  /** Entries of the kernel's table of neighbors (ARP), those of all containers together. */
  neighbors?: number
}

const LIMITS_FILE = '/proc/self/limits'
const NEIGHBORS_FILE = '/proc/sys/net/ipv4/neigh/default/gc_thresh3'

/** The limits of this program, which its children inherit; none on systems that do not tell. */
export function machineLimits(): MachineLimits {
  const neighbors = Number(textOf(NEIGHBORS_FILE))
  return { ...parseLimits(textOf(LIMITS_FILE)), ...(neighbors > 0 && { neighbors }) }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Reads `/proc/PID/limits` (proc_pid_limits(5)): a name, the soft and the hard limit, the unit. */
export function parseLimits(text: string): MachineLimits {
  const soft = (name: string): number | undefined => {
    const found = new RegExp(`^${name} +(\\d+) `, 'm').exec(text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const openFiles = soft('Max open files')
  const fileBytes = soft('Max file size')
  const addressBytes = soft('Max address space')
  // The kernel does not hold root to it (RLIMIT_NPROC, getrlimit(2)).
  const tasks = userId() === 0 ? undefined : soft('Max processes')
  return {
    ...(openFiles !== undefined && { openFiles }),
    ...(fileBytes !== undefined && { fileBytes }),
    ...(addressBytes !== undefined && { addressBytes }),
    ...(tasks !== undefined && { tasks }),
  }
}
