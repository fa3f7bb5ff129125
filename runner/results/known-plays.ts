import type { TrendLine } from '../record/trends.ts'
import { summaryOf } from './samples.ts'

/** How many of the last plays tell how long the next one takes. */
const LAST = 10
/** How much less each play counts than the one after it. */
const FADES = 0.8
/** Until something is known of any: about what a scenario takes, ms. */
const USUAL_MS = 10_000

/** What is asked of a scenario: its id, and the server as it was asked for (`redis:7.0`). */
export interface Asked {
  id: string
  server: string
}

/** What earlier runs tell of how long scenarios take, and how likely they fail. */
export class KnownPlays {
  readonly #lines = new Map<string, TrendLine[]>()
  readonly #usualMs: number

  /** `lines`: of a file of trends, in its order. */
  constructor(lines: readonly TrendLine[]) {
    for (const line of lines) {
      const own = this.#lines.get(line.id)
      if (own === undefined) this.#lines.set(line.id, [line])
      else own.push(line)
    }
    const all = [...this.#lines.values()].flatMap((own) => medianMs(own) ?? [])
    this.#usualMs = summaryOf(all)?.median ?? USUAL_MS
  }

  /** Whether nothing at all is known. */
  get isEmpty(): boolean {
    return this.#lines.size === 0
  }

  /** How long it took, ms: the median of the last plays that came to their end; undefined if there were none. */
  tookMs(asked: Asked): number | undefined {
    return medianMs(this.#linesFor(asked))
  }

  /** How long it will take, ms; where nothing is known of it, as long as others. */
  expectedMs(asked: Asked): number {
    return this.tookMs(asked) ?? this.#usualMs
  }

  /**
   * How likely it does not pass, 0-1, by Laplace's rule of succession with plays that fade: what was never played may
   * fail as well as pass.
   */
  failureChance(asked: Asked): number {
    let [plays, failures, weight] = [0, 0, 1]
    for (const { verdict } of this.#linesFor(asked).toReversed()) {
      if (verdict === 'interrupted') continue
      plays += weight
      if (verdict !== 'passed') failures += weight
      weight *= FADES
    }
    return (failures + 1) / (plays + 2)
  }

  /** Those on the server; where it was never played on that one, those on others. */
  #linesFor({ id, server }: Asked): TrendLine[] {
    const all = this.#lines.get(id) ?? []
    const own = all.filter((line) => line.asked === server)
    return own.length > 0 ? own : all
  }
}

/** What was cut short, or never began for want of servers, tells little. */
function medianMs(lines: readonly TrendLine[]): number | undefined {
  const told = lines.filter(({ verdict }) => verdict !== 'interrupted' && verdict !== 'error')
  return summaryOf(told.slice(-LAST).map(({ durationMs }) => durationMs))?.median
}
