import t from 'tap'
import { barsOf } from '../../runner/report/repeat-lines.ts'
import { histogramOf, medianOf, summaryOf } from '../../runner/results/samples.ts'

t.test('median, 95th percentile and range', async (t) => {
  t.equal(summaryOf([]), undefined)
  t.strictSame(summaryOf([7]), { count: 1, min: 7, median: 7, p95: 7, max: 7 })
  const hundred = Array.from({ length: 100 }, (_, place) => ((place * 37) % 100) + 1)
  t.strictSame(summaryOf(hundred), { count: 100, min: 1, median: 50.5, p95: 95, max: 100 })
  t.equal(medianOf([3, 1, 2]), 2)
  t.equal(medianOf([4, 1, 2, 3]), 2.5)
})

t.test('a histogram holds every sample, the largest too', async (t) => {
  t.strictSame(histogramOf([0, 1, 2, 3, 10], 5), { from: 0, to: 10, counts: [2, 2, 0, 0, 1] })
  t.strictSame(histogramOf([4, 4, 4], 5), { from: 4, to: 4, counts: [3] })
  t.equal(histogramOf([], 5), undefined)
  t.equal(barsOf({ from: 0, to: 10, counts: [4, 2, 0, 1] }), '█▄ ▂')
})
