import { getEventListeners } from 'node:events'
import t from 'tap'
import { z } from 'zod'
import { ReplyError } from '../../runner/cluster/reply-errors.ts'
import { TargetError } from '../../runner/cluster/targets.ts'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import type { StepVerdict } from '../../runner/record/events.ts'
import { UndefinedName } from '../../runner/steps/names.ts'
import { StepFailure, StepInconclusive } from '../../runner/steps/verb.ts'
import { refused } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'
import { afterMs, fakeVerb } from '../support/fake-verb.ts'

t.test('how a step ends by what its verb throws', async (t) => {
  const failures: [Error, StepVerdict, RegExp, isBug?: boolean][] = [
    [new StepFailure({ message: 'expected five' }), 'failed', /^expected five$/],
    [new StepInconclusive({ message: 'did not bite' }), 'inconclusive', /^did not bite$/],
    [new PlatformError('the engine refused', { hint: 'ask it' }), 'error', /^the engine refused$/],
    [new TargetError('stands for no node'), 'failed', /^stands for no node$/],
    [new UndefinedName('x'), 'failed', /^\$x is not defined$/],
    [new Interrupted('SIGINT'), 'interrupted', /SIGINT/],
    [refused('redis-node0'), 'failed', /redis-node0.*connection refused/],
    [new ReplyError('redis-node0', 'MISCONF no space'), 'failed', /MISCONF no space/],
    [new TypeError('x is not a function'), 'error', /a bug of redis-chaos: x is not a function/, true],
    [new Error('what'), 'error', /a bug of redis-chaos/, true],
  ]
  for (const [error, verdict, message, isBug = false] of failures) {
    const raise = fakeVerb('raise', () => {
      throw error
    })
    const stage = fakeStage({ verbs: [raise] })
    const outcome = await stage.playOne(step('raise'))
    t.match(outcome, { verdict, error: { message } }, String(error))
    t.strictSame(stage.bugs, isBug ? [error] : [], `${error.name} is ${isBug ? 'a' : 'no'} bug`)
    t.match(stage.events, [{ type: 'step-started' }, { type: 'step-ended', outcome: { verdict } }])
  }
})

t.test('what a failure carries is kept', async (t) => {
  const error = { message: 'm', details: ['d'], hint: 'h' }
  const raise = fakeVerb('raise', () => {
    throw new StepFailure(error, { attempts: 3, lastSeen: 'four' })
  })
  const outcome = await fakeStage({ verbs: [raise] }).playOne(step('raise'))
  t.strictSame(outcome, { verdict: 'failed', attempts: 3, lastSeen: 'four', error })
})

t.test('steps are played in order, up to the first that does not pass', async (t) => {
  const seen: string[] = []
  const ok = fakeVerb('ok', ({ step }) => void seen.push(step.path) as undefined)
  const fail = fakeVerb('fail', () => {
    throw new StepFailure({ message: 'm' })
  })
  const list = [step('ok', null, { path: '1' }), step('fail', null, { path: '2' }), step('ok', null, { path: '3' })]
  const stage = fakeStage({ verbs: [ok, fail] })
  t.same(
    (await stage.play(list)).map(({ outcome }) => outcome.verdict),
    ['passed', 'failed'],
  )
  t.strictSame(seen, ['1'])
  const last = await stage.play(list, undefined, { continueOnFailure: true })
  t.same(
    last.map(({ outcome }) => outcome.verdict),
    ['passed', 'failed', 'passed'],
    'a finally list goes on',
  )
})

t.test('deadlines', async (t) => {
  t.test('a verb that outlives its own and takes no notice does not pass', async (t) => {
    const slow = fakeVerb('slow', () => afterMs(150).then(() => ({})), { defaultDeadlineMs: 20 })
    const stage = fakeStage({ verbs: [slow] })
    const outcome = await stage.playOne(step('slow'))
    t.match(outcome, { verdict: 'failed', error: { message: /did not end within 20\s?ms/ } })
    t.strictSame(stage.bugs, [])
  })

  t.test('a verb that never ends is left behind, and its last progress told', async (t) => {
    const hang = fakeVerb(
      'hang',
      ({ progress }) => {
        progress('waiting for Godot')
        return new Promise<never>(() => {})
      },
      { defaultDeadlineMs: 20 },
    )
    const outcome = await fakeStage({ verbs: [hang] }).playOne(step('hang'))
    t.match(outcome, { verdict: 'failed', error: { message: /did not end within 20\s?ms.*waiting for Godot/ } })
  })

  t.test('a verb that ends when it is told to is told why', async (t) => {
    const late = fakeVerb('late', ({ clock, signal }) => clock.sleep(20_000, signal).then(() => ({})), {
      defaultDeadlineMs: 20,
    })
    const outcome = await fakeStage({ verbs: [late] }).playOne(step('late'))
    t.match(outcome, { verdict: 'failed', error: { message: /did not end within 20\s?ms/ } })
  })

  t.test('the argument may set it', async (t) => {
    const slow = fakeVerb('slow', () => afterMs(100).then(() => ({})), {
      defaultDeadlineMs: 1,
      deadlineMs: (arg) => Number(arg),
    })
    const stage = fakeStage({ verbs: [slow] })
    t.match(await stage.playOne(step('slow', 20_000)), { verdict: 'passed' })
    t.match(await stage.playOne(step('slow', 20)), { verdict: 'failed' })
  })

  t.test('for makes it longer', async (t) => {
    const slow = fakeVerb('slow', () => afterMs(100).then(() => ({})), { defaultDeadlineMs: 20 })
    const stage = fakeStage({ verbs: [slow] })
    t.match(await stage.playOne(step('slow', null, { forMs: 20_000 })), { verdict: 'passed' })
  })
})

t.test('within', async (t) => {
  const slow = fakeVerb('slow', () => afterMs(150).then(() => ({ note: 'done' })))
  t.test('is a limit for what does not end by itself', async (t) => {
    const outcome = await fakeStage({ verbs: [slow] }).playOne(step('slow', null, { withinMs: 50 }))
    t.match(outcome, { verdict: 'failed', limitMs: 50, error: { message: /50\s?ms/ } })
  })

  t.test('passes what keeps it', async (t) => {
    const outcome = await fakeStage({ verbs: [slow] }).playOne(step('slow', null, { withinMs: 20_000 }))
    t.strictSame(outcome, { verdict: 'passed', limitMs: 20_000, note: 'done' })
  })

  t.test('does not count the time of for', async (t) => {
    const stage = fakeStage({ verbs: [slow] })
    t.match(await stage.playOne(step('slow', null, { withinMs: 100, forMs: 20_000 })), { verdict: 'passed' })
    t.match(await stage.playOne(step('slow', null, { withinMs: 20, forMs: 50 })), { verdict: 'failed' })
  })

  t.test('is in the event that says that the step has begun', async (t) => {
    const stage = fakeStage({ verbs: [slow] })
    await stage.playOne(step('slow', null, { withinMs: 20_000 }))
    t.match(stage.events[0], { type: 'step-started', limitMs: 20_000 })
  })
})

t.test('an abort', async (t) => {
  const errors: [Error, StepVerdict][] = [
    [new Interrupted('SIGINT'), 'interrupted'],
    [new PlatformError('the engine died'), 'error'],
  ]
  for (const [reason, verdict] of errors) {
    t.test(`with ${reason.name}: ${verdict}`, async (t) => {
      let controller = new AbortController()
      const press = () => controller.abort(reason)
      const notices = fakeVerb('notices', ({ clock, signal }) => {
        setTimeout(press, 5)
        return clock.sleep(20_000, signal).then(() => ({}))
      })
      const ignores = fakeVerb('ignores', () =>
        afterMs(10)
          .then(press)
          .then(() => ({})),
      )
      const fails = fakeVerb('fails', () => {
        press()
        throw new StepFailure({ message: 'connection lost' })
      })
      for (const verb of [notices, ignores, fails]) {
        controller = new AbortController()
        const stage = fakeStage({ verbs: [verb] })
        const list = [step(verb.name), step(verb.name, null, { path: '2' })]
        const played = await stage.play(list, controller.signal)
        t.match(played, [{ outcome: { verdict, error: { message: reason.message } } }], verb.name)
        t.equal(played.length, 1, 'nothing is played after it')
        t.strictSame(stage.bugs, [])
      }
    })
  }

  t.test('before the step: the verb is not run', async (t) => {
    const ran: string[] = []
    const note = fakeVerb('note', () => void ran.push('ran') as undefined)
    const outcome = await fakeStage({ verbs: [note] }).playOne(
      step('note'),
      AbortSignal.abort(new Interrupted('SIGINT')),
    )
    t.match(outcome, { verdict: 'interrupted' })
    t.strictSame(ran, [])
  })
})

t.test('nothing is left of a step: no timer, no listener', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const verbs = [
    fakeVerb('ok', () => ({})),
    fakeVerb('fail', () => {
      throw new StepFailure({ message: 'm' })
    }),
    fakeVerb('late', ({ clock, signal }) => clock.sleep(20_000, signal).then(() => ({})), { defaultDeadlineMs: 20 }),
    fakeVerb('polls', ({ clock, signal }) => clock.sleep(5, signal).then(() => ({}))),
  ]
  const before = timers()
  for (const { name } of verbs) {
    const { signal } = new AbortController()
    await fakeStage({ verbs }).play([step(name)], signal)
    t.equal(getEventListeners(signal, 'abort').length, 0, `${name}: listeners`)
    t.equal(timers(), before, `${name}: timers`)
  }
})

t.test('names are filled in, and what they hold is checked', async (t) => {
  const got: unknown[] = []
  const take = fakeVerb('take', (_, arg) => void got.push(arg) as undefined, {
    arg: z.strictObject({ count: z.number() }),
  })
  const stage = fakeStage({ verbs: [take] })
  stage.names.set('n', 5)
  t.match(await stage.playOne(step('take', { count: '$n' })), { verdict: 'passed' })
  t.strictSame(got, [{ count: 5 }])
  stage.names.set('n', 'five')
  t.match(await stage.playOne(step('take', { count: '$n' })), { verdict: 'failed', error: { message: /take.*five/ } })
  t.match(await stage.playOne(step('take', { count: '$m' })), {
    verdict: 'failed',
    error: { message: '$m is not defined' },
  })
  t.strictSame(stage.bugs, [])
})
