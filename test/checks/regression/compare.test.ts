import t from 'tap'
import { seededRandom } from '../../../runner/base/random.ts'
import { type Compared, compareAll, holm } from '../../../runner/checks/regression/compare.ts'
import { factorBetween } from '../../../runner/checks/regression/effect.ts'
import { leastSamples, samplesFor15Percent } from '../../../runner/checks/regression/needed.ts'
import { SEEN_FAILOVERS } from '../../support/seen-failovers.ts'

const KEY = { scenario: 'failover-basic', server: 'redis:7.0', platform: 'process', metric: 'failover' } as const
const TWENTY = Array.from({ length: 20 }, (_, place) => 8000 + place * 60)

function slower(percent: number, samples = TWENTY): number[] {
  return samples.map((sample) => sample * (1 + percent / 100))
}

/** Failover times like those that were seen: one of them, and as much noise as lies between two of them. */
function drawing(seed: number, seen: readonly number[]): (count: number, factor?: number) => number[] {
  const random = seededRandom(seed)
  const draw = () => (seen[random(seen.length)] ?? 0) + (random(100_001) - 50_000) / 1000
  return (count, factor = 1) => Array.from({ length: count }, () => draw() * factor)
}

/** Any time from 6 to 10 s alike: more noise than was ever seen. */
function evenly(seed: number): (count: number, factor?: number) => number[] {
  const random = seededRandom(seed)
  return (count, factor = 1) => Array.from({ length: count }, () => (6000 + random(4_000_001) / 1000) * factor)
}

t.test('a regression is significant and large, and says both distributions', async (t) => {
  const [found] = compareAll([{ ...KEY, baseline: TWENTY, samples: slower(15), differences: ['a was 1 and is 2'] }])
  t.equal(found?.verdict, 'regressed')
  t.ok((found?.p ?? 1) < 0.0001)
  t.ok(Math.abs((found?.change ?? 0) - 0.15) < 0.01)
  t.match(
    found?.sentence,
    /^failover-basic on redis:7\.0, process: failover time is 15\.\d % slower \(p < 0\.0001 over 1 comparison\): now median 9\.86 s, .*20 samples, baseline median 8\.57 s, .*20 samples\. Also, a was 1 and is 2\.$/,
  )
})

t.test('what is certain and small is none; how small is settable', async (t) => {
  const tight = TWENTY.map((sample) => 8000 + (sample - 8000) / 20)
  const pair = { ...KEY, baseline: tight, samples: slower(6, tight) }
  t.match(compareAll([pair])[0], { verdict: 'same', sentence: /has not regressed \(6\.0 % slower, p < 0\.0001/ })
  t.match(compareAll([pair], { threshold: 0.05 })[0], { verdict: 'regressed' })
})

t.test('what is large and may be chance is none', async (t) => {
  const baseline = [6000, 7000, 8000, 9000, 10_000, 11_000]
  const samples = [6500, 7400, 9300, 10_200, 11_500, 12_000]
  t.match(compareAll([{ ...KEY, baseline, samples }])[0], { verdict: 'same' })
})

t.test('milliseconds that the runner itself adds are none', async (t) => {
  const quick = TWENTY.map((sample) => sample / 1000)
  t.match(compareAll([{ ...KEY, metric: 'failoverWanted', baseline: quick, samples: slower(200, quick) }])[0], {
    verdict: 'same',
  })
})

t.test('lost writes: one more is one more, also where there were none', async (t) => {
  const none = TWENTY.map(() => 0)
  const lost = {
    ...KEY,
    metric: 'loss',
    baseline: none,
    samples: none.map((_, place) => (place < 14 ? 3 : 0)),
  } as const
  t.match(compareAll([lost])[0], { verdict: 'regressed', change: 3, sentence: /lost writes is 3 more/ })
  t.match(compareAll([{ ...lost, samples: none }])[0], { verdict: 'same' })
})

t.test('faster is told, and no regression', async (t) => {
  t.match(compareAll([{ ...KEY, baseline: TWENTY, samples: slower(-20) }])[0], {
    verdict: 'improved',
    sentence: /20\.\d % faster/,
  })
})

t.test('too few samples say so, and how many are needed', async (t) => {
  const few = { ...KEY, baseline: TWENTY.slice(0, 3), samples: slower(50).slice(0, 3) }
  t.match(compareAll([few])[0], { verdict: 'too-few', needed: 5, sentence: /too few .* each side needs 5 or more/ })
  const many = Array.from({ length: 8 }, () => few)
  t.match(compareAll(many)[0], { verdict: 'too-few', needed: 7 }, 'more comparisons need more')
  t.equal(leastSamples(0.01), 5)
  t.match(compareAll([{ ...KEY, baseline: [], samples: TWENTY }])[0], { verdict: 'missing' })
})

t.test('the correction is that of Holm', async (t) => {
  const near = (found: number[], wanted: number[]) =>
    found.every((p, place) => Math.abs(p - (wanted[place] ?? 0)) < 1e-12)
  t.ok(near(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]))
  t.ok(near(holm([0.5, 0.9]), [1, 1]))
  t.strictSame(holm([]), [])
})

t.test('the factor minds no outlier', async (t) => {
  t.ok(Math.abs(factorBetween(TWENTY, [...slower(15).slice(1), 900_000]) - 1.15) < 0.02)
})

t.test('false alarms: at most 1 in 100 of 10,000 runs, each with 3 comparisons', async (t) => {
  const runs = 10_000
  for (const [noise, draw] of [
    ['as seen', drawing(1, SEEN_FAILOVERS.process)],
    ['any time from 6 to 10 s', evenly(2)],
  ] as const) {
    let alarms = 0
    for (let run = 0; run < runs; run += 1) {
      const all = Array.from({ length: 3 }, (): Compared => ({ ...KEY, baseline: draw(20), samples: draw(20) }))
      if (compareAll(all).some(({ verdict }) => verdict === 'regressed')) alarms += 1
    }
    t.ok(alarms <= runs / 100, `${noise}: ${alarms} false alarms in ${runs} runs`)
  }
})

t.test('a slowdown of 15 % is found with 20 samples a side, in 80 of 100 runs or more', async (t) => {
  const runs = 500
  for (const platform of ['process', 'docker'] as const) {
    const draw = drawing(3, SEEN_FAILOVERS[platform])
    let found = 0
    for (let run = 0; run < runs; run += 1) {
      const others = Array.from({ length: 2 }, (): Compared => ({ ...KEY, baseline: draw(20), samples: draw(20) }))
      const slow = { ...KEY, baseline: draw(20), samples: draw(20, 1.15) }
      if (compareAll([slow, ...others])[0]?.verdict === 'regressed') found += 1
    }
    t.ok(found >= runs * 0.8, `${platform}: found in ${found} of ${runs} runs`)
  }
})

t.test('the samples that are said to be needed find it in about 8 of 10 runs', async (t) => {
  const runs = 400
  const draw = evenly(4)
  const needed = samplesFor15Percent(draw(200), 0.01) ?? 0
  t.ok(needed > 20 && needed < 60, `${needed}`)
  let found = 0
  for (let run = 0; run < runs; run += 1) {
    const [one] = compareAll([{ ...KEY, baseline: draw(needed), samples: draw(needed, 1.15) }], { threshold: 0.001 })
    if (one?.verdict === 'regressed') found += 1
  }
  t.ok(found > runs * 0.7 && found < runs * 0.95, `${found} of ${runs}`)
})
