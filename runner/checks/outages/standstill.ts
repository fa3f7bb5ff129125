import { formatDuration } from '../../base/duration.ts'
import { listed } from '../../base/text.ts'
import type { Span } from '../../results/run-facts.ts'
import type { LoadStall } from '../../results/stalls.ts'
import { momentText } from '../words.ts'

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

  /** Of the times in which nobody looked, those that lie in one of `spans`; all of them without. */
  blindIn(spans: readonly Span[] | undefined): Span[] {
    if (spans === undefined) return [...this.blind]
    return this.blind.flatMap((stall) =>
      spans
        .map((span) => ({
          startMs: Math.max(stall.startMs, span.startMs),
          endMs: Math.min(stall.endMs, span.endMs),
        }))
        .filter(({ startMs, endMs }) => startMs < endMs),
    )
  }
}

export function overlapMs(spans: readonly Span[], fromMs: number, toMs: number): number {
  return spans.reduce((sum, span) => sum + Math.max(Math.min(span.endMs, toMs) - Math.max(span.startMs, fromMs), 0), 0)
}

/** `the load stood still for 8.00 s from 2.70 s on, and nobody knows whether clients were served then`. */
export function blindText(spans: readonly Span[]): string {
  // Each range of slots has its own.
  const texts = new Set(
    spans.map(({ startMs, endMs }) => `for ${formatDuration(endMs - startMs)} from ${momentText(startMs)} on`),
  )
  return `the load stood still with this runner ${listed([...texts], 3)}, and nobody knows whether clients were served then`
}
