import t from 'tap'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { StepFailure, StepInconclusive } from '../../runner/steps/verb.ts'
import { hurriedClock } from '../support/fake-clock.ts'
import { type FakeRun, fakeRun } from '../support/fake-run.ts'
import { afterMs } from '../support/fake-verb.ts'

const clock = hurriedClock

/**
 * From now on, for so many probes, the engine is not there. Resolves when it has been asked, and the word has spread.
 */
async function die(run: FakeRun, probes = 1): Promise<void> {
  let left = probes
  let asked = () => {}
  const noticed = new Promise<void>((resolve) => {
    asked = resolve
  })
  run.platform.onProbe = () => {
    if (left === 0) return
    left -= 1
    asked()
    throw new PlatformError('the Docker engine stopped answering', { hint: 'start it' })
  }
  await noticed
  await afterMs(20)
}

const DEATHS = [
  ['in a step before the last', ['die', 'ok'], []],
  ['in the last step, which passes all the same', ['ok', 'die'], []],
  ['in a step that then fails', ['ok', 'dieAndFail'], []],
  ['in a step that then cannot be judged', ['ok', 'dieAndDoubt'], []],
  ['in a finally step', ['ok'], ['die', 'ok']],
  ['in the last finally step', ['ok'], ['ok', 'die']],
  ['in a finally step, after a failure', ['fail'], ['die']],
] as const

for (const [when, steps, last] of DEATHS) {
  t.test(`the platform dies ${when}, and is back soon`, async (t) => {
    const run: FakeRun = fakeRun(t, {
      ok: () => ({}),
      fail: () => {
        throw new StepFailure({ message: 'expected five' })
      },
      die: async () => {
        await die(run)
        return {}
      },
      dieAndFail: async () => {
        await die(run)
        throw new StepFailure({ message: 'expected five' })
      },
      dieAndDoubt: async () => {
        await die(run)
        throw new StepInconclusive({ message: 'did not bite' })
      },
    })
    const result = await run.play([run.scenario(steps, last)], { clock })
    t.match(result, { verdict: 'error', exitCode: 3 })
    t.match(run.of('scenario-ended'), [{ verdict: 'error', reason: /stopped answering/, hint: 'start it' }])
    t.equal(run.platform.removed(), 1)
  })
}

t.test('a step that waits ends when the platform dies', async (t) => {
  const run: FakeRun = fakeRun(t, {
    wait: async ({ signal }) => {
      void die(run)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
      return {}
    },
  })
  t.match(await run.play([run.scenario(['wait'])], { clock }), { verdict: 'error', exitCode: 3 })
  t.strictSame(run.ended(), ['1 error'])
})

t.test('finally steps are played after the platform has died', async (t) => {
  const run: FakeRun = fakeRun(t, { ok: () => ({}), die: () => die(run).then(() => ({})) })
  t.match(await run.play([run.scenario(['die'], ['ok', 'ok'])], { clock }), { verdict: 'error', exitCode: 3 })
  t.strictSame(run.ended().slice(1), ['f1 passed', 'f2 passed'])
})

t.test('the platform dies while the cluster is set up', async (t) => {
  const run: FakeRun = fakeRun(t, { ok: () => ({}) })
  run.platform.onCreate = async (signal) => {
    await die(run)
    signal?.throwIfAborted()
  }
  t.match(await run.play([run.scenario(['ok'])], { clock }), { verdict: 'error', exitCode: 3 })
  t.match(run.of('scenario-ended'), [{ verdict: 'error', reason: /stopped answering/ }])
  t.strictSame(run.ended(), [])
})

t.test('a failure is doubted when the platform proves dead at the end', async (t) => {
  for (const [error, seen] of [
    [new StepFailure({ message: 'expected five' }), /expected five/],
    [new StepInconclusive({ message: 'did not bite' }), /did not bite/],
  ] as const) {
    const run: FakeRun = fakeRun(t, {
      fail: () => {
        // Between two heartbeats.
        run.platform.onProbe = () => {
          throw new PlatformError('the Docker engine stopped answering', { hint: 'start it' })
        }
        throw error
      },
    })
    t.match(await run.play([run.scenario(['fail'])]), { verdict: 'error', exitCode: 3 })
    const [end] = run.of('scenario-ended')
    t.match(end, { verdict: 'error', reason: /stopped answering/, hint: 'start it' })
    t.match(end?.reason, seen, 'and what was seen is not lost')
  }
})

t.test('a probe with a bug is no death of the platform, and no pass', async (t) => {
  const run: FakeRun = fakeRun(t, {
    crash: async () => {
      const asked = new Promise<void>((resolve) => {
        run.platform.onProbe = () => {
          resolve()
          throw new TypeError('x is not a function')
        }
      })
      await asked
      await afterMs(20)
      return {}
    },
  })
  const result = await run.play([run.scenario(['crash'])], { clock })
  t.equal(result.exitCode, 70)
  t.not(result.verdict, 'passed')
})

t.test('nobody asks the platform any more once the scenario has ended', async (t) => {
  const run = fakeRun(t, { ok: () => ({}) })
  await run.play([run.scenario(['ok'])], { clock })
  const asked = run.platform.calls.length
  await afterMs(100)
  t.equal(run.platform.calls.length, asked)
})
