import t from 'tap'
import { openingStallOf, stallOf } from '../../runner/platforms/links/loss.ts'

/** Draws in the order in which they are made; below the ratio: lost. */
function draws(...values: number[]): () => number {
  return () => values.shift() ?? 1
}

const [LOST, KEPT] = [0, 0.99]

t.test('a single segment is missed by the timer, which doubles', async (t) => {
  t.equal(stallOf(100, 0.5, 0, draws(KEPT)), 0)
  t.equal(stallOf(100, 0.5, 0, draws(LOST, KEPT)), 200)
  t.equal(stallOf(100, 0.5, 0, draws(LOST, LOST, LOST, KEPT)), 200 + 400 + 800)
  t.equal(stallOf(100, 0.5, 30, draws(LOST, LOST, KEPT)), 230 + 460)
  t.equal(stallOf(0, 0.5, 0, draws(LOST, KEPT)), 200, 'an end is a segment too')
})

t.test('one that three more follow is missed after a round trip, unless it is lost again', async (t) => {
  t.equal(stallOf(4 * 1448, 0.5, 30, draws(LOST, KEPT, KEPT, KEPT, KEPT)), 30)
  t.equal(stallOf(4 * 1448, 0.5, 30, draws(LOST, LOST, KEPT, KEPT, KEPT, KEPT)), 230)
  t.equal(stallOf(3 * 1448, 0.5, 30, draws(LOST, KEPT, KEPT, KEPT)), 230)
})

t.test('nothing waits for ever, not even where all is lost', async (t) => {
  t.equal(
    stallOf(100, 0, 0, () => 0),
    0,
  )
  t.ok(stallOf(100, 1, 0, () => 0) < 1_000_000)
})

t.test('a connection is opened when question and answer get through', async (t) => {
  t.equal(openingStallOf(0, 0, draws(LOST)), 0)
  t.equal(openingStallOf(0.5, 0, draws(LOST, KEPT)), 1000)
  t.equal(openingStallOf(0, 0.5, draws(LOST, LOST, KEPT)), 3000)
  t.equal(openingStallOf(0.5, 0.5, draws(0.74, 0.76)), 1000)
  t.equal(openingStallOf(0.5, 0.5, draws(0.76)), 0)
})
