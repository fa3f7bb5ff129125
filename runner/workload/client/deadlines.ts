/** How late an operation's time-out may be noticed, ms. */
const SWEEP_EVERY_MS = 5

interface Ending {
  readonly ended: boolean
}

/**
 * Watches over operations that all may take the same time: they expire in the order in which they were added, so one
 * look at the oldest is enough, and an operation costs no timer of its own.
 */
export class Deadlines<T extends Ending> {
  readonly #timeoutMs: number
  readonly #ranMs: () => number
  readonly #onExpired: (item: T) => void
  #items: T[] = []
  #dueMs: number[] = []
  #first = 0
  #timer: NodeJS.Timeout | undefined

  /** `ranMs`: monotonic ms in which the thread ran; an operation waits for nobody while it stands still. */
  constructor(timeoutMs: number, ranMs: () => number, onExpired: (item: T) => void) {
    this.#timeoutMs = timeoutMs
    this.#ranMs = ranMs
    this.#onExpired = onExpired
  }

  add(item: T): void {
    this.#items.push(item)
    this.#dueMs.push(this.#ranMs() + this.#timeoutMs)
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_EVERY_MS)
  }

  /** Forgets everything. */
  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#items = []
    this.#dueMs = []
    this.#first = 0
  }

  #sweep(): void {
    const nowMs = this.#ranMs()
    for (;;) {
      const item = this.#items[this.#first]
      if (item === undefined) break
      const isOver = (this.#dueMs[this.#first] ?? 0) <= nowMs
      if (!item.ended && !isOver) break
      this.#first += 1
      if (!item.ended) this.#onExpired(item)
    }
    this.#items = this.#items.slice(this.#first)
    this.#dueMs = this.#dueMs.slice(this.#first)
    this.#first = 0
    if (this.#items.length === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }
}
