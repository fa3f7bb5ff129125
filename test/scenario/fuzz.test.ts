import t from 'tap'
import { BrokenScenarios, placeInScenario } from '../support/fuzz/broken-scenarios.ts'
import { fuzz } from '../support/fuzz/fuzz.ts'

/** `npm run bench fuzz` plays thousands. */
const COUNT = 400
const SEED = 12

t.test('scenarios that were broken anywhere are accepted, or refused with line and column', async (t) => {
  const scenarios = new BrokenScenarios()
  const found = await fuzz({
    seed: SEED,
    count: COUNT,
    limitMs: 1000,
    input: (dice) => scenarios.input(dice),
    hasPlace: placeInScenario,
  })
  t.ok(found.refused > COUNT / 4, 'many were refused')
  t.ok(found.refused < COUNT, 'and not all')
  t.strictSame(found.crashes, [])
  t.strictSame(found.slow, [])
  t.strictSame(found.placeless, [])
})
