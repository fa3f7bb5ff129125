import t from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import { appLanes } from '../../runner/results/app-lanes.ts'
import type { Series } from '../../runner/results/series.ts'

/** The scenario starts this long after the run, ms. */
const START_MS = 1000
const END_MS = 10_000

const started = (ms: number, app = 'shop'): RunEvent => ({ ...at(ms), type: 'app-started', app })
const ready = (ms: number, app = 'shop'): RunEvent => ({ ...at(ms), type: 'app-ready', app })
const ended = (ms: number): RunEvent => ({
  ...{ ...at(ms), type: 'app-ended', app: 'shop' },
  ...{ text: 'ended with exit code 7', lastWords: '' },
})

function at(ms: number): { atMs: number; seenMs: number; scenario: number } {
  return { atMs: START_MS + ms, seenMs: START_MS + ms, scenario: 0 }
}

/** Requests in bins of 100 ms from `startMs` on, as `ok/failed`. */
function series(startMs: number, bins: string, workload = 'shop'): Series {
  const counts = bins.split(' ').map((bin) => bin.split('/').map(Number))
  const ok = counts.map(([good = 0]) => good)
  const nothing = ok.map(() => null)
  const errors = [{ name: 'HTTP 503', counts: counts.map(([, bad = 0]) => bad) }]
  return { workload, binMs: 100, startMs, ok, errors, p50: nothing, p99: nothing, max: nothing }
}

function laneOf(events: readonly RunEvent[], all: readonly Series[] = []): string[] {
  const [lane] = appLanes(events, all, START_MS, END_MS)
  return (lane?.spans ?? []).map((span) => `${span.startMs}–${span.endMs} ${span.state}: ${span.note}`)
}

t.test('an application starts, is ready, and may end by itself', async (t) => {
  t.same(laneOf([started(0), ready(700)]), ['0–700 starting: not ready yet', '700–10000 ready: answers'])
  t.same(laneOf([started(0), ready(700), ended(4000)]), [
    '0–700 starting: not ready yet',
    '700–4000 ready: answers',
    '4000–10000 ended: ended with exit code 7',
  ])
  t.same(laneOf([started(0), ended(500)]), ['0–500 starting: not ready yet', '500–10000 ended: ended with exit code 7'])
  t.same(
    appLanes([started(0, 'b'), started(5, 'a')], [], START_MS, END_MS).map(({ app }) => app),
    ['b', 'a'],
  )
  t.same(appLanes([], [series(0, '0/9')], START_MS, END_MS), [], 'what is no application has none')
})

t.test('what its users felt interrupts it', async (t) => {
  const events = [started(0), ready(500)]
  t.same(laneOf(events, [series(1000, '9/0 9/0 0/0 0/4 0/0 0/3 7/0 9/0')]).slice(1), [
    '500–1200 ready: answers',
    '1200–1600 out: no request was answered well: 7 HTTP 503',
    '1600–10000 ready: answers',
  ])
  t.same(
    laneOf(events, [series(1000, '9/0 6/3 9/0 6/2 9/0')]).slice(1),
    ['500–1100 ready: answers', '1100–1400 failing: some requests failed: 5 HTTP 503', '1400–10000 ready: answers'],
    'failures that lie close together are one stretch',
  )
  t.same(
    laneOf(events, [series(1000, '9/0 0/1 9/0')])[2],
    '1100–1200 failing: some requests failed: 1 HTTP 503',
    'a bin without an answer is no outage',
  )
  t.same(laneOf(events, [series(1000, '9/0 0/9', 'another')]).length, 2, 'that of another workload is not its own')
  t.same(
    laneOf(events, [series(1000, '9/0 9/0 9/0 0/0 0/0 0/0 0/0 9/0')])[2],
    '1300–1700 out: no request was answered well',
    'all of its users may wait',
  )
  t.same(laneOf(events, [series(1000, '1/0 0/0 0/0 0/0 0/0 1/0')]).length, 2, 'few requests tell nothing')
  t.same(laneOf(events, [series(1000, '9/0 9/0 9/0 0/0 0/0 0/0 0/0')]).length, 2, 'the load was over')
})

t.test('an outage lasts until it ends by itself', async (t) => {
  t.same(laneOf([started(0), ready(500), ended(1300)], [series(1000, '9/0 0/4 0/4 0/4 0/4')]), [
    '0–500 starting: not ready yet',
    '500–1100 ready: answers',
    '1100–1300 out: no request was answered well: 16 HTTP 503',
    '1300–10000 ended: ended with exit code 7',
  ])
})
