import type { SlotRange } from '../../cluster/view.ts'
import { type FailureClass, SERVED_CLASSES } from '../../record/history-codes.ts'

/** An operation that waits longer than this without an answer may have met an outage, ms. */
const WAITING_MS = 100

/** An operation that is under way: its slot, and when it was begun. */
export interface UnderWay {
  slot: number
  beganMs: number
}

/**
 * Which ranges of slots are not served at the moment, as the clients of a workload know it: since they were last
 * served, an operation has failed there, or waits for its answer. Times are ms from the scenario's start.
 */
export class OpenOutages {
  readonly #rangeOf = new Uint16Array(16_384)
  /** By range: when it was last seen to be served. */
  readonly #servedMs: Float64Array
  /** By range: since when, at the latest, it is not served any more; infinite while it is. */
  readonly #downByMs: Float64Array

  /** `shards`: the slots of each shard when the scenario began. What belongs to none of them is a range of its own. */
  constructor(shards: readonly (readonly SlotRange[])[]) {
    const ranges = shards.flat()
    this.#servedMs = new Float64Array(ranges.length + 1)
    this.#downByMs = new Float64Array(ranges.length + 1).fill(Number.POSITIVE_INFINITY)
    for (const [index, [first, last]] of ranges.entries()) this.#rangeOf.fill(index + 1, first, last + 1)
  }

  served({ slot }: UnderWay, atMs: number): void {
    const range = this.#range(slot)
    this.#servedMs[range] = atMs
    this.#downByMs[range] = Number.POSITIVE_INFINITY
  }

  failed(operation: UnderWay, failure: FailureClass, indeterminate: boolean, atMs: number): void {
    if (SERVED_CLASSES.has(failure)) {
      this.served(operation, atMs)
      return
    }
    const range = this.#range(operation.slot)
    if (this.#isOver(operation)) return
    // What was sent and not answered met a server that was gone when it was sent, or went before it answered.
    const downByMs = indeterminate ? operation.beganMs : atMs
    this.#downByMs[range] = Math.min(this.#downByMs[range] ?? downByMs, downByMs)
  }

  /**
   * Since when the outage lasts that began first of those that are open; undefined if there is none. Whoever has waited
   * for that to end for `waitedMs` asks for no operation that began since: some always wait where all are slow.
   */
  sinceMs(underWay: readonly UnderWay[], nowMs: number, waitedMs = 0): number | undefined {
    const latestMs = nowMs - waitedMs - WAITING_MS
    const waiting = underWay.filter((operation) => operation.beganMs < latestMs && !this.#isOver(operation))
    const sinceMs = Math.min(...waiting.map(({ beganMs }) => beganMs), ...this.#downByMs)
    return Number.isFinite(sinceMs) ? sinceMs : undefined
  }

  /** Others were served after it had begun: it tells of an outage that is over, if of any. */
  #isOver({ slot, beganMs }: UnderWay): boolean {
    return beganMs < (this.#servedMs[this.#range(slot)] ?? 0)
  }

  #range(slot: number): number {
    return this.#rangeOf[slot] ?? 0
  }
}
