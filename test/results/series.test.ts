import t from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import type { LoadSeries } from '../../runner/record/load-series.ts'
import { seriesOf } from '../../runner/results/series.ts'

function piece(fromMs: number, ok: number[], more: Partial<LoadSeries> = {}): LoadSeries {
  const nothing = ok.map(() => 0)
  const latency = ok.map((count) => (count === 0 ? null : 1))
  return { fromMs, binMs: 100, ok, failed: nothing, indeterminate: nothing, ...latencies(latency), errors: {}, ...more }
}

function latencies(ms: (number | null)[]): Pick<LoadSeries, 'p50' | 'p99' | 'max'> {
  return { p50: ms, p99: ms, max: ms }
}

function bins(series: LoadSeries, workload = 'checkout'): RunEvent {
  return { atMs: 0, type: 'load-bins', scenario: 0, workload, series }
}

t.test('pieces are joined in bins of at most 100 ms, from the first to the last', async (t) => {
  const [series, ...more] = seriesOf([bins(piece(3500, [1, 2])), bins(piece(3700, [3, 0, 5]))])
  t.same(more, [])
  t.match(series, { workload: 'checkout', binMs: 100, startMs: 3500, ok: [1, 2, 3, 0, 5] })
  t.ok((series?.binMs ?? 1000) <= 100)
  t.same(series?.p99, [1, 1, 1, null, 1], 'where nothing was carried out there is no latency')
})

t.test('a piece lies where it belongs: late, early, or after a gap', async (t) => {
  const [series] = seriesOf([bins(piece(4000, [7])), bins(piece(3500, [1, 2]))])
  t.match(series, {
    startMs: 3500,
    ok: [1, 2, 0, 0, 0, 7],
    p50: [1, 1, null, null, null, 1],
    max: [1, 1, null, null, null, 1],
  })
  const [odd] = seriesOf([bins(piece(3500.3, [1])), bins(piece(3600.2, [2]))])
  t.same(odd?.ok, [1, 2], 'fractions of a bin make none of their own')
})

t.test('errors by class, the most frequent first, also those that only one piece has', async (t) => {
  const [series] = seriesOf([
    bins(piece(0, [1, 1], { errors: { timeout: [1, 0] } })),
    bins(piece(200, [1, 1], { errors: { CLUSTERDOWN: [4, 2], timeout: [0, 3] } })),
  ])
  t.same(series?.errors, [
    { name: 'CLUSTERDOWN', counts: [0, 0, 4, 2] },
    { name: 'timeout', counts: [1, 0, 0, 3] },
  ])
})

t.test('each workload has its own; what holds no bins and other events make none', async (t) => {
  const all = seriesOf([
    bins(piece(0, [1]), 'visits'),
    bins(piece(0, [2])),
    bins(piece(100, []), 'empty'),
    { atMs: 0, type: 'progress', text: 'x' },
    bins(piece(100, [3]), 'visits'),
  ])
  t.same(
    all.map(({ workload, ok }) => [workload, ok]),
    [
      ['visits', [1, 3]],
      ['checkout', [2]],
    ],
  )
  t.same(seriesOf([]), [])
})
