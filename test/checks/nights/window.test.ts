import t from 'tap'
import { coursesOf } from '../../../runner/checks/nights/night.ts'
import { toldNight } from '../../../runner/checks/nights/told.ts'
import { judgedWith, lastOfEach } from '../../../runner/checks/nights/window.ts'
import type { Night } from '../../../runner/record/nights.ts'
import { drawing } from '../../support/nights.ts'

function night(runId: string, scenarios: Record<string, number[]>): Night {
  const played = Object.entries(scenarios).map(([scenario, first]) => ({
    ...{ scenario, server: 'redis:7.0', platform: 'process', serverWords: 'redis 7.0.15', config: {} },
    ...{ passed: first.length, failed: 0, isControl: false },
    measures: [{ metric: 'failover' as const, first, again: [] }],
  }))
  return { runId, startedAt: `2026-11-${runId}T02:17:00.000Z`, scenarios: played }
}

const shape = (nights: readonly Night[]) =>
  nights.map(({ runId, scenarios }) => `${runId} ${scenarios.map(({ scenario }) => scenario).join('')}`)

t.test('a narrowed night takes a place of its own scenarios alone', async (t) => {
  const one = [5000]
  const nights = [
    night('01', { a: one, b: one }),
    night('02', { a: one, b: one }),
    night('03', { a: one }),
    night('04', { a: one }),
  ]
  t.strictSame(shape(lastOfEach(nights, 2)), ['01 b', '02 b', '03 a', '04 a'])
  t.strictSame(shape(lastOfEach([...nights, night('05', { b: one })], 2)), ['02 b', '03 a', '04 a', '05 b'])
  t.strictSame(shape(lastOfEach(nights, 9)), shape(nights))
})

t.test('plays without a verdict take no place, and plays that measured nothing none of those that did', async (t) => {
  const nights = [night('01', { a: [1] }), night('02', { a: [1] })]
  const silent = (runId: string, failed: number): Night => {
    const { scenarios, ...rest } = night(runId, { a: [] })
    return { ...rest, scenarios: scenarios.map((one) => ({ ...one, failed, measures: [] })) }
  }
  t.strictSame(shape(lastOfEach([...nights, silent('03', 0), silent('04', 0)], 2)), ['01 a', '02 a'])
  t.strictSame(
    shape(lastOfEach([...nights, silent('03', 5), silent('04', 5), silent('05', 5)], 2)),
    ['01 a', '02 a', '04 a', '05 a'],
    'it failed before anything was measured',
  )
  t.strictSame(shape(judgedWith([...nights, silent('03', 0)], night('04', { a: [1] }))), ['01 a', '02 a', '04 a'])
  t.strictSame(shape(judgedWith(nights, silent('03', 0))), ['01 a', '02 a', '03 a'])
})

t.test('a scenario through a client is another than without it', async (t) => {
  const through = (runId: string, client: string): Night => {
    const one = night(runId, { a: [1] })
    return { ...one, scenarios: one.scenarios.map((played) => ({ ...played, client })) }
  }
  const nights = [night('01', { a: [5000] }), through('02', 'glide'), through('03', 'redis-py')]
  t.strictSame(shape(lastOfEach(nights, 1)), ['01 a', '02 a', '03 a'])
  t.strictSame(shape(judgedWith(nights, through('04', 'glide'))), ['02 a', '04 a'])
  const [course] = coursesOf([...nights, through('04', 'glide')])
  t.strictSame(
    course?.nights.map(({ first }) => first.length),
    [0, 1, 0, 1],
  )
})

t.test('a night is judged with those that played something of it', async (t) => {
  const nights = [night('01', { a: [1], b: [1] }), night('02', { a: [1] }), night('03', { b: [1] })]
  t.strictSame(shape(judgedWith(nights, night('04', { b: [1] }))), ['01 ab', '03 b', '04 b'])
  t.strictSame(shape(judgedWith(nights, night('04', { c: [1] }))), ['04 c'])
})

t.test(
  'a change is found as soon with narrowed nights in between as without, and dated by its own nights',
  async (t) => {
    const draw = drawing(3)
    const whole = (place: number, factor = 1) =>
      night(`${place}`, { a: draw(5).map((ms) => ms * factor), b: draw(5), c: draw(5) })
    const before = Array.from({ length: 8 }, (_, place) => whole(10 + place))
    const slow = [whole(18, 1.3), whole(20, 1.3)]
    const narrowed = Array.from({ length: 70 }, () => night('19', { b: draw(5) }))
    const comparisonOf = (nights: Night[]) => {
      const tonight = nights.at(-1)
      const told = tonight && toldNight(judgedWith(nights.slice(0, -1), tonight), 0.1)
      return told?.comparisons.find(({ scenario }) => scenario === 'a')
    }
    const alone = comparisonOf([...before, ...slow])
    t.match(alone, { verdict: 'regressed', sentence: /since 2026-11-18/ })
    const [first, ...rest] = slow
    const between = comparisonOf([...before, ...(first ? [first] : []), ...narrowed, ...rest])
    t.match(between, { verdict: 'regressed', p: alone?.p, sentence: /since 2026-11-18/ })
    t.strictSame(between?.baseline, alone?.baseline)
  },
)
