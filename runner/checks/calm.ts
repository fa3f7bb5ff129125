import type { History } from '../record/history.ts'
import { COLUMN_NAMES, operationColumns } from '../record/history-columns.ts'
import type { FailoverFact, RunFacts, Span } from '../results/run-facts.ts'
import { shakenText } from '../results/stalls.ts'
import { Evidence } from './evidence.ts'
import { overlapMs } from './outages/standstill.ts'

type Shaken = Pick<RunFacts, 'shakes'>

/**
 * What is left of the evidence without the times in which the servers stood still and made up for it: what it shows is
 * not the gap's doing. Undefined where they never stood still.
 */
export function calmEvidence({ history, facts, needs }: Evidence): Evidence | undefined {
  const spans = shakenSpans(facts)
  if (spans.length === 0) return undefined
  const stalls = (facts.stalls ?? []).filter(({ startMs, endMs }) => overlapMs(spans, startMs, endMs) === 0)
  const unseen = spans.map((span) => ({ ...span, together: false }))
  const { shakes: _, ...rest } = facts
  return new Evidence(without(history, spans), { ...rest, stalls: [...stalls, ...unseen] }, needs)
}

/** Of the time of a failover, what passed while the servers had nothing to make up for, ms. */
export function calmMs(facts: Shaken, { startMs }: FailoverFact, lastedMs: number): number {
  return lastedMs - overlapMs(shakenSpans(facts), startMs, startMs + lastedMs)
}

/** Why something may be the doing of a gap, in words; undefined if none lies in the span or led up to it. */
export function shakenBy({ shakes = [] }: Shaken, { startMs, endMs }: Span): string | undefined {
  const shake = shakes.find((one) => one.startMs <= endMs && startMs <= one.untilMs)
  return shake && shakenText(shake)
}

/** Each moment once: a gap may come while the servers still make up for another. */
function shakenSpans({ shakes = [] }: Shaken): Span[] {
  const spans: Span[] = []
  for (const { startMs, untilMs } of shakes) {
    const last = spans.at(-1)
    if (last === undefined || last.endMs < startMs) spans.push({ startMs, endMs: untilMs })
    else last.endMs = Math.max(last.endMs, untilMs)
  }
  return spans
}

/** The history without the operations that were under way in one of the spans. */
function without(history: History, spans: readonly Span[]): History {
  const { ops, rows } = history
  const kept = Uint32Array.from({ length: rows }, (_, row) => row).filter((row) => {
    const [fromMs, toMs] = [ops.invokeMs[row] ?? 0, ops.completeMs[row] ?? 0]
    return !spans.some(({ startMs, endMs }) => fromMs <= endMs && startMs <= toMs)
  })
  const left = operationColumns(kept.length + (kept.length % 2))
  for (const name of COLUMN_NAMES) {
    const [from, to] = [ops[name], left[name]]
    for (const [index, row] of kept.entries()) to[index] = from[row] ?? 0
  }
  return { ...history, rows: kept.length, ops: left }
}
