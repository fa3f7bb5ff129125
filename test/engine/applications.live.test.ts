import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Interrupted } from '../../runner/engine/interrupt.ts'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { loadText } from '../scenario/load-text.ts'
import { type Acts, fakeRun } from '../support/fake-run.ts'

const GONE_WITHIN_MS = 20_000
const FOLDER = path.join(import.meta.dirname, '../workload')

/** A run on a fake cluster, with an application of the tests beside it. */
function appRun(t: Test, acts: Acts = {}) {
  const run = fakeRun(t, acts)
  const play = async (app: string, rest = 'steps:\n  - wait: 300ms\n') => {
    const scenario = loadText(`title: t\ncluster: { shards: 1, replicas: 0 }\napps:\n  shop: ${app}\n${rest}`, {
      ...{ verbs: run.verbs, file: path.join(FOLDER, 'apps/x.yaml'), allowed: new Set(['commands']) },
    })
    await run.play([scenario])
    const [ended] = run.of('scenario-ended')
    return { verdict: ended?.verdict, reason: ended?.reason ?? '', hint: ended?.hint ?? '' }
  }
  const log = () => {
    const saved = run.of('log-saved').find(({ app }) => app)
    return readFileSync(path.join(run.of('run-ended')[0]?.folder ?? '', saved?.file ?? ''), 'utf8')
  }
  return { run, play, log }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS
  for (;;) {
    const left = pids.filter((pid) => lookAt(pid) !== undefined)
    if (left.length === 0) return
    if (Date.now() > deadline) throw new Error(`still there after ${GONE_WITHIN_MS / 1000} s: ${left.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function childrenIn(log: string): number[] {
  const pids = (/children (\d+) (\d+)/.exec(log)?.slice(1) ?? []).map(Number)
  if (pids.length !== 2) throw new Error(`the application has told of no children: ${log}`)
  return pids
}

t.test('an application is told of the cluster, loaded, judged, and ended', async (t) => {
  const { run, play, log } = appRun(t)
  const app = '{ command: [node, ./fake-app.mjs], env: { COLOR: red }, ready: /health, workload: http }'
  const { verdict, reason } = await play(
    app,
    'steps:\n  - wait: 1s\nchecks:\n  shop: { lost_writes: 0, linearizable: true, min_operations: 20 }\n',
  )
  t.strictSame(
    run.of('check-judged').map(({ check }) => `${check.on} ${check.name} ${check.verdict}`),
    ['shop lost_writes passed', 'shop linearizable passed'],
    reason,
  )
  t.equal(verdict, 'passed', reason)
  const [, told = ''] = /^\S+Z told (\[.*\]), logged in with secret$/m.exec(log()) ?? []
  t.match(JSON.parse(told), ['127.0.0.1', /^127\.0\.0\.1:\d+$/, 'redis-chaos-load-1', '1', 'red', null])
  t.strictSame(run.of('app-ended'), [], 'its end was meant')
  const [started, ready] = [...run.of('app-started'), ...run.of('app-ready')]
  t.match([started, ready], [{ app: 'shop' }, { app: 'shop' }])
  t.ok((started?.seenMs ?? 0) < (ready?.seenMs ?? 0), 'it was started before it was ready')
})

t.test('an application that loses what it acknowledged is found out', async (t) => {
  const { run, play } = appRun(t)
  const app = '{ command: [node, ./fake-app.mjs, forgetful], ready: /health, workload: { type: http, keys: 10 } }'
  const { verdict } = await play(app, 'steps:\n  - wait: 1s\nchecks:\n  shop: { lost_writes: 0 }\n')
  t.equal(verdict, 'failed')
  t.match(run.of('check-judged')[0]?.check, { name: 'lost_writes', verdict: 'failed' })
})

t.test('an application that does not come up', async (t) => {
  t.test('it ends', async (t) => {
    const { run, play } = appRun(t)
    const { verdict, reason } = await play('{ command: [node, ./fake-app.mjs, unwilling], ready: /health }')
    t.equal(verdict, 'error')
    t.equal(
      reason,
      'the application shop ended with exit code 3 before it was ready; it said: no luck with the password secret',
    )
    t.strictSame(run.of('step-started'), [])
  })
  t.test('it is never ready', async (t) => {
    const { play } = appRun(t)
    const ready = '{ path: /health, within: 1500ms }'
    const { verdict, reason, hint } = await play(`{ command: [node, ./fake-app.mjs, never-ready], ready: ${ready} }`)
    t.equal(verdict, 'error')
    t.match(
      reason,
      /^the application shop was not ready within 1\.5 s: GET http:\/\/127\.0\.0\.1:\d+\/health was tried \d+ times, the last time: (HTTP 503|nothing listens there)/,
    )
    t.match(hint, /it is told its port in PORT/)
  })
  t.test('its port is that of a server', async (t) => {
    for (const port of [7010, 17010]) {
      const { run, play } = appRun(t)
      const { verdict, reason } = await play(`{ command: [node, ./fake-app.mjs], port: ${port}, ready: /health }`)
      t.equal(verdict, 'error')
      t.equal(
        reason,
        `port ${port}, on which the application shop is to listen, is taken by the servers, which have 7010 to 7010 and each of these + 10000; nothing was touched`,
      )
      t.notOk(run.platform.calls.includes('create'))
    }
  })
  t.test('its port is taken', async (t) => {
    const squatter = createServer()
    t.teardown(() => squatter.close())
    await new Promise<void>((resolve) => squatter.listen({ host: '127.0.0.1', port: 0 }, resolve))
    const address = squatter.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { run, play } = appRun(t)
    const { verdict, reason } = await play(`{ command: [node, ./fake-app.mjs], port: ${port}, ready: /health }`)
    t.equal(verdict, 'error')
    t.match(
      reason,
      new RegExp(
        `^port ${port}, on which the application shop is to listen, is taken by process ${process.pid} .*; nothing was touched$`,
      ),
    )
    t.notOk(run.platform.calls.includes('create'))
  })
})

t.test('an application that ends in the middle is told as what it is', async (t) => {
  const { run, play } = appRun(t)
  const app = '{ command: [node, ./fake-app.mjs, dying], ready: /health, workload: http }'
  const { verdict, reason } = await play(app, 'steps:\n  - wait: 1500ms\n')
  t.equal(verdict, 'failed')
  t.match(reason, /The application shop ended with exit code 7, at /)
  t.match(run.of('app-ended'), [
    { app: 'shop', text: 'ended with exit code 7', lastWords: /Error: the shelf is full$/ },
  ])
  t.match(
    run.of('warning').map(({ text }) => text),
    ['what shop wrote could not be read back: the application had ended'],
  )
  const [audited] = run.of('audit-judged')
  const found = audited?.audit.rules.filter(({ findings }) => findings.length > 0).map(({ rule }) => rule)
  t.strictSame(found, ['crash'], 'nothing else is blamed')
})

t.test('an application that ignores SIGTERM is killed, with what it has started', async (t) => {
  const { run, play, log } = appRun(t)
  const { verdict } = await play('{ command: [node, ./fake-app.mjs, deaf], ready: /health }')
  t.equal(verdict, 'passed')
  t.match(
    run.of('warning').map(({ text }) => text),
    ['the application shop did not end when it was told to (SIGTERM), and was killed'],
  )
  await untilGone(childrenIn(log()))
})

t.test('an interruption ends it, also while it is waited for', async (t) => {
  const { run, play } = appRun(t)
  run.onEvent = (event) => {
    if (event.type === 'progress' && event.text === 'starting the application shop') {
      run.controller.abort(new Interrupted('SIGINT'))
    }
  }
  const { verdict } = await play('{ command: [node, ./fake-app.mjs, never-ready], ready: /health }')
  t.equal(verdict, 'interrupted')
  t.match(run.of('log-saved')[0], { node: 'shop', app: true }, 'it was there, and was ended')
  t.strictSame(run.of('step-started'), [])
})

t.test('an application ends with the runner, however that ends', async (t) => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    t.test(signal, async (t) => {
      const runner = spawn(
        process.execPath,
        ['--import=tsx', path.join(FOLDER, 'hold-app.ts'), `mark-${process.pid}`],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      t.teardown(() => runner.kill('SIGKILL'))
      const [said] = await once(runner.stdout, 'data')
      const pids = childrenIn(String(said))
      t.ok(
        pids.every((pid) => lookAt(pid) !== undefined),
        'it runs',
      )
      runner.kill(signal)
      await untilGone(pids)
    })
  }
})
