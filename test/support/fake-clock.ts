import { type Clock, systemClock } from '../../runner/base/clock.ts'
import { type Stall, stoodStillMs } from '../../runner/base/pulse.ts'

/** A clock that moves only when it is told to, or by sleeping: no test has to wait. */
export class FakeClock implements Clock {
  ms: number
  readonly sleeps: number[] = []
  readonly stalls: Stall[] = []

  constructor(startMs = 1000) {
    this.ms = startMs
  }

  nowMs(): number {
    return this.ms
  }

  ranMs(): number {
    return this.ms - stoodStillMs(this.stalls, 0, this.ms)
  }

  stallsSince(sinceMs: number): readonly Stall[] {
    return this.stalls.filter(({ toMs }) => toMs > sinceMs)
  }

  /** The thread stands still for so long. */
  standStill(durationMs: number): void {
    this.stalls.push({ fromMs: this.ms, toMs: this.ms + durationMs })
    this.ms += durationMs
  }

  wallMs(): number {
    return Date.UTC(2026, 10, 22, 13, 40, 5) + this.ms
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.sleeps.push(durationMs)
    this.ms += durationMs
  }
}

/** The real clock, but no sleep is longer than 20 ms: what is done every second is done at once. */
export const hurriedClock: Clock = {
  ...systemClock,
  sleep: (durationMs, signal) => systemClock.sleep(Math.min(durationMs, 20), signal),
}
