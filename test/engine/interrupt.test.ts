import t from 'tap'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { StepFailure } from '../../runner/steps/verb.ts'
import { type FakeRun, fakeRun } from '../support/fake-run.ts'

const ENDED = { verdict: 'interrupted', exitCode: 130 }

function interrupt(run: FakeRun): void {
  run.controller.abort(new Interrupted('SIGINT'))
}

t.test('before anything is made', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  run.platform.onPrepare = () => {
    interrupt(run)
    throw new Interrupted('SIGINT')
  }
  t.match(await run.play([run.scenario(['ok']), run.scenario(['ok'])]), ENDED)
  t.notOk(run.platform.calls.includes('create'))
  t.strictSame(run.ended(), [])
  t.match(run.of('run-ended'), [{ verdict: 'interrupted', exitCode: 130 }])
})

t.test('while the servers are made', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  run.platform.onCreate = (signal) => {
    interrupt(run)
    signal?.throwIfAborted()
  }
  t.match(await run.play([run.scenario(['ok'], ['ok']), run.scenario(['ok'])]), ENDED)
  t.strictSame(run.ended(), [])
  t.match(run.of('scenario-ended'), [{ verdict: 'interrupted', reason: 'interrupted by SIGINT' }])
})

t.test('while the cluster is formed', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  run.platform.answer = ([, sub]) => {
    if (sub === 'ADDSLOTSRANGE') interrupt(run)
    return undefined
  }
  t.match(await run.play([run.scenario(['ok'])]), ENDED)
  t.strictSame(run.ended(), [])
  t.equal(run.platform.removed(), 1)
})

for (const keep of [false, true]) {
  t.test(`in a step${keep ? ', with keep' : ''}: finally steps are played, servers removed`, async (t) => {
    const run: FakeRun = fakeRun(t, {
      ok: () => ({}),
      wait: async ({ signal }) => {
        setTimeout(() => interrupt(run), 5)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
        return {}
      },
    })
    t.match(await run.play([run.scenario(['wait', 'ok'], ['ok', 'ok']), run.scenario(['ok'])], { keep }), ENDED)
    t.strictSame(run.ended(), ['1 interrupted', 'f1 passed', 'f2 passed'])
    t.equal(run.platform.removed(), 1)
    t.equal(run.of('scenario-started').length, 1, 'no other scenario is begun')
    t.match(run.of('scenario-ended'), [{ verdict: 'interrupted', reason: 'interrupted by SIGINT' }])
  })
}

t.test('in a step that takes no notice and passes', async (t) => {
  const run: FakeRun = fakeRun(t, {
    press: () => {
      interrupt(run)
      return {}
    },
    ok: () => ({}),
  })
  t.match(await run.play([run.scenario(['press', 'ok'], ['ok'])]), ENDED)
  t.strictSame(run.ended(), ['1 interrupted', 'f1 passed'])
})

t.test('in a step that fails at that moment', async (t) => {
  const run: FakeRun = fakeRun(t, {
    press: () => {
      interrupt(run)
      throw new StepFailure({ message: 'expected five' })
    },
  })
  t.match(await run.play([run.scenario(['press'])]), ENDED)
  t.equal(run.platform.removed(), 1)
})

t.test('in a finally step', async (t) => {
  const run: FakeRun = fakeRun(t, {
    ok: () => ({}),
    press: () => {
      interrupt(run)
      return {}
    },
  })
  t.match(await run.play([run.scenario(['ok'], ['press', 'ok'])]), ENDED)
  t.equal(run.platform.removed(), 1)
  t.match(run.ended(), ['1 passed', /^f1 /, 'f2 passed'], 'the rest of them is played')
})

t.test('while the servers are removed: they are all the same', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  run.platform.onRemove = () => interrupt(run)
  t.match(await run.play([run.scenario(['ok']), run.scenario(['ok'])]), ENDED)
  t.equal(run.platform.removed(), 1)
  t.equal(run.of('scenario-started').length, 1)
})

t.test('between two scenarios', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  run.onEvent = ({ type }) => {
    if (type === 'scenario-ended') interrupt(run)
  }
  t.match(await run.play([run.scenario(['ok']), run.scenario(['ok'])]), ENDED)
  t.match(run.of('scenario-ended'), [{ verdict: 'passed' }])
})

t.test('and the servers cannot be removed: it is told', async (t) => {
  const run: FakeRun = fakeRun(t, {
    press: () => {
      interrupt(run)
      return {}
    },
  })
  run.platform.onRemove = () => {
    throw new PlatformError('the engine refused')
  }
  t.match(await run.play([run.scenario(['press'])]), ENDED)
  t.match(run.of('warning'), [{ text: /the engine refused/ }])
  t.equal(run.of('scenario-ended').length, 1)
})

t.test('a bug outranks it', async (t) => {
  const run: FakeRun = fakeRun(t, {
    press: () => {
      interrupt(run)
      return {}
    },
    bug: () => {
      throw new TypeError('x is not a function')
    },
  })
  t.match(await run.play([run.scenario(['press'], ['bug'])]), { exitCode: 70 })
  t.match(run.of('run-ended'), [{ exitCode: 70 }])
})
