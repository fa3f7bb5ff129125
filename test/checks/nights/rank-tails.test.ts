import t from 'tap'
import { seededRandom } from '../../../runner/base/random.ts'
import { rankTails, smallestTail } from '../../../runner/checks/nights/rank-tails.ts'
import { mannWhitneyP } from '../../../runner/checks/regression/mann-whitney.ts'

function ranksOf(values: readonly number[]): number[] {
  return values.map(
    (value) =>
      2 * values.filter((other) => other < value).length + values.filter((other) => other === value).length + 1,
  )
}

function tailsOf(earlier: readonly number[], later: readonly number[]): [up: number, down: number] {
  const ranks = ranksOf([...earlier, ...later])
  const doubledSum = ranks.slice(earlier.length).reduce((sum, rank) => sum + rank, 0)
  const isTied = new Set(ranks).size < ranks.length
  return rankTails({ count: later.length, all: ranks.length, doubledSum, ...(isTied && { tied: ranks }) })
}

t.test('the nearer tail, doubled, is the two-sided p, whichever side is larger, with ties and without', async (t) => {
  const random = seededRandom(1)
  for (const [earlier, later] of [
    [5, 5],
    [3, 12],
    [12, 3],
    [30, 20],
    [7, 50],
  ] as const) {
    for (const values of [1_000_000, 8]) {
      const draw = (count: number) => Array.from({ length: count }, () => random(values))
      const [before, since] = [draw(earlier), draw(later)]
      const [up, down] = tailsOf(before, since)
      const twoSided = mannWhitneyP(before, since)
      t.ok(Math.abs(Math.min(2 * Math.min(up, down), 1) - twoSided) < 1e-9, `${earlier} and ${later} of ${values}`)
    }
  }
})

t.test('up is slower: all later ones above all earlier ones is the smallest chance there is', async (t) => {
  for (const [earlier, later] of [
    [5, 5],
    [95, 5],
    [5, 15],
    [4, 30],
  ] as const) {
    const low = Array.from({ length: earlier }, (_, place) => place)
    const high = Array.from({ length: later }, (_, place) => 1000 + place)
    const [up, down] = tailsOf(low, high)
    const smallest = smallestTail(earlier, later)
    t.ok(Math.abs(up / smallest - 1) < 1e-9, `${earlier} and ${later}: ${up}`)
    t.ok(Math.abs(down - 1) < 1e-9)
    t.ok(Math.abs(tailsOf(high, low)[1] / smallest - 1) < 1e-9)
  }
})

t.test('where many samples make it normal, it meets the exact one', async (t) => {
  const random = seededRandom(2)
  const draw = (count: number, more: number) => Array.from({ length: count }, () => random(1_000_000) + more)
  const [exact] = tailsOf(draw(17, 0), draw(85, 150_000))
  const [before, since] = [draw(100, 0), draw(60, 120_000)]
  const [normal] = tailsOf(before, since)
  t.ok(exact > 0 && exact < 0.5, `${exact}`)
  t.ok(Math.abs((2 * normal) / mannWhitneyP(before, since) - 1) < 1e-6)
  t.strictSame(rankTails({ count: 0, all: 4, doubledSum: 0 }), [1, 1], 'nothing on one side')
})
