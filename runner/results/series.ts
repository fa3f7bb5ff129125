import type { RunEvent } from '../record/events.ts'
import type { LoadSeries } from '../record/load-series.ts'

/** What one workload's clients saw, in bins of equal width without gaps. */
export interface Series {
  workload: string
  binMs: number
  /** Begin of the first bin, ms from the scenario's start. */
  startMs: number
  /** Operations that were carried out, by the bin of their completion. */
  ok: number[]
  /** The others for each class of error that was met, the most frequent first. */
  errors: { name: string; counts: number[] }[]
  /** Latency of what was carried out, ms; null where nothing was. */
  p50: (number | null)[]
  p99: (number | null)[]
  max: (number | null)[]
}

/** A series for each workload, from all that was recorded of it piece by piece. */
export function seriesOf(events: readonly RunEvent[]): Series[] {
  const pieces = new Map<string, LoadSeries[]>()
  for (const event of events) {
    if (event.type !== 'load-bins' || event.series.ok.length === 0) continue
    const own = pieces.get(event.workload)
    if (own === undefined) pieces.set(event.workload, [event.series])
    else own.push(event.series)
  }
  return [...pieces].map(([workload, own]) => joined(workload, own))
}

function joined(workload: string, pieces: readonly LoadSeries[]): Series {
  const binMs = pieces[0]?.binMs ?? 100
  const startMs = Math.min(...pieces.map(({ fromMs }) => fromMs))
  const place = (fromMs: number) => Math.round((fromMs - startMs) / binMs)
  const bins = Math.max(...pieces.map(({ fromMs, ok }) => place(fromMs) + ok.length))
  /** Lays the pieces of a list where they belong; bins that nobody recorded stay empty. */
  const lay = <T>(empty: T, listOf: (piece: LoadSeries) => readonly T[] | undefined): T[] => {
    const all = Array.from({ length: bins }, () => empty)
    for (const piece of pieces) {
      const at = place(piece.fromMs)
      for (const [bin, value] of (listOf(piece) ?? []).entries()) all[at + bin] = value
    }
    return all
  }
  const names = [...new Set(pieces.flatMap(({ errors }) => Object.keys(errors)))]
  return {
    workload,
    binMs,
    startMs,
    ok: lay(0, ({ ok }) => ok),
    errors: names
      .map((name) => ({ name, counts: lay(0, ({ errors }) => errors[name]) }))
      .sort((a, b) => sum(b.counts) - sum(a.counts)),
    p50: lay<number | null>(null, ({ p50 }) => p50),
    p99: lay<number | null>(null, ({ p99 }) => p99),
    max: lay<number | null>(null, ({ max }) => max),
  }
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0)
}
