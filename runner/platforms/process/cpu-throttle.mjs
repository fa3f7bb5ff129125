// Plain JavaScript, as all that the supervisor loads: see supervisor.mjs.
import { readFileSync } from 'node:fs'

/** As the kernel's own quotas count: CONFIG_CFS_BANDWIDTH, default cpu.cfs_period_us. */
const PERIOD_MS = 100
const LOOK_EVERY_MS = 4
/** sysconf(_SC_CLK_TCK) is 100 on every Linux. */
const TICK_MS = 10

/**
 * Holds a process to a share of one core, without any right of an administrator: it is stopped (SIGSTOP) when it has used its
 * share of the time, and goes on (SIGCONT) when it has some again. An idle process is not touched, as with the kernel's quotas.
 */
export class CpuThrottle {
  /** @type {number} */
  #pid
  /** @type {number} */
  #share
  /** @type {(signal: 'SIGSTOP' | 'SIGCONT') => void} */
  #send
  /** @type {NodeJS.Timeout} */
  #timer
  /** What the process may still use, ms; below zero when it has used too much. */
  #left
  #lookedAtMs = performance.now()
  /** @type {number} */
  #usedMs
  /** @type {number | undefined} */
  #heldSinceMs
  #heldMs = 0
  #suspended = false

  /**
   * @param {number} pid
   * @param {number} share of one core, above 0 and below 1
   * @param {(signal: 'SIGSTOP' | 'SIGCONT') => void} send to the process and its children
   */
  constructor(pid, share, send) {
    this.#pid = pid
    this.#share = share
    this.#send = send
    this.#left = share * PERIOD_MS
    this.#usedMs = usedBy(pid) ?? 0
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  get share() {
    return this.#share
  }

  /** How long the process was held back so far, ms. */
  get heldBackMs() {
    return this.#heldMs + (this.#heldSinceMs === undefined ? 0 : performance.now() - this.#heldSinceMs)
  }

  /** Whether it is this that stops the process, if it is stopped. */
  get isActive() {
    return !this.#suspended
  }

  /** Leaves the process alone: something else stops it, or lets it go on. */
  suspend() {
    this.#suspended = true
    this.#endHold()
  }

  resume() {
    this.#suspended = false
    this.#lookedAtMs = performance.now()
  }

  /** Lets the process go on for good. */
  end() {
    clearInterval(this.#timer)
    const held = this.#heldSinceMs !== undefined
    this.#endHold()
    if (held) this.#send('SIGCONT')
  }

  #look() {
    if (this.#suspended) return
    const nowMs = performance.now()
    const elapsedMs = nowMs - this.#lookedAtMs
    this.#lookedAtMs = nowMs
    const held = this.#heldSinceMs !== undefined
    const usedMs = usedBy(this.#pid)
    // Where the system does not tell what a process used, it used all the time that it had.
    const spentMs = usedMs === undefined ? (held ? 0 : elapsedMs) : usedMs - this.#usedMs
    this.#usedMs = usedMs ?? 0
    this.#left = Math.min(this.#left + elapsedMs * this.#share - spentMs, this.#share * PERIOD_MS)
    if (!held && this.#left <= 0) {
      this.#heldSinceMs = nowMs
      this.#send('SIGSTOP')
    } else if (held && this.#left >= (this.#share * PERIOD_MS) / 2) {
      this.#endHold()
      this.#send('SIGCONT')
    }
  }

  #endHold() {
    if (this.#heldSinceMs === undefined) return
    this.#heldMs += performance.now() - this.#heldSinceMs
    this.#heldSinceMs = undefined
  }
}

/**
 * Processor time that a process has used, all its threads together, ms; undefined where the system does not tell.
 * @param {number} pid
 */
function usedBy(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; after it come the fields from the third on (proc(5)): 14 utime, 15 stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return undefined
  }
}
