import t from 'tap'
import { BrokenRuns, placeInRun } from '../support/fuzz/broken-runs.ts'
import { fuzz } from '../support/fuzz/fuzz.ts'

/** `npm run bench fuzz` plays thousands. */
const COUNT = 150
const SEED = 12

t.test('stored runs that were broken anywhere are reported and judged, or refused with a place', async (t) => {
  const runs = await BrokenRuns.make()
  t.teardown(() => runs.remove())
  const found = await fuzz({
    seed: SEED,
    count: COUNT,
    limitMs: 1000,
    input: (dice) => runs.input(dice),
    hasPlace: placeInRun,
  })
  t.ok(found.refused > COUNT / 4, 'many were refused')
  t.ok(found.refused < COUNT, 'and not all')
  t.strictSame(found.crashes, [])
  t.strictSame(found.slow, [])
  t.strictSame(found.placeless, [])
})
