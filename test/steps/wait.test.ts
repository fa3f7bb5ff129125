import t from 'tap'
import { fakeStage, step } from '../support/fake-stage.ts'

t.test('a wait says nothing beyond how long its step took', async (t) => {
  const stage = fakeStage()
  t.strictSame(await stage.playOne(step('wait', '2s')), { verdict: 'passed' })
})
