/** A timer is late by up to this much, ms: what it delays is no fault of the servers. */
const TIMER_GRAIN_MS = 2

/**
 * When the operations of one group of clients are due. With a rate they are due at even distances, whatever becomes of
 * those before (open loop); without one, whenever a client is free (closed loop).
 */
export class Pacing {
  readonly #intervalMs: number
  #nextMs = 0

  /** `perSecond`: undefined for a closed loop. */
  constructor(perSecond: number | undefined) {
    this.#intervalMs = perSecond === undefined ? 0 : 1000 / perSecond
  }

  get isOpen(): boolean {
    return this.#intervalMs > 0
  }

  begin(nowMs: number): void {
    this.#nextMs = nowMs + this.#intervalMs
  }

  /** When the next operation is due, ms; in a closed loop at once. */
  get nextMs(): number {
    return this.#nextMs
  }

  /**
   * Takes the next operation, which is due by now. Returns when it counts as due. `clientWaited`: a client was free all
   * the time; then only the timer was late, and the operation counts from now.
   */
  take(nowMs: number, clientWaited: boolean): number {
    if (!this.isOpen) return nowMs
    const dueMs = this.#nextMs
    this.#nextMs += this.#intervalMs
    return clientWaited && nowMs - dueMs <= TIMER_GRAIN_MS ? nowMs : dueMs
  }

  /** Takes an operation that was due and will never be sent; undefined if none was due by `nowMs`. */
  takeUnsent(nowMs: number): number | undefined {
    if (!this.isOpen || this.#nextMs > nowMs) return undefined
    const dueMs = this.#nextMs
    this.#nextMs += this.#intervalMs
    return dueMs
  }
}
