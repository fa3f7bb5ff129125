import t from 'tap'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import type { StepVerdict } from '../../runner/record/events.ts'
import { StepFailure, StepInconclusive, type Verb } from '../../runner/steps/verb.ts'
import { type FakeStage, fakeStage, step } from '../support/fake-stage.ts'
import { afterMs, fakeVerb } from '../support/fake-verb.ts'

/** Verbs that end as their names say. */
const ENDING: readonly Verb[] = [
  fakeVerb('passed', () => ({})),
  fakeVerb('passedLater', () => afterMs(60).then(() => ({}))),
  raising('failed', new StepFailure({ message: 'expected five' })),
  raising('inconclusive', new StepInconclusive({ message: 'did not bite' })),
  raising('error', new PlatformError('the engine refused')),
  raising('interrupted', new Interrupted('SIGINT')),
  raising('bug', new TypeError('x is not a function')),
]

function raising(name: string, error: Error): Verb {
  return fakeVerb(name, () => {
    throw error
  })
}

function parallel(verbs: readonly string[]) {
  return step('parallel', verbs, { path: '3', children: verbs.map((verb) => step(verb)) })
}

/** `3.1 passed`, … in the order in which steps ended. */
function ended({ events }: FakeStage): string[] {
  return events.flatMap((event) => (event.type === 'step-ended' ? [`${event.step.path} ${event.outcome.verdict}`] : []))
}

t.test('parallel ends as the worst of its steps', async (t) => {
  const worst: [string[], StepVerdict][] = [
    [['passed', 'passedLater'], 'passed'],
    [['passed', 'failed'], 'failed'],
    [['inconclusive', 'failed'], 'failed'],
    [['failed', 'inconclusive'], 'failed'],
    [['error', 'failed'], 'failed'],
    [['inconclusive', 'error'], 'error'],
    [['passed', 'inconclusive'], 'inconclusive'],
    [['failed', 'interrupted'], 'interrupted'],
    [['failed', 'passedLater', 'inconclusive'], 'failed'],
  ]
  for (const [verbs, verdict] of worst) {
    const stage = fakeStage({ verbs: ENDING })
    t.match(await stage.playOne(parallel(verbs)), { verdict }, verbs.join(', '))
    t.equal(ended(stage).length, verbs.length + 1, 'all were played to their end')
    t.equal(ended(stage).at(-1), `3 ${verdict}`, 'and it ended last')
    t.strictSame(stage.bugs, [])
  }
})

t.test('parallel names the step that did not pass', async (t) => {
  const outcome = await fakeStage({ verbs: ENDING }).playOne(parallel(['passed', 'inconclusive', 'failed']))
  t.match(outcome.error?.message, /3\.3/)
  t.match(outcome.error?.message, /failed/)
})

t.test('a bug inside parallel is known as one', async (t) => {
  for (const verbs of [
    ['failed', 'bug'],
    ['bug', 'passedLater'],
  ]) {
    const stage = fakeStage({ verbs: ENDING })
    t.not((await stage.playOne(parallel(verbs))).verdict, 'passed')
    t.equal(stage.bugs.length, 1)
    t.match(stage.bugs, [{ message: 'x is not a function' }])
  }
})

t.test('parallel plays side by side', async (t) => {
  let arrived = 0
  let release = () => {}
  const both = new Promise<void>((resolve) => {
    release = resolve
  })
  const meet = fakeVerb('meet', async () => {
    arrived += 1
    if (arrived === 2) release()
    await both
    return {}
  })
  const stage = fakeStage({ verbs: [meet] })
  t.match(await stage.playOne(parallel(['meet', 'meet'])), { verdict: 'passed' })
})

t.test('an interrupt reaches the steps inside', async (t) => {
  const controller = new AbortController()
  const hang = fakeVerb('hang', ({ clock, signal }) => clock.sleep(20_000, signal).then(() => ({})))
  const stage = fakeStage({ verbs: [hang] })
  setTimeout(() => controller.abort(new Interrupted('SIGINT')), 10)
  t.match(await stage.playOne(parallel(['hang', 'hang']), controller.signal), { verdict: 'interrupted' })
  t.strictSame(ended(stage), ['3.1 interrupted', '3.2 interrupted', '3 interrupted'])
})

t.test('repeat', async (t) => {
  t.test('plays its steps so many times, each with a path of its own', async (t) => {
    const stage = fakeStage({ verbs: ENDING })
    const children = [step('passed'), step('passed')]
    t.match(await stage.playOne(step('repeat', { times: 2, steps: [1, 2] }, { path: '3', children })), {
      verdict: 'passed',
    })
    const paths = ['3#1.1', '3#1.2', '3#2.1', '3#2.2', '3']
    t.strictSame(
      ended(stage),
      paths.map((path) => `${path} passed`),
    )
  })

  t.test('ends at the first that does not pass, as that did', async (t) => {
    let round = 0
    const second = fakeVerb('second', () => {
      round += 1
      if (round === 2) throw new StepInconclusive({ message: 'did not bite' })
      return {}
    })
    const stage = fakeStage({ verbs: [...ENDING, second] })
    const children = [step('second'), step('passed')]
    const outcome = await stage.playOne(step('repeat', { times: 3, steps: [1, 2] }, { path: '3', children }))
    t.match(outcome, { verdict: 'inconclusive', error: { message: /3#2\.1/ } })
    t.strictSame(ended(stage), ['3#1.1 passed', '3#1.2 passed', '3#2.1 inconclusive', '3 inconclusive'])
  })

  t.test('inside parallel, inside repeat', async (t) => {
    const stage = fakeStage({ verbs: ENDING })
    const inner = step('parallel', [1], { path: '3.1', children: [step('passed')] })
    await stage.playOne(step('repeat', { times: 2, steps: [1] }, { path: '3', children: [inner] }))
    t.strictSame(ended(stage), ['3#1.1.1 passed', '3#1.1 passed', '3#2.1.1 passed', '3#2.1 passed', '3 passed'])
  })
})

t.test('use', async (t) => {
  t.test('plays the steps of its file with its params, and hides the names outside', async (t) => {
    const got: unknown[] = []
    const take = fakeVerb('take', (_, arg) => void got.push(arg) as undefined)
    const stage = fakeStage({ verbs: [take] })
    stage.names.set('who', 'redis-node3')
    const use = (children: string) =>
      step('use', 'x.yaml', { path: '2', params: { node: '$who' }, children: [step('take', children)] })
    t.match(await stage.playOne(use('$node')), { verdict: 'passed' })
    t.strictSame(got, ['redis-node3'])
    t.match(await stage.playOne(use('$who')), { verdict: 'failed' })
    t.strictSame(ended(stage), ['2.1 passed', '2 passed', '2.1 failed', '2 failed'])
  })
})

t.test('targets', async (t) => {
  const draws = fakeVerb('draws', async ({ resolveOne }, phrase) => {
    const nodes = [await resolveOne(String(phrase)), await resolveOne(String(phrase))]
    return { note: nodes.join(' then ') }
  })
  const played = async (phrase: string) => {
    let asked = 0
    const resolve = async () => [`redis-node${asked++}`]
    return await fakeStage({ verbs: [draws], targets: { resolve } }).playOne(step('draws', phrase))
  }
  t.match(
    await played('random master'),
    { note: 'redis-node0 then redis-node0', targets: ['redis-node0'] },
    'drawn once',
  )
  for (const phrase of ['master of shard 1', 'master of key random', 'master of key majority']) {
    const targets = ['redis-node0', 'redis-node1']
    t.match(await played(phrase), { note: 'redis-node0 then redis-node1', targets }, `${phrase}: asked anew`)
  }
  const two = { resolve: async () => ['redis-node0', 'redis-node1'] }
  const outcome = await fakeStage({ verbs: [draws], targets: two }).playOne(step('draws', 'all masters'))
  t.match(outcome, { verdict: 'failed', error: { message: /all masters.*2 nodes.*one is needed/ } })
})

t.test('the name that an author gives a step says what its $names stand for', async (t) => {
  const stage = fakeStage()
  const children = [step('redis', 'PING', { name: 'ask $each, round $index; $later is not known' })]
  await stage.playOne(step('repeat', { over: ['redis-node1'], as: 'each', steps: [{}] }, { path: '1', children }))
  const names = stage.events.flatMap((event) => (event.type === 'step-ended' ? [event.step.name] : []))
  t.equal(names[0], 'ask redis-node1, round 1; $later is not known')
})
