import type { Span } from '../page-data.ts'

/** The shortest stretch of time that can be looked at, ms. */
const SHORTEST_MS = 20

/** The one stretch of time that everything on the page shows. */
export class TimeView {
  /** The whole lasts from 0 to here, ms. */
  endMs: number
  min = 0
  max: number
  readonly #listeners: (() => void)[] = []

  constructor(endMs: number) {
    this.endMs = Math.max(endMs, SHORTEST_MS)
    this.max = this.endMs
  }

  get isWhole(): boolean {
    return this.min === 0 && this.max === this.endMs
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Shows from `min` to `max`, kept within the whole. */
  show(min: number, max: number): void {
    const width = Math.min(Math.max(max - min, SHORTEST_MS), this.endMs)
    const middle = (min + max) / 2
    this.min = Math.min(Math.max(middle - width / 2, 0), this.endMs - width)
    this.max = this.min + width
    for (const listener of this.#listeners) listener()
  }

  /** The whole has become longer: who looks at the whole still does. Tells nobody: what is shown changes with it. */
  grow(endMs: number): void {
    const { isWhole } = this
    this.endMs = Math.max(endMs, this.endMs)
    if (isWhole) this.max = this.endMs
  }

  whole(): void {
    this.show(0, this.endMs)
  }

  /** A `factor` below 1 goes nearer. `aroundMs` stays where it is; the middle if not given. */
  zoom(factor: number, aroundMs = (this.min + this.max) / 2): void {
    this.show(aroundMs - (aroundMs - this.min) * factor, aroundMs + (this.max - aroundMs) * factor)
  }

  /** `share` of what is shown; negative: towards the start. */
  pan(share: number): void {
    const shift = (this.max - this.min) * share
    const kept = Math.min(Math.max(shift, -this.min), this.endMs - this.max)
    this.show(this.min + kept, this.max + kept)
  }

  /** Shows a moment with room on both sides. */
  showMoment({ startMs, endMs }: Span): void {
    const room = Math.max((endMs - startMs) * 0.25, this.endMs * 0.01, 50)
    this.show(startMs - room, endMs + room)
  }
}

/** A moment on the axis, with as many decimals as ticks need that are `stepMs` apart. */
export function timeText(ms: number, stepMs = 1): string {
  const decimals = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  const sign = ms < 0 ? '-' : ''
  const seconds = Math.abs(ms) / 1000
  if (seconds < 120) return `${sign}${seconds.toFixed(decimals)} s`
  const rest = (seconds % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, '0')
  return `${sign}${Math.floor(seconds / 60)}:${rest} min`
}

/** Round moments to mark between `min` and `max`, at most `count`. */
export function ticksBetween(min: number, max: number, count: number): { ticks: number[]; stepMs: number } {
  const rough = (max - min) / Math.max(count, 1)
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000]
  const stepMs = steps.find((step) => step >= rough) ?? Math.ceil(rough / 600_000) * 600_000
  const ticks: number[] = []
  for (let at = Math.ceil(min / stepMs) * stepMs; at <= max; at += stepMs) ticks.push(at)
  return { ticks, stepMs }
}
