/** A time in which a thread stood still, by its monotonic clock, ms. */
export interface Stall {
  fromMs: number
  toMs: number
}

/** How often the pulse beats, ms: a stall is known to begin at the last beat, so it may be told too long by as much. */
const BEAT_MS = 50
/**
 * A beat as late as this is a stall, ms. Garbage collection and busy neighbors delay one by tens of milliseconds, on a
 * loaded machine by some hundred; the shortest time-out that a step depends on is 1000 ms.
 */
export const STALL_MS = 500

/**
 * The heartbeat of one thread: it tells when the thread's event loop stood still, because the machine slept, the
 * process was stopped, or other work kept it from the processor. Its running time leaves those times out: what is
 * limited by it is not cut short by a pause that nobody but the runner made.
 */
export class Pulse {
  readonly #nowMs: () => number
  readonly #stalls: Stall[] = []
  #lastMs: number
  #stoodStillMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#lastMs = nowMs()
  }

  /**
   * Monotonic ms in which the thread ran. The first call starts the heart, and every call looks at the clock: a timer
   * that is due when a stall ends may run ahead of the beat.
   */
  ranMs(): number {
    this.#start()
    const nowMs = this.#nowMs()
    if (nowMs - this.#lastMs >= STALL_MS) this.#beat(nowMs)
    return nowMs - this.#stoodStillMs
  }

  /** The stalls that ended after `sinceMs`, in order. */
  stallsSince(sinceMs: number): Stall[] {
    this.ranMs()
    return this.#stalls.filter(({ toMs }) => toMs > sinceMs)
  }

  #start(): void {
    if (this.#timer !== undefined) return
    this.#lastMs = this.#nowMs()
    this.#timer = setInterval(() => this.#beat(this.#nowMs()), BEAT_MS)
    this.#timer.unref()
  }

  #beat(nowMs: number): void {
    if (nowMs - this.#lastMs >= STALL_MS) {
      this.#stalls.push({ fromMs: this.#lastMs, toMs: nowMs })
      this.#stoodStillMs += nowMs - this.#lastMs
    }
    this.#lastMs = nowMs
  }
}

/** How much of a span its stalls take, ms. */
export function stoodStillMs(stalls: readonly Stall[], fromMs: number, toMs: number): number {
  return stalls.reduce(
    (sum, stall) => sum + Math.max(Math.min(stall.toMs, toMs) - Math.max(stall.fromMs, fromMs), 0),
    0,
  )
}
