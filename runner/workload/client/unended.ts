import { MOST_UNANSWERED, type SilentDriver, type UnansweredOperation } from '../../record/client-observations.ts'

/** What a client has not ended of what nobody waits for any more; ms from the scenario's start. */
export interface Unended {
  /** The oldest first, at most `MOST_UNANSWERED`. */
  operations: UnansweredOperation[]
  count: number
  /** What it ended too late, and the longest that one of these took. */
  late: number
  longestLateMs: number
  /** Of a driver that has answered nothing of what was sent to it last. */
  silent?: SilentDriver
  /** What its driver said on stderr, bytes, where that is more than is kept. */
  flooded?: number
}

export const NOTHING_UNENDED: Unended = { operations: [], count: 0, late: 0, longestLateMs: 0 }

/** Keeps operations whose time is over until their client ends them, if it ever does. */
export class OverdueOperations {
  readonly #open = new Map<object, UnansweredOperation>()
  #late = 0
  #longestLateMs = 0

  /** `key`: what stands for the operation. Nobody waits for it any more. */
  add(key: object, operation: UnansweredOperation): void {
    this.#open.set(key, operation)
  }

  /** The client has ended it, well or badly. Nothing is known of one that was not late. */
  ended(key: object, atMs: number): void {
    const operation = this.#open.get(key)
    if (operation === undefined) return
    this.#open.delete(key)
    this.#late += 1
    this.#longestLateMs = Math.max(this.#longestLateMs, atMs - operation.sinceMs)
  }

  /** `untilMs`: only those that were begun by then. */
  seen(untilMs = Number.POSITIVE_INFINITY): Unended {
    const open = [...this.#open.values()].filter(({ sinceMs }) => sinceMs <= untilMs)
    const oldest = open.sort((a, b) => a.sinceMs - b.sinceMs).slice(0, MOST_UNANSWERED)
    const operations = oldest.map(({ client, slot, sinceMs }) => ({ client, slot, sinceMs }))
    return { operations, count: open.length, late: this.#late, longestLateMs: this.#longestLateMs }
  }
}
