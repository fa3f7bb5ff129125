import t from 'tap'
import { toldNight } from '../../../runner/checks/nights/told.ts'
import type { Night } from '../../../runner/record/nights.ts'
import { drawing } from '../../support/nights.ts'

const THRESHOLD = 0.1

interface Played {
  first?: number[]
  again?: number[]
  passed?: number
  failed?: number
  timeout?: string
}

function night(scenarios: Record<string, Played>): Night {
  return {
    ...{ runId: 'run', startedAt: '2026-11-22T02:17:00.000Z' },
    scenarios: Object.entries(scenarios).map(
      ([scenario, { first, again = [], passed = 5, failed = 0, timeout = '1' }]) => ({
        ...{ scenario, server: 'redis:7.0', platform: 'process', serverWords: 'redis 7.0.15', isControl: false },
        ...{ config: { 'cluster-node-timeout': timeout }, passed, failed },
        measures: first === undefined ? [] : [{ metric: 'failover' as const, first, again }],
      }),
    ),
  }
}

t.test(
  'the first night, and nights on which nothing can be judged, say so in one line and compare nothing',
  async (t) => {
    const draw = drawing(1)
    t.match(toldNight([night({ a: { first: draw(5) } })], THRESHOLD), {
      comparisons: [],
      nights: { before: 0, summary: 'Nothing to compare with yet: this is the first night.' },
    })
    const few = toldNight(
      [night({ a: { first: draw(1) } }), night({ a: { first: draw(1) }, b: { first: draw(1) } })],
      0.1,
    )
    t.strictSame(few.comparisons, [])
    t.equal(
      few.nights.summary,
      'Nothing could be compared with the 1 night before: 1 with too few samples so far, 1 new.',
    )
    t.match(toldNight([night({ a: {} }), night({ a: {} })], THRESHOLD), {
      comparisons: [],
      nights: { summary: /^Nothing could be compared .*: no scenario measured a failover time or an outage\.$/ },
    })
  },
)

t.test('a regression is told with both sides, and with what else differs', async (t) => {
  const draw = drawing(2)
  const before = Array.from({ length: 6 }, () => night({ a: { first: draw(5) }, b: { first: draw(5) } }))
  const tonight = night({ a: { first: draw(5, 2), timeout: '2' }, b: { first: draw(5) } })
  const { comparisons, nights } = toldNight([...before, tonight], THRESHOLD)
  t.equal(nights.summary, 'Compared with the 6 nights before, 2 measures (failover time, outage): 1 slower.')
  t.match(comparisons, [
    {
      scenario: 'a',
      verdict: 'regressed',
      baseline: { length: 6 },
      samples: { length: 5 },
      sentence:
        /^a on redis:7\.0, process: failover time is \d+\.\d % slower \(p .* of 2 measures\): now median .* of 5 plays, before median .* of 6 nights, .* s to .* s\. Also, cluster-node-timeout was 1 and is 2\.$/,
    },
    { scenario: 'b', verdict: 'same', sentence: /is as before/ },
  ])
})

t.test('what is slower, and was on a night before, is never told to be as before', async (t) => {
  const draw = drawing(6)
  const usual = () => night({ a: { first: draw(5) } })
  const bad = night({ a: { first: draw(5, 2.05) } })
  const tonight = night({ a: { first: draw(5, 1.95), again: draw(8, 1.95) } })
  const few = toldNight([usual(), bad, usual(), usual(), tonight], THRESHOLD)
  t.equal(
    few.nights.summary,
    'Compared with the 4 nights before, 1 measure (failover time, outage): 1 slower, as on some nights before.',
  )
  const sentence = /^a on .* failover time is \d+\.\d % slower, but 1 of 4 nights before was as slow: now median .*\.$/
  t.match(few.comparisons, [{ verdict: 'same', sentence }])
  t.match(few.nights.unsteady, [sentence])
  const more = toldNight([usual(), bad, ...Array.from({ length: 6 }, usual), tonight], THRESHOLD)
  t.match(more.comparisons, [{ verdict: 'regressed' }])
  const unsure = toldNight([...Array.from({ length: 4 }, usual), night({ a: { first: draw(1, 1.5) } })], THRESHOLD)
  t.notMatch(unsure.comparisons[0]?.sentence ?? '', /as before/)
})

t.test('when all are slower together that is one more line', async (t) => {
  const draw = drawing(3)
  const all = (slower: number) =>
    night(Object.fromEntries(Array.from({ length: 12 }, (_, place) => [`s${place}`, { first: draw(5, slower) }])))
  const { comparisons } = toldNight([...Array.from({ length: 8 }, () => all(1)), all(1.4)], THRESHOLD)
  t.match(comparisons[0], {
    scenario: 'all scenarios',
    verdict: 'regressed',
    sentence: /^all scenarios on redis:7\.0, process together are [34]\d\.\d % slower than on 8 nights before:/,
  })
})

t.test('what fails now and then is told over all nights', async (t) => {
  const { nights } = toldNight([night({ a: { passed: 4, failed: 1 } }), night({ a: { passed: 4, failed: 1 } })], 0.1)
  t.strictSame(nights.flaky, [
    'a on redis:7.0, process is flaky: 2 of 10 plays failed, on 2 nights of those that are kept.',
  ])
})

t.test('each scenario has the state that weighs most, by what was found of it', async (t) => {
  const draw = drawing(31)
  const usual = () => ({ first: draw(5) })
  const before = Array.from({ length: 6 }, (_, place) =>
    night({
      ...{ steady: usual(), slow: usual(), quick: usual(), broken: usual(), shaky: usual(), unmeasured: {} },
      habit: { ...usual(), ...(place % 2 === 0 && { passed: 4, failed: 1 }) },
    }),
  )
  const tonight = night({
    ...{ steady: usual(), slow: { first: draw(5, 2) }, quick: { first: draw(5, 0.5) }, unmeasured: {}, habit: usual() },
    broken: { first: draw(5, 2), passed: 0, failed: 5 },
    shaky: { ...usual(), passed: 4, failed: 1 },
    unheard: usual(),
    unclear: { passed: 0, failed: 0 },
  })
  const { comparisons, nights } = toldNight([...before, tonight], THRESHOLD)
  const states = new Map(nights.states?.map(({ scenario, ...state }) => [scenario, state]))
  t.strictSame(Object.fromEntries([...states].map(([scenario, { state }]) => [scenario, state])), {
    ...{ steady: 'stable', slow: 'slower', quick: 'faster', unmeasured: 'stable', habit: 'flaky' },
    ...{ broken: 'failing', shaky: 'flaky', unheard: 'new' },
  })
  t.match(states.get('slow')?.why, comparisons.find(({ scenario }) => scenario === 'slow')?.sentence)
  t.match(
    states.get('shaky')?.why,
    nights.flaky.find((sentence) => sentence.startsWith('shaky')),
  )
  t.match(states.get('habit')?.why, /passed tonight, and is flaky all the same/)
  t.equal(states.get('steady')?.why, undefined)
  const few = toldNight([night({ a: { first: draw(1) } }), night({ a: { first: draw(1) } })], THRESHOLD)
  t.match(few.nights.states, [{ scenario: 'a', state: 'few' }])
  const first = toldNight([night({ a: usual() })], THRESHOLD)
  t.match(first.nights.states, [{ scenario: 'a', state: 'new' }])
})
