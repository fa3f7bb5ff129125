import t from 'tap'
import { tickText, timeRange, valueRange } from '../../../runner/report/html/browser/trend-axes.ts'

const NIGHT = Date.UTC(2026, 10, 1, 2, 17) / 1000
const HOUR = 3600
const DAY = 24 * HOUR

t.test('a single play has a day around it, a few at once an hour, many a little room', async (t) => {
  t.same(timeRange(NIGHT, NIGHT), [NIGHT - DAY / 2, NIGHT + DAY / 2])
  t.same(timeRange(NIGHT, NIGHT + 60), [NIGHT - 1770, NIGHT + 1830])
  t.same(timeRange(NIGHT, NIGHT + 100 * DAY), [NIGHT - 3 * DAY, NIGHT + 103 * DAY])
})

t.test('values begin at nothing, also where all are nothing', async (t) => {
  t.same(valueRange(0), [0, 1])
  t.same(valueRange(1000).map(Math.round), [0, 1100])
})

t.test('ticks are days, or times of a day, in UTC', async (t) => {
  t.equal(tickText(NIGHT, DAY), '2026-11-01')
  t.equal(tickText(NIGHT, HOUR), '11-01 02:17')
})
