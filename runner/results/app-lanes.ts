import type { EventOf, RunEvent } from '../record/events.ts'
import { type Series, sum } from './series.ts'
import type { AppLane, AppState, Span } from './timeline-model.ts'

/** Failures that lie this close together are one stretch, ms: a few requests a second meet a fault now and then. */
const ONE_STRETCH_MS = 1000
/** So many bins without an answer are an outage and no chance. */
const OUT_BINS = 3
/** So many answers that were to be expected and did not come are no chance either. */
const MISSED = 10

type AppEvent = EventOf<'app-started'> | EventOf<'app-ready'> | EventOf<'app-ended'>

/**
 * A lane for each application: when it started, was ready and ended by itself, and when requests of its users failed, by
 * the series of its workload, which has its name. `startMs`: the scenario's start in the time of the events; `endMs`:
 * when the last of what was seen held no longer.
 */
export function appLanes(
  events: readonly RunEvent[],
  series: readonly Series[],
  startMs: number,
  endMs: number,
): AppLane[] {
  const seen = events.filter(isOfApp).sort((a, b) => a.seenMs - b.seenMs)
  return [...new Set(seen.map(({ app }) => app))].map((app) => {
    const own = seen.filter((event) => event.app === app)
    const spans = own.map((event, place): Span<AppState> => {
      const from = Math.max(event.seenMs - startMs, 0)
      const next = own[place + 1]
      return { startMs: from, endMs: Math.max(next ? next.seenMs - startMs : endMs, from), ...stateOf(event) }
    })
    const failing = series.filter(({ workload }) => workload === app).flatMap(failingSpans)
    return { app, spans: spans.flatMap((span) => (span.state === 'ready' ? broken(span, failing) : [span])) }
  })
}

function isOfApp(event: RunEvent): event is AppEvent {
  return event.type === 'app-started' || event.type === 'app-ready' || event.type === 'app-ended'
}

function stateOf(event: AppEvent): { state: AppState; note: string } {
  if (event.type === 'app-ended') return { state: 'ended', note: event.text }
  return event.type === 'app-ready' ? { state: 'ready', note: 'answers' } : { state: 'starting', note: 'not ready yet' }
}

/** A span that others interrupt: what is left of it, and the parts of those that lie in it. */
function broken(span: Span<AppState>, others: readonly Span<AppState>[]): Span<AppState>[] {
  const inside = others
    .map((one) => ({ ...one, startMs: Math.max(one.startMs, span.startMs), endMs: Math.min(one.endMs, span.endMs) }))
    .filter((one) => one.endMs > one.startMs)
  const spans: Span<AppState>[] = []
  let atMs = span.startMs
  for (const one of inside) {
    if (one.startMs > atMs) spans.push({ ...span, startMs: atMs, endMs: one.startMs })
    spans.push(one)
    atMs = one.endMs
  }
  return span.endMs > atMs || inside.length === 0 ? [...spans, { ...span, startMs: atMs }] : spans
}

/** Bins from `first` to `last`, both included. */
interface Stretch {
  first: number
  last: number
  isOut: boolean
}

/**
 * When requests failed. `out`: none was answered well, from the last one that was until the next; where some were, and
 * others failed not far from each other, `failing`.
 */
function failingSpans({ binMs, startMs, ok, errors }: Series): Span<AppState>[] {
  const failed = ok.map((_, bin) => errors.reduce((all, { counts }) => all + (counts[bin] ?? 0), 0))
  const outages = outagesIn(ok, failed)
  const isOut = (bin: number) => outages.some(({ first, last }) => first <= bin && bin <= last)
  const failures = [...failed.keys()].filter((bin) => (failed[bin] ?? 0) > 0 && !isOut(bin))
  const all = [...outages, ...failures.map((bin) => ({ first: bin, last: bin, isOut: false }))]
  return joined(all, ONE_STRETCH_MS / binMs).map((one) => ({
    startMs: startMs + one.first * binMs,
    endMs: startMs + (one.last + 1) * binMs,
    state: one.isOut ? 'out' : 'failing',
    note: failuresText(errors, one),
  }))
}

/** Bins without an answer in a row, where requests failed in them, or so many answers were to be expected that chance made none of it. */
function outagesIn(ok: readonly number[], failed: readonly number[]): Stretch[] {
  const usual = sum(ok) / ok.length
  const outages: Stretch[] = []
  for (let first = 0; first < ok.length; first += 1) {
    if (ok[first] !== 0) continue
    let last = first
    while (ok[last + 1] === 0) last += 1
    const bins = last - first + 1
    const hasFailures = sum(failed.slice(first, last + 1)) > 0
    // Before the first request and after the last one nobody expects any.
    const isMissed = first > 0 && last < ok.length - 1 && usual * bins >= MISSED
    if (bins >= OUT_BINS && (hasFailures || isMissed)) outages.push({ first, last, isOut: true })
    first = last
  }
  return outages
}

/** In their order, those of one kind that lie less than `gap` bins apart as one. */
function joined(stretches: readonly Stretch[], gap: number): Stretch[] {
  const all: Stretch[] = []
  for (const one of stretches.toSorted((a, b) => a.first - b.first)) {
    const before = all.at(-1)
    if (before !== undefined && before.isOut === one.isOut && one.first - before.last <= gap) before.last = one.last
    else all.push({ ...one })
  }
  return all
}

function failuresText(errors: Series['errors'], { first, last, isOut }: Stretch): string {
  const counts = errors
    .map(({ name, counts }) => ({ name, count: sum(counts.slice(first, last + 1)) }))
    .filter(({ count }) => count > 0)
  const failed = counts.map(({ name, count }) => `${count} ${name}`).join(', ')
  const text = isOut ? 'no request was answered well' : 'some requests failed'
  return failed === '' ? text : `${text}: ${failed}`
}
