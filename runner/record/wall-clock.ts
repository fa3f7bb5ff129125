import type { Clock } from '../base/clock.ts'
import { stoodStillMs } from '../base/pulse.ts'

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
 * Maps the wall clock of log lines to the monotonic clock. Both are read anew for every line. When the wall clock was
 * set meanwhile, a line was stamped before or after: the one of the two that it cannot have been, by when it arrived, is
 * ruled out, and where neither can, the error tells. A line that arrives late because the runner stood still is not late.
 * Lines of a server whose clock is not ours (another machine, a virtual one, a clock fault) are known by when they
 * arrive, and have a larger error.
 */
export class WallClock {
  readonly #clock: Clock
  /** The best known so far: of readings cut off by up to a millisecond, the one that was cut off least. */
  #best: Sample | undefined
  /** The best before the wall clock was set, the last time, and when that was noticed. */
  #before: { sample: Sample; untilMs: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `wallMs`, ms since the epoch, stamped on a line that has just arrived. */
  map(wallMs: number): MappedTime {
    const sample = this.#sample()
    const jumpMs = this.#learn(sample)
    const now = mapped(this.#best ?? sample, wallMs)
    const before = this.#before && mapped(this.#before.sample, wallMs)
    const mayBeBefore = before && before.nowMs <= (this.#before?.untilMs ?? 0) && this.#mayBe(before, sample.nowMs)
    if (!this.#mayBe(now, sample.nowMs)) return mayBeBefore ? before : unlikely(now, jumpMs, sample.nowMs)
    return mayBeBefore ? { ...now, errorMs: now.errorMs + jumpMs } : now
  }

  /** Whether a line may have been written then, by when it arrived: not in the future, and no longer ago than usual. */
  #mayBe({ nowMs, errorMs }: MappedTime, arrivedMs: number): boolean {
    const lagMs = arrivedMs - nowMs
    if (lagMs < -AHEAD_MS - errorMs) return false
    return lagMs - stoodStillMs(this.#clock.stallsSince(nowMs), nowMs, arrivedMs) <= LONGEST_LAG_MS
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
   * Takes the sample if it is better, or if the clock has moved away from the best: a reading that was held up for a
   * moment shows neither. Returns by how much the clock was set, if it was.
   */
  #learn(sample: Sample): number {
    const best = this.#best
    if (best === undefined) {
      this.#best = sample
      return 0
    }
    const movedMs = sample.offsetMs - best.offsetMs
    const hasMoved = Math.abs(movedMs) > RESOLUTION_MS + sample.errorMs + best.errorMs
    if (hasMoved || isBetter(sample, best)) this.#best = sample
    if (!hasMoved || Math.abs(movedMs) <= 2 * RESOLUTION_MS + SLEW * (sample.nowMs - best.nowMs)) return 0
    this.#before = { sample: best, untilMs: sample.nowMs }
    return Math.abs(movedMs)
  }
}

/** Of two readings that took about as long, the one that was cut off less; else the one that took less. */
function isBetter(sample: Sample, best: Sample): boolean {
  const longerMs = sample.errorMs - best.errorMs
  return longerMs < -RESOLUTION_MS || (longerMs <= RESOLUTION_MS && sample.offsetMs < best.offsetMs)
}

function mapped({ offsetMs, errorMs }: Sample, wallMs: number): MappedTime {
  return { nowMs: wallMs + RESOLUTION_MS / 2 + offsetMs, errorMs: RESOLUTION_MS + errorMs }
}

/** Of a line that cannot have been written when its stamp says: its clock is another, or it was kept back. */
function unlikely({ nowMs, errorMs }: MappedTime, jumpMs: number, arrivedMs: number): MappedTime {
  const ownMs = errorMs + jumpMs
  const lagMs = arrivedMs - nowMs
  if (lagMs < -AHEAD_MS - ownMs) {
    return { nowMs: arrivedMs - USUAL_LAG_MS / 2, errorMs: USUAL_LAG_MS / 2 + ownMs }
  }
  return { nowMs, errorMs: Math.max(lagMs, 0) + ownMs }
}
