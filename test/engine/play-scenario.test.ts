import t from 'tap'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { StepFailure, StepInconclusive } from '../../runner/steps/verb.ts'
import { type Acts, fakeRun } from '../support/fake-run.ts'

const ACTS: Acts = {
  ok: () => ({ note: 'done' }),
  fail: () => {
    throw new StepFailure({ message: 'expected five', hint: 'count again' })
  },
  doubt: () => {
    throw new StepInconclusive({ message: 'did not bite' })
  },
  engine: () => {
    throw new PlatformError('the engine refused', { hint: 'ask it' })
  },
  bug: () => {
    throw new TypeError('x is not a function')
  },
}

t.test('a scenario whose steps pass', async (t) => {
  const run = fakeRun(t, ACTS)
  const result = await run.play([run.scenario(['ok', 'ok'], ['ok'])])
  t.match(result, { verdict: 'passed', exitCode: 0 })
  t.strictSame(run.ended(), ['1 passed', '2 passed', 'f1 passed'])
  t.equal(run.platform.removed(), 1)
  t.strictSame(run.of('warning'), [])
  t.match(run.events[0], { type: 'run-started', scenarios: 1 })
  t.match(run.events.at(-1), { type: 'run-ended', verdict: 'passed', exitCode: 0 })
  t.equal(run.of('scenario-ended').length, 1)
  t.equal(run.of('scenario-as-played').length, 1)
})

const NOT_PASSED = [
  { act: 'fail', verdict: 'failed', exitCode: 1, reason: /^step 2, .*: expected five$/, hint: 'count again' },
  { act: 'doubt', verdict: 'inconclusive', exitCode: 3, reason: /^step 2, .*: did not bite$/ },
  { act: 'engine', verdict: 'error', exitCode: 3, reason: /^step 2, .*: the engine refused$/, hint: 'ask it' },
  { act: 'bug', verdict: 'error', exitCode: 70, reason: /a bug of redis-chaos: x is not a function/ },
] as const

for (const { act, exitCode, ...told } of NOT_PASSED) {
  t.test(`a step that ends as ${told.verdict} (exit code ${exitCode})`, async (t) => {
    const run = fakeRun(t, ACTS)
    const result = await run.play([run.scenario(['ok', act, 'ok'], ['ok'])])
    t.match(result, { verdict: told.verdict, exitCode })
    t.equal(result.bugs.length, act === 'bug' ? 1 : 0)
    t.strictSame(run.ended(), ['1 passed', `2 ${told.verdict}`, 'f1 passed'], 'finally steps are played, others not')
    t.match(run.of('scenario-ended'), [told])
    t.equal(run.platform.removed(), 1)
  })
}

t.test('finally steps', async (t) => {
  t.test('go on after one does not pass', async (t) => {
    const run = fakeRun(t, ACTS)
    t.match(await run.play([run.scenario(['ok'], ['ok', 'fail', 'doubt', 'bug', 'ok'])]), { verdict: 'failed' })
    t.strictSame(run.ended(), ['1 passed', 'f1 passed', 'f2 failed', 'f3 inconclusive', 'f4 error', 'f5 passed'])
  })

  t.test('that fail make a passed scenario fail', async (t) => {
    const run = fakeRun(t, ACTS)
    t.match(await run.play([run.scenario(['ok'], ['fail'])]), { verdict: 'failed', exitCode: 1 })
    t.match(run.of('scenario-ended'), [{ verdict: 'failed', reason: /step f1/ }])
  })

  t.test('do not hide what failed before', async (t) => {
    const run = fakeRun(t, ACTS)
    t.match(await run.play([run.scenario(['fail'], ['doubt'])]), { verdict: 'failed', exitCode: 1 })
    t.match(run.of('scenario-ended'), [{ reason: /step 1/ }])
  })
})

t.test('removal', async (t) => {
  t.test('that fails is a warning, and a passed scenario is not passed', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.onRemove = ACTS.engine as () => never
    t.match(await run.play([run.scenario(['ok'])]), { verdict: 'error', exitCode: 3 })
    t.match(run.of('warning'), [{ text: /the engine refused.*remove-run fake/ }], 'says how to remove what is left')
    t.equal(run.of('warning').length, 1)
    t.match(run.of('scenario-ended'), [{ verdict: 'error', reason: /the engine refused/ }])
    t.equal(run.of('scenario-ended').length, 1)
    t.equal(run.of('run-ended').length, 1)
  })

  t.test('that fails does not hide a failure', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.onRemove = ACTS.engine as () => never
    t.match(await run.play([run.scenario(['fail'])]), { verdict: 'failed', exitCode: 1 })
    t.match(run.of('warning'), [{ text: /the engine refused/ }])
    t.match(run.of('scenario-ended'), [{ verdict: 'failed', reason: /expected five/ }])
  })

  t.test('with a bug: not passed, the run ends, exit code 70', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.onRemove = ACTS.bug as () => never
    const result = await run.play([run.scenario(['ok']), run.scenario(['ok'])])
    t.match(result, { verdict: 'error', exitCode: 70 })
    t.equal(result.bugs.length, 2)
    t.match(run.of('scenario-ended'), [{ verdict: 'error' }, { verdict: 'error' }])
    t.match(run.of('run-ended'), [{ verdict: 'error', exitCode: 70 }])
    t.match(run.of('warning'), [{ text: /x is not a function/ }, { text: /x is not a function/ }])
  })

  t.test('is left out with keep', async (t) => {
    const run = fakeRun(t, ACTS)
    t.match(await run.play([run.scenario(['ok'])], { keep: true }), { verdict: 'passed' })
    t.notOk(run.platform.calls.includes('remove'))
    t.equal(await closed(() => run.platform.connections()), 0, 'but its connections are closed')
  })

  t.test('follows a failure with keep no more than a pass', async (t) => {
    const run = fakeRun(t, ACTS)
    t.match(await run.play([run.scenario(['fail'])], { keep: true }), { verdict: 'failed' })
    t.notOk(run.platform.calls.includes('remove'))
  })
})

t.test('who was refused at the links of the runner is told in a warning', async (t) => {
  const run = fakeRun(t, {
    visit: () => {
      run.platform.groups[0]?.network.strangers.push(
        { address: '172.17.0.9', times: 12 },
        { address: '172.18.0.2', times: 1 },
      )
      return {}
    },
  })
  t.match(await run.play([run.scenario(['visit'])]), { verdict: 'passed' })
  t.match(run.of('warning'), [
    {
      text: '12 connections to the links of this run came from 172.17.0.9, which is none of its nodes, and were refused',
    },
    {
      text: '1 connection to the links of this run came from 172.18.0.2, which is none of its nodes, and was refused',
    },
  ])
})

t.test('a cluster that cannot be set up', async (t) => {
  t.test('because the platform makes no servers', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.onCreate = ACTS.engine as () => never
    t.match(await run.play([run.scenario(['ok'], ['ok'])]), { verdict: 'error', exitCode: 3 })
    t.strictSame(run.ended(), [])
    t.match(run.of('scenario-ended'), [{ verdict: 'error', reason: 'the engine refused', hint: 'ask it' }])
    t.notOk(run.platform.calls.includes('remove'), 'there is nothing to remove')
  })

  t.test('because the servers do not become members', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.answer = ([, sub]) =>
      sub === 'MYID' ? new Error('ERR This instance has cluster support disabled') : undefined
    t.match(await run.play([run.scenario(['ok'])]), { verdict: 'error', exitCode: 3 })
    t.match(run.of('scenario-ended'), [{ verdict: 'error', reason: /redis-node0.*cluster support disabled/ }])
    t.equal(run.platform.removed(), 1, 'the servers are removed')
    t.equal(await closed(() => run.platform.connections()), 0)
  })

  t.test('because a server crashed: the audit says so, and the scenario has failed', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.answer = () => {
      const [group] = run.platform.groups
      group?.set('redis-node0', { status: 'stopped', text: 'process was killed by SIGSEGV' })
      group?.words.set('redis-node0', 'Redis 7.0.15 crashed by signal: 11, si_code: 0')
      return new Error('LOADING Redis is loading the dataset in memory')
    }
    t.match(await run.play([run.scenario(['ok'])]), { verdict: 'failed', exitCode: 1 })
    const reason =
      /^redis-node0 ended while the cluster was being formed: process was killed by SIGSEGV: "Redis 7\.0\.15 crashed/
    t.match(run.of('scenario-ended'), [{ verdict: 'failed', reason }])
    t.match(run.of('audit-judged')[0]?.audit.rules[0], {
      rule: 'crash',
      verdict: 'failed',
      findings: [{ text: /^redis-node0 ended by itself at .*: process was killed by SIGSEGV$/ }],
    })
    t.equal(run.platform.removed(), 1)
  })

  t.test('because of a bug', async (t) => {
    const run = fakeRun(t, ACTS)
    run.platform.onCreate = ACTS.bug as () => never
    t.match(await run.play([run.scenario(['ok'])]), { verdict: 'error', exitCode: 70 })
    t.match(run.of('scenario-ended'), [{ verdict: 'error' }])
  })
})

/** Connections end a moment after their client has closed them. */
async function closed(count: () => number): Promise<number> {
  for (let look = 0; look < 200 && count() > 0; look += 1) await new Promise((resolve) => setTimeout(resolve, 10))
  return count()
}

t.test('Ctrl-C waits for no server that does not answer', { timeout: 10_000 }, async (t) => {
  const run = fakeRun(t, {
    stop: () => {
      for (const group of run.platform.groups) group.state = () => new Promise(() => undefined)
      run.controller.abort(new Interrupted('SIGINT'))
      return undefined
    },
  })
  t.match(await run.play([run.scenario(['stop'])]), { verdict: 'interrupted' })
  t.equal(run.platform.removed(), 1)
})
