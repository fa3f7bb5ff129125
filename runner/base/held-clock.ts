import type { Clock } from './clock.ts'
import type { Stall } from './pulse.ts'

/** A time that was left out, by the clock underneath, ms. */
interface Hold {
  fromMs: number
  fromRanMs: number
  toMs?: number
  toRanMs?: number
}

/**
 * A clock that can be held: while somebody looks at what has failed, no time passes by it. Sleeping goes on all the
 * same.
 */
export class HeldClock implements Clock {
  readonly #clock: Clock
  readonly #holds: Hold[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Does the work in no time. One hold at a time. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    const hold: Hold = { fromMs: this.#clock.nowMs(), fromRanMs: this.#clock.ranMs() }
    this.#holds.push(hold)
    try {
      return await work()
    } finally {
      hold.toMs = this.#clock.nowMs()
      hold.toRanMs = this.#clock.ranMs()
    }
  }

  nowMs(): number {
    return this.#own(this.#clock.nowMs())
  }

  ranMs(): number {
    const ranMs = this.#clock.ranMs()
    return this.#holds.reduce((sum, { fromRanMs, toRanMs = ranMs }) => sum - (toRanMs - fromRanMs), ranMs)
  }

  stallsSince(sinceMs: number): readonly Stall[] {
    return this.#clock
      .stallsSince(sinceMs)
      .map(({ fromMs, toMs }) => ({ fromMs: this.#own(fromMs), toMs: this.#own(toMs) }))
      .filter(({ fromMs, toMs }) => toMs > sinceMs && toMs > fromMs)
  }

  wallMs(): number {
    return this.#clock.wallMs()
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(durationMs, signal)
  }

  /** A moment of the clock underneath by this one. */
  #own(ms: number): number {
    const left = this.#holds.reduce(
      (sum, { fromMs, toMs = Number.POSITIVE_INFINITY }) => sum + Math.max(0, Math.min(ms, toMs) - fromMs),
      0,
    )
    return ms - left
  }
}
