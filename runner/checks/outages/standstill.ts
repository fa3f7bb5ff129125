import type { Span } from '../../results/run-facts.ts'
import type { LoadStall } from '../../results/stalls.ts'

/**
 * The times in which the clients stood still. Where the servers stood still as well, no time passed for anybody: it is
 * taken out of the times of operations. Where they may have gone on, nobody knows whether they served.
 */
export class Standstill {
  /** Nobody looked, and the servers may have gone on. */
  readonly blind: readonly Span[]
  readonly #together: readonly Span[]

  constructor(stalls: readonly LoadStall[]) {
    this.blind = stalls.filter(({ together }) => !together)
    this.#together = stalls.filter(({ together }) => together)
  }

  /** A moment of the scenario without the times before it that passed for nobody. */
  shortened(ms: number): number {
    return ms - overlapMs(this.#together, Number.NEGATIVE_INFINITY, ms)
  }

  /** The moment of the scenario that `shortened` gave. */
  restored(ms: number): number {
    return this.#together.reduce((at, { startMs, endMs }) => (at > startMs ? at + endMs - startMs : at), ms)
  }

  /** For how long nobody looked between two moments, both `shortened`. */
  blindMs(fromMs: number, toMs: number): number {
    return overlapMs(this.blind, this.restored(fromMs), this.restored(toMs))
  }

  /** Of these times, `shortened`, those that are longer than `leastMs` without what the clients stood still in them. */
  watched(spans: readonly Span[], leastMs: number): Span[] {
    return spans
      .filter(({ startMs, endMs }) => endMs - startMs - this.blindMs(startMs, endMs) > leastMs)
      .map(({ startMs, endMs }) => ({ startMs: this.restored(startMs), endMs: this.restored(endMs) }))
  }

  /** Of the times in which nobody looked, those that lie in one of `spans`; all of them without. */
  blindIn(spans: readonly Span[] | undefined): Span[] {
    return spans === undefined ? [...this.blind] : partsWithin(this.blind, spans)
  }
}

/** The parts of times that lie in one of the spans. */
export function partsWithin(times: readonly Span[], spans: readonly Span[]): Span[] {
  return times.flatMap((time) =>
    spans
      .map((span) => ({
        startMs: Math.max(time.startMs, span.startMs),
        endMs: Math.min(time.endMs, span.endMs),
      }))
      .filter(({ startMs, endMs }) => startMs < endMs),
  )
}

export function overlapMs(spans: readonly Span[], fromMs: number, toMs: number): number {
  return spans.reduce((sum, span) => sum + Math.max(Math.min(span.endMs, toMs) - Math.max(span.startMs, fromMs), 0), 0)
}
