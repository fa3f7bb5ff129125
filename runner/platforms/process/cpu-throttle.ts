import { readFileSync } from 'node:fs'

/** As the kernel's own quotas count: CONFIG_CFS_BANDWIDTH, default cpu.cfs_period_us. */
const PERIOD_MS = 100
const LOOK_EVERY_MS = 4
/** sysconf(_SC_CLK_TCK) is 100 on every Linux. */
const TICK_MS = 10

/**
 * Holds a process to a share of one core, without any right of an administrator: it is stopped (SIGSTOP) when it has
 * used its share of the time, and goes on (SIGCONT) when it has some again. An idle process is not touched, as with the
 * kernel's quotas.
 */
export class CpuThrottle {
  readonly #pid: number
  readonly #share: number
  readonly #send: (signal: 'SIGSTOP' | 'SIGCONT') => void
  readonly #timer: NodeJS.Timeout
  /** What the process may still use, ms; below zero when it has used too much. */
  #left: number
  #lookedAtMs = performance.now()
  #usedMs: number
  #heldSinceMs: number | undefined
  #heldMs = 0
  #suspended = false

  /** `share` of one core, above 0 and below 1. `send` reaches the process and its children. */
  constructor(pid: number, share: number, send: (signal: 'SIGSTOP' | 'SIGCONT') => void) {
    this.#pid = pid
    this.#share = share
    this.#send = send
    this.#left = share * PERIOD_MS
    this.#usedMs = usedBy(pid) ?? 0
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  get share(): number {
    return this.#share
  }

  /** How long the process was held back so far, ms. */
  get heldBackMs(): number {
    return this.#heldMs + (this.#heldSinceMs === undefined ? 0 : performance.now() - this.#heldSinceMs)
  }

  /** Whether it is this that stops the process, if it is stopped. */
  get isActive(): boolean {
    return !this.#suspended
  }

  /** Leaves the process alone: something else stops it, or lets it go on. */
  suspend(): void {
    this.#suspended = true
    this.#endHold()
  }

  resume(): void {
    this.#suspended = false
    this.#lookedAtMs = performance.now()
  }

  /** Lets the process go on for good. */
  end(): void {
    clearInterval(this.#timer)
    const held = this.#heldSinceMs !== undefined
    this.#endHold()
    if (held) this.#send('SIGCONT')
  }

  #look(): void {
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

  #endHold(): void {
    if (this.#heldSinceMs === undefined) return
    this.#heldMs += performance.now() - this.#heldSinceMs
    this.#heldSinceMs = undefined
  }
}

/** Processor time that a process has used, all its threads together, ms; undefined where the system does not tell. */
function usedBy(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; after it come the fields from the third on (proc(5)): 14 utime, 15 stime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return undefined
  }
}
