import t from 'tap'
import type { Choice, Operator } from '../../runner/engine/operator.ts'
import { StepFailure } from '../../runner/steps/verb.ts'
import { type Acts, fakeRun } from '../support/fake-run.ts'

const ACTS: Acts = {
  ok: () => ({}),
  fail: () => {
    throw new StepFailure({ message: 'expected five' })
  },
}

/** Answers in this order, `play` at last; keeps the paths of the steps that were asked about. */
function answering(...choices: Choice[]): { operator: Operator; asked: string[] } {
  const asked: string[] = []
  const operator: Operator = {
    beforeStep: async ({ path }) => {
      asked.push(path)
      return choices.shift() ?? 'play'
    },
  }
  return { operator, asked }
}

t.test('a run with a skipped step is never passed', async (t) => {
  const run = fakeRun(t, ACTS)
  const { operator, asked } = answering('play', 'skip')
  const result = await run.play([run.scenario(['ok', 'ok', 'ok'], ['ok'])], { operator })
  t.match(result, { verdict: 'inconclusive', exitCode: 3 })
  t.strictSame(run.ended(), ['1 passed', '2 skipped', '3 passed', 'f1 passed'])
  t.strictSame(asked, ['1', '2', '3', 'f1'])
  t.match(run.of('scenario-ended'), [{ reason: /\(skipped by hand: step 2\)$/ }])
})

t.test('what fails after a skipped step may fail for that', async (t) => {
  const run = fakeRun(t, ACTS)
  const { operator } = answering('skip')
  t.match(await run.play([run.scenario(['ok', 'fail'])], { operator }), { verdict: 'inconclusive' })
  t.match(run.of('scenario-ended'), [{ reason: /skipped by hand: step 1\); what was seen: step 2, .*: expected five/ }])
})

t.test('whoever lets all the rest be played is not asked again', async (t) => {
  const run = fakeRun(t, ACTS)
  const { operator, asked } = answering('play-all')
  t.match(await run.play([run.scenario(['ok', 'ok'], ['ok'])], { operator }), { verdict: 'passed' })
  t.strictSame(asked, ['1'])
})
