import type { Span } from '../../results/run-facts.ts'

/** The times in which no operation was under way, from operations in the order of completion. */
export class IdleTimes {
  firstMs = Number.POSITIVE_INFINITY
  lastMs = 0
  readonly #leastMs: number
  readonly #found: Span[] = []

  /** Times up to `leastMs` are left out. */
  constructor(leastMs: number) {
    this.#leastMs = leastMs
  }

  add(invokeMs: number, completeMs: number): void {
    // What took long may have been under way in times that seemed idle by what was over before it.
    for (let idle = this.#found.at(-1); idle !== undefined && invokeMs < idle.endMs; idle = this.#found.at(-1)) {
      idle.endMs = invokeMs
      if (idle.endMs - idle.startMs > this.#leastMs) break
      this.#found.pop()
    }
    if (this.lastMs > 0 && invokeMs - this.lastMs > this.#leastMs) {
      this.#found.push({ startMs: this.lastMs, endMs: invokeMs })
    }
    this.firstMs = Math.min(this.firstMs, invokeMs)
    this.lastMs = Math.max(this.lastMs, completeMs)
  }

  /** Those between two moments; the first begins at the first moment, the last ends at the last. */
  between(fromMs: number, toMs: number): Span[] {
    const edges = [
      { startMs: fromMs, endMs: this.firstMs },
      { startMs: this.lastMs, endMs: toMs },
    ]
    const all = [...this.#found, ...edges].sort((a, b) => a.startMs - b.startMs)
    return all.filter(({ startMs, endMs }) => endMs - startMs > this.#leastMs)
  }
}
