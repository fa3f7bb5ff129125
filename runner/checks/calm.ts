import { formatDuration } from '../base/duration.ts'
import type { History } from '../record/history.ts'
import { COLUMN_NAMES, operationColumns } from '../record/history-columns.ts'
import type { RunFacts, Span } from '../results/run-facts.ts'
import { type LoadStall, shakenText, united } from '../results/stalls.ts'
import { Evidence } from './evidence.ts'
import { overlapMs } from './outages/standstill.ts'
import { momentText } from './words.ts'

type Shaken = Pick<RunFacts, 'shakes'>
type Gaps = Pick<RunFacts, 'shakes' | 'runnerStalls'>

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

/** What gaps may have made longer than it was: what servers logged, or what the runner saw by looking. */
export type TimedBy = 'servers' | 'looks'

/** How long something lasted without the times in which nobody can tell what went on, ms. */
export function calmMs(facts: Gaps, { startMs, endMs }: Span, timedBy: TimedBy): number {
  const gaps = united([...shakenSpans(facts), ...stallsBehind(facts, timedBy)])
  return endMs - startMs - overlapMs(gaps, startMs, endMs)
}

/** The gap that may have made something too long, in words; undefined if none did. */
export function gapBehind(facts: Gaps, span: Span, timedBy: TimedBy): string | undefined {
  const stall = stallsBehind(facts, timedBy).find((one) => one.startMs <= span.endMs && span.startMs <= one.endMs)
  const own =
    stall &&
    `${stall.together ? 'the servers stood still with this runner' : 'this runner stood still'} for ${formatDuration(stall.endMs - stall.startMs)} from ${momentText(stall.startMs)} on`
  return shakenBy(facts, span) ?? own
}

/** Servers that went on have logged when they did what. */
function stallsBehind({ runnerStalls = [] }: Gaps, timedBy: TimedBy): readonly LoadStall[] {
  return timedBy === 'looks' ? runnerStalls : runnerStalls.filter(({ together }) => together)
}

/** Why something may be the doing of a gap, in words; undefined if none lies in the span or led up to it. */
export function shakenBy({ shakes = [] }: Shaken, { startMs, endMs }: Span): string | undefined {
  const shake = shakes.find((one) => one.startMs <= endMs && startMs <= one.untilMs)
  return shake && shakenText(shake)
}

function shakenSpans({ shakes = [] }: Shaken): Span[] {
  return united(shakes.map(({ startMs, untilMs }) => ({ startMs, endMs: untilMs })))
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
