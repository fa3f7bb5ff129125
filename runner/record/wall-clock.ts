import type { Clock } from '../base/clock.ts'

/** A moment on the monotonic clock, and how far it may be off, either way. */
export interface MappedTime {
  nowMs: number
  errorMs: number
}

/** Both clocks at one moment. */
interface Sample {
  nowMs: number
  /** Monotonic time less wall clock. */
  offsetMs: number
  /** Half the time that reading both took. */
  errorMs: number
}

/** Clocks are read in whole milliseconds, cut off: each reading may be up to this much later than it says. */
const RESOLUTION_MS = 1

/** Readings of both clocks in a row when they are compared for its own sake: one of them is cut off by little. */
const READINGS = 200

/**
 * How fast a wall clock may be slewed without being set: 500 ppm (adjtimex(2)), and as much again for the oscillator.
 */
const SLEW = 0.001

/** A stamp further ahead of its arrival than this comes from another clock than ours. */
const AHEAD_MS = 2
/** Such a line was written when it arrived, less what lines take to arrive: followers look every 50 ms. */
const USUAL_LAG_MS = 60
/** A line that arrives later than this is late, or its clock is behind ours: nobody knows which. */
const LONGEST_LAG_MS = 500

/**
 * Maps the wall clock of log lines to the monotonic clock. Both are read anew for every line, so that a wall clock that
 * is set meanwhile moves nothing but the error of the lines at that moment. Lines of a server whose clock is not ours
 * (another machine, a virtual one, a clock fault) are known by when they arrive, and have a larger error.
 */
export class WallClock {
  readonly #clock: Clock
  /** The best known so far: of readings cut off by up to a millisecond, the one that was cut off least. */
  #best: Sample | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `wallMs`, ms since the epoch, stamped on a line that has just arrived. */
  map(wallMs: number): MappedTime {
    const sample = this.#sample()
    const jumpMs = this.#learn(sample)
    const { offsetMs, errorMs: readingMs } = this.#best ?? sample
    const errorMs = RESOLUTION_MS + readingMs + jumpMs
    const nowMs = wallMs + RESOLUTION_MS / 2 + offsetMs
    const lagMs = sample.nowMs - nowMs
    if (lagMs < -AHEAD_MS - errorMs) {
      return { nowMs: sample.nowMs - USUAL_LAG_MS / 2, errorMs: USUAL_LAG_MS / 2 + errorMs }
    }
    return { nowMs, errorMs: lagMs > LONGEST_LAG_MS ? lagMs + errorMs : errorMs }
  }

  /**
   * Both clocks at one moment, as closely as can be told: `nowMs` is when the wall clock said `wallMs`, which may have
   * a fraction.
   */
  now(): MappedTime & { wallMs: number } {
    for (let reading = 0; reading < READINGS; reading += 1) this.#learn(this.#sample())
    const sample = this.#best ?? this.#sample()
    const nowMs = this.#clock.nowMs()
    return { nowMs, wallMs: nowMs - sample.offsetMs, errorMs: RESOLUTION_MS / 2 + sample.errorMs }
  }

  #sample(): Sample {
    const beforeMs = this.#clock.nowMs()
    const wallMs = this.#clock.wallMs()
    const afterMs = this.#clock.nowMs()
    const nowMs = (beforeMs + afterMs) / 2
    return { nowMs, offsetMs: nowMs - wallMs, errorMs: (afterMs - beforeMs) / 2 }
  }

  /**
   * Takes the sample if it is better, or if the clock has moved away from the best. Returns by how much it was set, if
   * it was.
   */
  #learn(sample: Sample): number {
    const best = this.#best
    const movedMs = best === undefined ? 0 : sample.offsetMs - best.offsetMs
    const sinceMs = sample.nowMs - (best?.nowMs ?? sample.nowMs)
    const isWithin = movedMs >= 0 && movedMs <= RESOLUTION_MS + sample.errorMs + (best?.errorMs ?? 0)
    if (best === undefined || !isWithin) this.#best = sample
    return Math.abs(movedMs) > 2 * RESOLUTION_MS + SLEW * sinceMs ? Math.abs(movedMs) : 0
  }
}
