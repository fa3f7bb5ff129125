import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { lookAt } from '../../runner/platforms/process-id.ts'
import { DriverLoad, fakeDriver, outcomesOf } from '../support/driver-load.ts'

const GONE_WITHIN_MS = 20_000

function loadThrough(t: Test, manner: string, written: Record<string, unknown> = {}): DriverLoad {
  const load = new DriverLoad(t.testdir(), fakeDriver(manner), written)
  t.teardown(() => load.load.close())
  return load
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

/** The driver that does not obey, and its child. */
function childrenIn(log: string): number[] {
  const pids = (/children (\d+) (\d+)/.exec(log)?.slice(1) ?? []).map(Number)
  if (pids.length !== 2) throw new Error(`the driver has told of no children: ${log}`)
  return pids
}

/** The keeper of a driver. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

t.test('a driver that keeps to the protocol', async (t) => {
  const load = loadThrough(t, 'good')
  await load.open()
  const history = await load.run(100)
  t.strictSame(Object.keys(outcomesOf(history)), ['ok'])
  t.strictSame(load.seen, [
    { did: 'ready', name: 'fake', version: '1.2', can: ['transaction', 'replica-reads', 'fly'] },
  ])
  const start = JSON.parse(/^started (.*)$/m.exec(load.log)?.[1] ?? '')
  t.match(start, {
    type: 'start',
    protocol: 1,
    nodes: [{ name: 'redis-node0', host: 'localhost', port: 7010, peer: { host: '127.0.10.10', port: 7010 } }],
    ...{ clients: 4, timeoutMs: 1000, readFrom: 'master', options: { dial: 7 } },
  })
  t.equal(start.password, '***', 'its log keeps no secret')
})

t.test('transactions and reads from replicas need a driver that can', async (t) => {
  const able = loadThrough(t, 'good', { type: 'transaction', read_from: 'replica' })
  await able.open()
  t.strictSame(Object.keys(outcomesOf(await able.run(50))), ['ok'])
  const plain = loadThrough(t, 'plain', { type: 'transaction' })
  await t.rejects(plain.open(), {
    message: 'the workload needs transactions (MULTI … EXEC), which the driver of fake 1.2 cannot do',
    hint: 'Its hello says what it can: single commands to masters.',
  })
  await t.rejects(loadThrough(t, 'plain', { read_from: 'replica' }).open(), /needs reads from replicas/)
})

t.test('outcomes are recorded as the driver tells them', async (t) => {
  const ways = { failing: 'CLUSTERDOWN', vague: 'LOADING?', hanging: 'timeout?', late: 'timeout?' }
  for (const [manner, outcome] of Object.entries(ways)) {
    t.test(manner, async (t) => {
      const load = loadThrough(t, manner, { timeout: '100ms', rate: '100/s' })
      await load.open()
      const outcomes = outcomesOf(await load.run(40))
      t.equal(outcomes.ok, 20)
      t.ok((outcomes[outcome] ?? 0) > 0, JSON.stringify(outcomes))
      t.equal(load.seen.length, 1, 'that is no misdeed')
      const { count = 0, late = 0, operations = [], silent } = load.unended ?? {}
      if (manner === 'hanging') t.match(silent, { driver: 'fake 1.2', lastWords: /^started / })
      if (manner === 'failing') t.equal(silent, undefined, 'it has answered all')
      t.equal(count > 0, manner === 'hanging' || manner === 'late', `${count} were never ended`)
      t.equal(late > 0, manner === 'late', `${late} were ended late`)
      t.equal(operations.length, count)
    })
  }
})

t.test('what a driver may not do ends it, is told with its last words, and is no outcome of the servers', async (t) => {
  const misdeeds = {
    twice: /^answered operation \d+ twice$/,
    unasked: /^answered operation 10000\d\d, which it was never asked$/,
    nonsense: /^wrote what is no JSON: `Traceback \(most recent call last\):`$/,
    unknown: /^wrote what is no message of the protocol: `\{"type":"perhaps"/,
    short: /^gave 0 replies to operation \d+, which has 1 command$/,
    flooding: /^wrote more than 16 MB without an end of line$/,
    killed: /^was ended by SIGKILL$/,
    dying: /^ended with exit code 7$/,
  }
  for (const [manner, text] of Object.entries(misdeeds)) {
    t.test(manner, async (t) => {
      const load = loadThrough(t, manner)
      await load.open()
      const outcomes = outcomesOf(await load.run(60))
      const allowed = ['ok', 'unfinished?', 'unsent']
      t.ok(
        Object.keys(outcomes).every((name) => allowed.includes(name)),
        JSON.stringify(outcomes),
      )
      t.ok((outcomes.unsent ?? 0) > 0, 'nothing more was sent')
      t.match(load.seen[1], { did: 'misbehave', driver: 'fake 1.2', text })
      t.equal(load.seen.length, 2, 'it is told once')
      if (manner === 'dying') {
        t.match(load.seen[1], { lastWords: /out of luck \/ with the password \*\*\*$/ })
        t.notMatch(load.log, 'tell-nobody')
      }
    })
  }
})

t.test('a driver that reads nothing', async (t) => {
  const load = loadThrough(t, 'unread', { value_size: 1_000_000, mix: { write: 1 }, timeout: '50ms', rate: '100/s' })
  await load.open()
  const outcomes = outcomesOf(await load.run(60))
  t.ok(Object.keys(outcomes).every((name) => ['timeout?', 'unfinished?', 'unsent'].includes(name)))
  t.match(load.seen[1], { did: 'misbehave', text: /^reads nothing: 1\d MB wait for it on its stdin$/ })
})

t.test('a driver that begins a line and never ends it, and one that closes its stdout', async (t) => {
  const ways = {
    half: /^wrote a line that it did not end: `\{"type":"ok","id":21,/,
    'mute-later': /^closed its stdout$/,
  }
  for (const [manner, text] of Object.entries(ways)) {
    const load = loadThrough(t, manner, { timeout: '1.2s' })
    await load.open()
    await load.run(24)
    t.match(load.seen[1], { did: 'misbehave', driver: 'fake 1.2', text }, manner)
    t.equal(load.seen.length, 2, 'it is told once')
  }
})

t.test('a driver whose keeper is killed ends as well', async (t) => {
  const load = loadThrough(t, 'deaf')
  await load.open()
  const pids = childrenIn(load.log)
  process.kill(parentOf(pids[0] ?? 0), 'SIGKILL')
  await load.run(40)
  t.match(load.seen[1], { did: 'misbehave', text: 'ended, and nobody saw how' })
  await untilGone(pids)
})

t.test('a driver that does not get as far as the first operation', async (t) => {
  const missing = new DriverLoad(t.testdir(), { ...fakeDriver('good'), command: ['/nonexistent/driver'] })
  t.teardown(() => missing.load.close())
  await t.rejects(missing.open(), { message: /could not be started: spawn \/nonexistent\/driver ENOENT$/ })
  const refusals = {
    mute: 'the client driver ./fake-driver mute said no hello within 20 s',
    newer: 'the client driver ./fake-driver newer speaks protocol 2, and this redis-chaos speaks 1',
    unwilling: /^the client driver fake 1\.2 ended with exit code 3; it said: started \{/,
    'never-ready': /^the client driver fake 1\.2 was not ready within 20 s of its start; it said: /,
  }
  for (const [manner, message] of Object.entries(refusals)) {
    t.test(manner, async (t) => {
      const load = loadThrough(t, manner)
      await t.rejects(load.open(), { name: 'LoadRefused', message })
      t.equal(load.seen.length, 1)
    })
  }
})

t.test('nobody waits for a driver any more once the run is interrupted', async (t) => {
  for (const manner of ['mute', 'never-ready']) {
    const load = loadThrough(t, manner)
    const interruption = new AbortController()
    const reason = new Error('interrupted by SIGINT')
    const opened = load.load.open(load.request, interruption.signal)
    interruption.abort(reason)
    await t.rejects(opened, reason, manner)
    t.strictSame(await load.load.close(), [])
    t.strictSame(load.seen, [], 'that is no misdeed')
  }
})

t.test('a driver that ignores its end and SIGTERM is killed, with what it has started', async (t) => {
  const load = loadThrough(t, 'deaf')
  await load.open()
  const pids = childrenIn(load.log)
  await load.run(20)
  t.match(load.seen[1], { did: 'stay', text: 'fake 1.2 did not end when it was told to, and was ended with SIGKILL' })
  await untilGone(pids)
  const closed = loadThrough(t, 'deaf')
  await closed.open()
  const others = childrenIn(closed.log)
  await closed.load.close()
  t.notOk(existsSync(`/proc/${others[0]}`), 'nothing is left of it when the load is closed')
  await untilGone(others)
})

const linux = { skip: process.platform === 'linux' ? false : 'only Linux shows the environment of processes' }

t.test('what a driver has started in a session of its own ends with it', linux, async (t) => {
  const load = loadThrough(t, 'straying')
  await load.open()
  const pids = childrenIn(load.log)
  t.ok(
    pids.every((pid) => lookAt(pid) !== undefined),
    'it runs',
  )
  await load.run(20)
  t.strictSame(load.seen.length, 1, 'the driver itself obeys')
  await untilGone(pids)
})

t.test('a driver ends with the runner, however that ends', async (t) => {
  const ways = [
    ['SIGKILL', 'deaf'],
    ['SIGTERM', 'deaf'],
    ...(process.platform === 'linux' ? ([['SIGKILL', 'straying']] as const) : []),
  ] as const
  for (const [signal, manner] of ways) {
    t.test(`${signal}, ${manner}`, async (t) => {
      const folder = t.testdir()
      const program = path.join(import.meta.dirname, 'hold-driver.ts')
      const runner = spawn(process.execPath, ['--import=tsx', program, folder, `mark-${process.pid}`, manner], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.teardown(() => runner.kill('SIGKILL'))
      await once(runner.stdout, 'data')
      const pids = childrenIn(readFileSync(path.join(folder, 'app.driver.log'), 'utf8'))
      t.ok(
        pids.every((pid) => lookAt(pid) !== undefined),
        'it runs',
      )
      runner.kill(signal)
      await untilGone(pids)
    })
  }
})
