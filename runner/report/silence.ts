import { formatDuration } from '../base/duration.ts'
import type { RunEvent } from '../record/events.ts'
import { stepText } from './live-story.ts'
import { Underway } from './underway.ts'

/** A log that has said nothing for so long, ms, says what it waits for. */
const SILENT_FOR_MS = 2000
/** What it has said of one thing it says again, with what is seen by then, this often at most, ms. */
const AGAIN_AFTER_MS = 10_000

/** What is under way while a log would go silent. */
export class Silence {
  readonly #underway = new Underway()
  #spokeAtMs: number
  #told: { what: string; atMs: number } | undefined

  constructor(nowMs: number) {
    this.#spokeAtMs = nowMs
  }

  follow(event: RunEvent, nowMs: number): void {
    this.#underway.follow(event, nowMs)
  }

  /** Something was said. */
  broken(nowMs: number): void {
    this.#spokeAtMs = nowMs
  }

  /** What to say now; undefined if it is too early, or nothing is under way. */
  news(nowMs: number): { scenario: number | undefined; text: string } | undefined {
    const current = this.#current()
    if (current === undefined) return undefined
    const { scenario, what, seen, sinceMs } = current
    if (nowMs - Math.max(this.#spokeAtMs, sinceMs) < SILENT_FOR_MS) return undefined
    const isTold = this.#told?.what === what
    if (isTold && nowMs - (this.#told?.atMs ?? 0) < AGAIN_AFTER_MS) return undefined
    this.#told = { what, atMs: nowMs }
    return { scenario, text: `… ${what}${seen} (after ${formatDuration(nowMs - sinceMs)})` }
  }

  /** Of steps at the same time the innermost that began last; the others are counted. */
  #current(): { scenario: number | undefined; what: string; seen: string; sinceMs: number } | undefined {
    const { steps, works } = this.#underway
    const [inner] = steps.toSorted((a, b) => b.step.path.length - a.step.path.length || b.sinceMs - a.sinceMs)
    if (inner === undefined) {
      const [work] = works
      return work && { ...work, what: work.text, seen: '' }
    }
    const { scenario, step, sinceMs, text } = inner
    const beside = steps.filter((one) => one !== inner && !step.path.startsWith(one.step.path)).length
    const seen = `${text === '' ? '' : `: ${text}`}${beside === 0 ? '' : `, and ${beside} more beside it`}`
    return { scenario, what: stepText(step).trim(), seen, sinceMs }
  }
}
