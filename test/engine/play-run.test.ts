import t from 'tap'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { htmlReport } from '../../runner/report/html/suite-page.ts'
import { junitReport } from '../../runner/report/junit.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { StepFailure } from '../../runner/steps/verb.ts'
import { loadText } from '../scenario/load-text.ts'
import { FakePlatform } from '../support/fake-platform.ts'
import { type Acts, fakeRun } from '../support/fake-run.ts'

const ACTS: Acts = {
  ok: () => ({}),
  fail: () => {
    throw new StepFailure({ message: 'expected five' })
  },
}

/** A run on two platforms, redis and valkey. */
function matrix(t: Parameters<typeof fakeRun>[0]) {
  const run = fakeRun(t, ACTS)
  const other = new FakePlatform('docker', 'valkey:8.0')
  t.teardown(() => other.close())
  return { run, other }
}

t.test('scenarios are played one after another, and all of them', async (t) => {
  const run = fakeRun(t, ACTS)
  const result = await run.play([run.scenario(['ok']), run.scenario(['fail']), run.scenario(['ok'])])
  t.match(result, { verdict: 'failed', exitCode: 1 })
  t.same(
    run.of('scenario-ended').map(({ scenario, verdict }) => `${scenario} ${verdict}`),
    ['0 passed', '1 failed', '2 passed'],
  )
  t.equal(run.platform.removed(), 3)
  t.equal(run.platform.calls.filter((call) => call === 'prepare').length, 1, 'what they need is made ready once')
  t.match(run.of('run-started'), [{ scenarios: 3, seed: 1 }])
})

t.test('what the client that was asked for cannot do is skipped, and the others are played', async (t) => {
  const run = fakeRun(t, ACTS)
  const text = `title: T
workloads: { a: { type: register, wait: { replicas: 1 } } }
steps: [{ act: ok }]
`
  const waits = loadText(text, { verbs: run.verbs, client: { name: 'redis-cli', options: {} } })
  const result = await run.play([waits, run.scenario(['ok'])])
  t.match(result, { verdict: 'passed', exitCode: 0 })
  t.match(run.of('scenario-ended'), [
    { verdict: 'skipped', reason: /^--client redis-cli cannot play it: its workload `a` has `wait`/ },
    { verdict: 'passed' },
  ])
})

t.test('what was decided before is told first', async (t) => {
  const run = fakeRun(t, ACTS)
  await run.play([run.scenario(['ok'])], { notes: ['docker, because there is an engine'] })
  t.match(run.events.slice(0, 2), [
    { type: 'run-started' },
    { type: 'progress', text: 'docker, because there is an engine' },
  ])
})

t.test('the same on two servers', async (t) => {
  const { run, other } = matrix(t)
  const scenario = run.scenario(['ok'])
  const result = await run.play([
    { scenario, platform: run.platform },
    { scenario, platform: other },
    { scenario, platform: run.platform },
  ])
  t.match(result, { verdict: 'passed', exitCode: 0 })
  t.same(
    run.of('scenario-started').map(({ server }) => server),
    ['redis 7.0.15', 'valkey 8.0.15', 'redis 7.0.15'],
  )
  t.equal(run.platform.removed(), 2)
  t.equal(other.removed(), 1)
  for (const { calls } of [run.platform, other]) t.equal(calls.filter((call) => call === 'prepare').length, 1)
})

for (const [what, hang] of [
  ['prepared', (platform: FakePlatform, fail: () => never) => (platform.onPrepare = fail)],
  ['reached', (platform: FakePlatform, fail: () => never) => (platform.onProbe = fail)],
] as const) {
  t.test(`a platform that cannot be ${what}: its scenarios are errors, the others are played`, async (t) => {
    const { run, other } = matrix(t)
    const scenario = run.scenario(['ok'])
    hang(other, () => {
      throw new PlatformError('no such image', { hint: 'build it' })
    })
    const result = await run.play([
      { scenario, platform: other },
      { scenario, platform: run.platform },
      { scenario, platform: other },
    ])
    t.match(result, { verdict: 'error', exitCode: 3 })
    const ends = run.of('scenario-ended')
    t.same(
      ends.map(({ verdict }) => verdict),
      ['error', 'passed', 'error'],
    )
    t.match(ends[0], { reason: 'no such image', hint: 'build it' })
    t.equal(other.groups.length, 0, 'nothing is made on it')
    t.match(run.of('scenario-started')[0], { server: 'valkey:8.0' }, 'and its server is named')
  })
}

t.test('a bug while a platform is prepared', async (t) => {
  const { run, other } = matrix(t)
  const scenario = run.scenario(['ok'])
  other.onPrepare = () => {
    throw new TypeError('x is not a function')
  }
  const result = await run.play([
    { scenario, platform: other },
    { scenario, platform: run.platform },
  ])
  t.match(result, { verdict: 'error', exitCode: 70 })
  t.equal(result.bugs.length, 1)
  t.same(
    run.of('scenario-ended').map(({ verdict }) => verdict),
    ['error', 'passed'],
  )
  t.match(run.of('run-ended'), [{ exitCode: 70 }])
})

t.test('a failure outranks what was no verdict', async (t) => {
  const { run, other } = matrix(t)
  other.onPrepare = () => {
    throw new PlatformError('no such image')
  }
  const result = await run.play([
    { scenario: run.scenario(['fail']), platform: run.platform },
    { scenario: run.scenario(['ok']), platform: other },
  ])
  t.match(result, { verdict: 'failed', exitCode: 1 })
})

t.test('skipped', async (t) => {
  const requires = 'requires: { platform: process }\n'
  t.test('with its reason, and nothing is made', async (t) => {
    const run = fakeRun(t, ACTS)
    const result = await run.play([run.scenario(['ok'], [], requires)])
    t.match(result, { verdict: 'inconclusive', exitCode: 3 })
    t.match(run.of('scenario-ended'), [{ verdict: 'skipped', reason: /process/ }])
    t.match(run.of('run-ended'), [{ verdict: 'inconclusive', exitCode: 3 }])
    t.notOk(run.platform.calls.includes('create'))
  })

  t.test('what cannot be done here skips before servers are made, and every report says why', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.cannot.set('disk-full', 'the kernel has no quota')
    await run.play([run.scenario(['ok'], [], 'requires: { can: [delay, disk-full] }\n')])
    const reason = 'it needs what cannot be done here: disk-full (the kernel has no quota)'
    t.match(run.of('scenario-ended'), [{ verdict: 'skipped', reason, setupMs: 0 }])
    t.notOk(run.platform.calls.includes('create'))
    const report = reduceRun(run.events)
    for (const [name, text] of [
      ['console', consoleReport(report)],
      ['junit', junitReport(report)],
      ['page', htmlReport(report)],
    ] as const) {
      t.ok(text.includes(reason), name)
    }
    const able = fakeRun(t, ACTS)
    await able.play([able.scenario(['ok'], [], 'requires: { can: [delay, disk-full] }\n')])
    t.match(able.of('scenario-ended'), [{ verdict: 'passed' }])
  })

  t.test('beside one that is played, it weighs nothing', async (t) => {
    const run = fakeRun(t, ACTS)
    const result = await run.play([run.scenario(['ok'], [], requires), run.scenario(['ok'])])
    t.match(result, { verdict: 'passed', exitCode: 0 })
    t.same(
      run.of('scenario-ended').map(({ verdict }) => verdict),
      ['skipped', 'passed'],
    )
  })

  t.test('by the version that the server proves to be', async (t) => {
    const { run, other } = matrix(t)
    const scenario = run.scenario(['ok'], [], "requires: { server: '>=8.0' }\n")
    await run.play([
      { scenario, platform: run.platform },
      { scenario, platform: other },
    ])
    t.same(
      run.of('scenario-ended').map(({ verdict }) => verdict),
      ['skipped', 'passed'],
    )
  })
})
