/** The shortest stretch of time that can be looked at, ms. */
const SHORTEST_MS = 20

/** The one stretch of time that everything on the page shows. */
export class TimeView {
  /** @param {number} endMs The whole lasts from 0 to here. */
  constructor(endMs) {
    this.endMs = Math.max(endMs, SHORTEST_MS)
    this.min = 0
    this.max = this.endMs
    /** @type {(() => void)[]} */
    this.listeners = []
  }

  get isWhole() {
    return this.min === 0 && this.max === this.endMs
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.listeners.push(listener)
  }

  /**
   * Shows from `min` to `max`, kept within the whole.
   * @param {number} min
   * @param {number} max
   */
  show(min, max) {
    const width = Math.min(Math.max(max - min, SHORTEST_MS), this.endMs)
    const middle = (min + max) / 2
    this.min = Math.min(Math.max(middle - width / 2, 0), this.endMs - width)
    this.max = this.min + width
    for (const listener of this.listeners) listener()
  }

  whole() {
    this.show(0, this.endMs)
  }

  /**
   * @param {number} factor Below 1: nearer.
   * @param {number} [aroundMs] What stays where it is; the middle if not given.
   */
  zoom(factor, aroundMs = (this.min + this.max) / 2) {
    this.show(aroundMs - (aroundMs - this.min) * factor, aroundMs + (this.max - aroundMs) * factor)
  }

  /** @param {number} share Of what is shown; negative: towards the start. */
  pan(share) {
    const shift = (this.max - this.min) * share
    const kept = Math.min(Math.max(shift, -this.min), this.endMs - this.max)
    this.show(this.min + kept, this.max + kept)
  }

  /**
   * Shows a moment with room on both sides.
   * @param {{ startMs: number, endMs: number }} moment
   */
  showMoment({ startMs, endMs }) {
    const room = Math.max((endMs - startMs) * 0.25, this.endMs * 0.01, 50)
    this.show(startMs - room, endMs + room)
  }
}

/**
 * A moment on the axis: as many decimals as the ticks need.
 * @param {number} ms
 * @param {number} [stepMs] Between two ticks.
 */
export function timeText(ms, stepMs = 1) {
  const decimals = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  const sign = ms < 0 ? '-' : ''
  const seconds = Math.abs(ms) / 1000
  if (seconds < 120) return `${sign}${seconds.toFixed(decimals)} s`
  const rest = (seconds % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, '0')
  return `${sign}${Math.floor(seconds / 60)}:${rest} min`
}

/**
 * Round moments to mark between `min` and `max`, at most `count`.
 * @param {number} min
 * @param {number} max
 * @param {number} count
 */
export function ticksBetween(min, max, count) {
  const rough = (max - min) / Math.max(count, 1)
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000]
  const stepMs = steps.find((step) => step >= rough) ?? Math.ceil(rough / 600_000) * 600_000
  const ticks = []
  for (let at = Math.ceil(min / stepMs) * stepMs; at <= max; at += stepMs) ticks.push(at)
  return { ticks, stepMs }
}
