import t from 'tap'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { StepFailure } from '../../runner/steps/verb.ts'
import { type Acts, fakeRun } from '../support/fake-run.ts'

const ACTS: Acts = {
  ok: () => ({}),
  fail: () => {
    throw new StepFailure({ message: 'expected five' })
  },
}

t.test('a scenario that fails waits, before anything is healed', async (t) => {
  const run = fakeRun(t, ACTS)
  const waits: unknown[] = []
  const operator = {
    onFailure: async (why: unknown, { servers }: { servers: { nodes: readonly unknown[] } }) => {
      waits.push({ why, ended: run.ended(), removed: run.platform.removed(), nodes: servers.nodes.length })
    },
  }
  const result = await run.play([run.scenario(['ok', 'fail'], ['ok'])], { operator })
  t.match(result, { verdict: 'failed', exitCode: 1 })
  t.match(waits, [
    {
      why: { verdict: 'failed', reason: /^step 2, .*: expected five$/ },
      ended: ['1 passed', '2 failed'],
      removed: 0,
      nodes: 1,
    },
  ])
  t.strictSame(run.ended(), ['1 passed', '2 failed', 'f1 passed'])
  t.equal(run.of('watch-ended').length, 1)
  t.ok(
    run.events.findIndex(({ type }) => type === 'watch-ended') < run.events.findIndex(({ type }) => type === 'paused'),
  )
  t.equal(run.platform.removed(), 1)
})

t.test('what passes waits for nobody, and neither does what was interrupted', async (t) => {
  const stop = () => {
    run.controller.abort(new Interrupted('SIGINT'))
    return {}
  }
  const run = fakeRun(t, { ...ACTS, stop })
  const operator = { onFailure: async () => void t.fail('nobody should be asked') }
  t.match(await run.play([run.scenario(['ok'])], { operator }), { verdict: 'passed' })
  t.match(await run.play([run.scenario(['stop', 'ok'])], { operator }), { verdict: 'interrupted' })
})
