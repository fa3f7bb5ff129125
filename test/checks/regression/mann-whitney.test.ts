import t from 'tap'
import { mannWhitneyP, smallestP, upperTail } from '../../../runner/checks/regression/mann-whitney.ts'

/** p by going through all choices: of which share does the sum of ranks lie as far out? */
function countedP(baseline: readonly number[], samples: readonly number[]): number {
  const all = [...baseline, ...samples]
  const rank = (value: number) =>
    all.filter((other) => other < value).length + (all.filter((other) => other === value).length + 1) / 2
  const ranks = all.map(rank)
  const observed = ranks.slice(baseline.length).reduce((sum, one) => sum + one, 0)
  let [higher, lower, choices] = [0, 0, 0]
  const choose = (from: number, left: number, sum: number): void => {
    if (left === 0) {
      choices += 1
      if (sum >= observed) higher += 1
      if (sum <= observed) lower += 1
      return
    }
    for (let place = from; place <= ranks.length - left; place += 1)
      choose(place + 1, left - 1, sum + (ranks[place] ?? 0))
  }
  choose(0, samples.length, 0)
  return Math.min((2 * Math.min(higher, lower)) / choices, 1)
}

const PAIRS: [string, number[], number[]][] = [
  ['apart', [1, 2, 3, 4], [5, 6, 7]],
  ['the other way', [5, 6, 7], [1, 2, 3, 4]],
  ['mixed', [1, 4, 6, 9, 12], [3, 5, 10, 14]],
  ['with ties', [1, 2, 2, 3, 3], [2, 3, 3, 4]],
  ['all equal', [5, 5, 5], [5, 5]],
  ['counts, mostly zero', [0, 0, 0, 0, 0, 0], [0, 0, 3, 5]],
]

t.test('p is what going through all choices gives', async (t) => {
  for (const [name, baseline, samples] of PAIRS) {
    t.ok(Math.abs(mannWhitneyP(baseline, samples) - countedP(baseline, samples)) < 1e-12, name)
  }
  t.equal(mannWhitneyP([], [1]), 1)
  t.equal(mannWhitneyP([1], []), 1)
})

t.test('p of full separation is the smallest there is', async (t) => {
  t.ok(Math.abs(mannWhitneyP([1, 2, 3, 4], [5, 6, 7]) - smallestP(4, 3)) < 1e-12)
  t.equal(smallestP(5, 5), 2 / 252)
})

t.test('beyond the exact, the approximation goes on where the exact ends', async (t) => {
  const samples = (count: number, shift: number) =>
    Array.from({ length: count }, (_, place) => ((place * 7919) % 1009) + shift)
  // 80 samples are exact, 82 are not: the two must tell about the same.
  const exact = mannWhitneyP(samples(40, 0), samples(40, 210))
  const near = mannWhitneyP(samples(41, 0), samples(41, 210))
  t.ok(exact > 0.00001 && exact < 0.5, `${exact}`)
  t.ok(Math.abs(Math.log(near / exact)) < 0.35, `${exact} and ${near}`)
})

t.test('the tail of the normal distribution', async (t) => {
  for (const [z, p] of [
    [0, 0.5],
    [1.6448536, 0.05],
    [2.3263479, 0.01],
    [-1, 0.8413447],
    [5, 2.8665e-7],
  ] as const) {
    t.ok(Math.abs(upperTail(z) / p - 1) < 1e-4, `z ${z}`)
  }
})
