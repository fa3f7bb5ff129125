// Plain JavaScript, as all that the supervisor loads: see process/supervisor.mjs.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** @typedef {import('./process/protocol.ts').ProcessId} ProcessId */

const hasProc = existsSync('/proc/self/stat')

/**
 * The state letter of a process (`T`: stopped by a signal) and when it started, in a form only to be compared; undefined
 * if there is no such process, or only its unburied remains (a zombie).
 * @param {number} pid
 * @returns {{ letter: string, startedAt: string } | undefined}
 */
export function lookAt(pid) {
  const seen = hasProc ? lookInProc(pid) : lookWithPs(pid)
  return seen && !/[ZX]/.test(seen.letter) ? seen : undefined
}

/**
 * The identity of a process that is alive now.
 * @param {number} pid
 * @returns {ProcessId | undefined}
 */
export function processId(pid) {
  const seen = lookAt(pid)
  return seen && { pid, startedAt: seen.startedAt }
}

/**
 * Whether this very process is alive, and not another one that got its pid.
 * @param {ProcessId} id
 */
export function isAlive(id) {
  return lookAt(id.pid)?.startedAt === id.startedAt
}

/** @param {number} pid */
function lookInProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; after it come the fields from the third on (proc(5)): 3 state, 22 starttime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { letter: fields[0] ?? '', startedAt: `${bootId()}:${fields[19]}` }
  } catch {
    return undefined
  }
}

/** Start times count from the machine's boot. */
function bootId() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return ''
  }
}

/** @param {number} pid */
function lookWithPs(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  })
  const match = /^\s*(\S+)\s+(\S.*?)\s*$/m.exec(stdout ?? '')
  return match ? { letter: match[1] ?? '', startedAt: match[2] ?? '' } : undefined
}
