import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { ProcessId } from './process/protocol.ts'

/** What is seen of a process. */
interface Seen {
  letter: string
  startedAt: string
}

const hasProc = existsSync('/proc/self/stat')

/**
 * The state letter of a process (`T`: stopped by a signal) and when it started, in a form only to be compared;
 * undefined if there is no such process, or only its unburied remains (a zombie).
 */
export function lookAt(pid: number): Seen | undefined {
  const seen = hasProc ? lookInProc(pid) : lookWithPs(pid)
  return seen && !/[ZX]/.test(seen.letter) ? seen : undefined
}

/** The identity of a process that is alive now. */
export function processId(pid: number): ProcessId | undefined {
  const seen = lookAt(pid)
  return seen && { pid, startedAt: seen.startedAt }
}

export function ownProcessId(): ProcessId {
  return processId(process.pid) ?? { pid: process.pid, startedAt: 'unknown' }
}

/** Whether this very process is alive, and not another one that got its pid. */
export function isAlive(id: ProcessId): boolean {
  return lookAt(id.pid)?.startedAt === id.startedAt
}

/** The processes whose command line begins so. Only Linux shows them; elsewhere none. */
export function processesOfCommand(beginning: string): ProcessId[] {
  if (!hasProc) return []
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).flatMap((pid) => (commandOf(pid).startsWith(beginning) ? (processId(pid) ?? []) : []))
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

function lookInProc(pid: number): Seen | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; after it come the fields from the third on (proc(5)): 3 state, 22
    // starttime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { letter: fields[0] ?? '', startedAt: `${bootId()}:${fields[19]}` }
  } catch {
    return undefined
  }
}

/** Start times count from the machine's boot. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return ''
  }
}

function lookWithPs(pid: number): Seen | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  })
  const match = /^\s*(\S+)\s+(\S.*?)\s*$/m.exec(stdout ?? '')
  return match ? { letter: match[1] ?? '', startedAt: match[2] ?? '' } : undefined
}
