import t from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import { liveReporter } from '../../runner/report/live.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failingRun, passingRun, repeatedRun, SAMPLES, step, Tape } from '../support/sample-events.ts'
import { FakeTerminal } from '../support/terminal.ts'

function watch(terminal: FakeTerminal, env: Record<string, string> = {}) {
  const clock = new FakeClock(0)
  return { clock, reporter: liveReporter({ stream: terminal, env, clock }) }
}

/**
 * Runs `body` and returns how many of the timers that it started still run: timers that do not hold the process too.
 */
function timersLeft(body: () => void): number {
  const real = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval }
  const running = new Set<unknown>()
  globalThis.setInterval = ((handler: () => void, everyMs: number) => {
    const timer = real.setInterval(handler, everyMs)
    running.add(timer)
    return timer
  }) as typeof setInterval
  globalThis.clearInterval = (timer) => {
    running.delete(timer)
    real.clearInterval(timer)
  }
  try {
    body()
  } finally {
    Object.assign(globalThis, real)
  }
  return running.size
}

t.test('on a terminal: finished steps stay, the running one shows its time, its limit and what it sees', async (t) => {
  const terminal = new FakeTerminal()
  const { clock, reporter } = watch(terminal)
  t.teardown(() => reporter.close())
  for (const event of passingRun()) {
    clock.ms = event.atMs
    reporter.onEvent(event)
    if (event.type === 'step-progress') break
  }
  t.strictSame(terminal.screen.slice(-2), [
    '  ✔ 3 stop redis-node0  341 ms',
    '  ⠋ 4 redis-node1 is master  4.0 s of 15 s  redis-node1 is a replica, its link…',
  ])
  t.notOk(terminal.cursorShown)
})

t.test('news that are to stay have a line, on a terminal and in a log', async (t) => {
  const text = 'making new servers: redis-node0 is stopped'
  for (const isTTY of [true, false]) {
    const terminal = new FakeTerminal({ isTTY })
    const { reporter } = watch(terminal)
    t.teardown(() => reporter.close())
    for (const event of passingRun()) {
      if (event.type === 'cluster-ready')
        reporter.onEvent({ atMs: 1, type: 'progress', scenario: 0, text, stays: true })
      reporter.onEvent(event)
    }
    reporter.close()
    t.equal(terminal.screen.filter((line) => line.includes(text)).length, 1)
  }
})

t.test('the end leaves only what stays, the cursor, no timer and no listener', async (t) => {
  for (const [name, events] of Object.entries(SAMPLES)) {
    const listeners = process.listenerCount('exit')
    const terminal = new FakeTerminal()
    const left = timersLeft(() => {
      const { reporter } = watch(terminal)
      for (const event of events()) reporter.onEvent(event)
      reporter.close()
      reporter.close()
    })
    t.ok(terminal.cursorShown, `${name}: cursor`)
    t.notMatch(terminal.screen.join('\n'), /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, `${name}: view taken away`)
    t.equal(left, 0, `${name}: no timer`)
    t.equal(process.listenerCount('exit'), listeners, `${name}: no listener`)
  }
})

t.test('when the process ends in the middle, the cursor comes back', async (t) => {
  const terminal = new FakeTerminal()
  const { reporter } = watch(terminal)
  t.teardown(() => reporter.close())
  const before = new Set(process.listeners('exit'))
  reporter.onEvent({ atMs: 0, type: 'progress', text: 'building the image' })
  t.notOk(terminal.cursorShown)
  for (const listener of process.listeners('exit')) if (!before.has(listener)) listener(1)
  t.ok(terminal.cursorShown)
})

t.test('it redraws by itself', async (t) => {
  const terminal = new FakeTerminal()
  const { clock, reporter } = watch(terminal)
  t.teardown(() => reporter.close())
  reporter.onEvent({ atMs: 0, type: 'progress', text: 'building the image' })
  t.strictSame(terminal.screen, ['  ⠋ building the image  0.0 s'])
  clock.ms = 1200
  const until = performance.now() + 10_000
  while (!terminal.screen.join().includes('1.2 s') && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.strictSame(terminal.screen, ['  ⠹ building the image  1.2 s'])
})

t.test('many steps at once keep to a few lines, none wider than the terminal', async (t) => {
  const terminal = new FakeTerminal({ columns: 60 })
  const { reporter } = watch(terminal)
  t.teardown(() => reporter.close())
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [])
  for (let index = 1; index <= 20; index += 1)
    tape.started(step(`1.${index}`, 'stop', 'stop a node '.repeat(9), 3), 5000)
  for (const event of tape.events) reporter.onEvent(event)
  const view = terminal.screen.slice(1)
  t.equal(view.length, 8)
  t.equal(view.at(-1), '  … and 13 more')
  t.ok(view.every((line) => line.length < 60))
})

t.test('elsewhere: plain lines, one for each step, no control sequence', async (t) => {
  const terminal = new FakeTerminal({ isTTY: false })
  const { reporter } = watch(terminal)
  for (const event of failingRun()) reporter.onEvent(event)
  reporter.close()
  t.strictSame(terminal.written.split('\n'), [
    'failover-basic: A stopped master is replaced by its replica and no write is lost (seed 42)',
    '  image redis-cluster is up to date',
    '  6 containers created',
    '  6 servers answer, forming 3 shards',
    '  ✔ cluster ready: redis 7.0.15, 3 shards of 1 master and 1 replica  3.54 s',
    '  ✔ 1 victim is the master of key aa, heir is the replica of $victim  3.2 ms, victim is redis-node0, heir is redis-node1',
    '  ✔ 2 write 1000 keys over all shards as orders  212 ms, 1000 keys written: 334, 331 and 335 a shard',
    '  ✔ 3 stop redis-node0  341 ms',
    '  ✖ failed 4 redis-node1 is master  15.01 s',
    '      redis-node1 was expected to be master within 15 s, but it stayed a replica.',
    '',
    '',
  ])
})

/** Feeds `events` at their times, and returns the lines that stay. */
function told(events: readonly RunEvent[]): string[] {
  const terminal = new FakeTerminal({ isTTY: false })
  const { clock, reporter } = watch(terminal)
  for (const event of events) {
    clock.ms = event.atMs
    reporter.onEvent(event)
  }
  reporter.close()
  return terminal.screen.slice(1)
}

t.test('a step that takes long tells what it sees, after a short silence and now and then', (t) => {
  const waiting = step('1', 'expect', 'redis-node1 is master', 3)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [waiting]).started(waiting, 60_000)
  for (let second = 1; second <= 25; second += 1) {
    tape.add({ type: 'step-progress', scenario: 0, index: 0, text: `look ${second}` }, 1000)
  }
  t.strictSame(told(tape.events), [
    '  … 1 redis-node1 is master: look 2 (after 2.00 s)',
    '  … 1 redis-node1 is master: look 12 (after 12.00 s)',
    '  … 1 redis-node1 is master: look 22 (after 22.00 s)',
  ])
  t.end()
})

t.test('of steps at the same time one is told, and the others are counted', (t) => {
  const outer = step('1', 'parallel', 'at the same time: 3 steps', 3)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [outer]).started(outer)
  for (const path of ['1.1', '1.2', '1.3']) tape.started(step(path, 'wait', 'wait 20s', 4))
  tape.add({ type: 'warning', scenario: 0, text: 'nobody waits' }, 1999)
  tape.add({ type: 'step-progress', scenario: 0, index: 9, text: 'nothing' }, 2500)
  t.strictSame(told(tape.events), ['  warning: nobody waits', '  … 1.1 wait 20s, and 2 more beside it (after 4.50 s)'])
  t.end()
})

t.test('a cluster of several servers is told with all of them', (t) => {
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [])
  const [old, later] = ['redis 6.0.16', 'redis 8.0.2'].map((server, index) => ({
    ...{
      name: `redis-node${index}`,
      server,
      address: `localhost:${7010 + index}`,
      port: 7010 + index,
      shard: 1,
      role: 'master' as const,
    },
  }))
  if (!old || !later) throw new Error('there are no nodes')
  const cluster = { shards: 1, replicas: 1, config: {}, nodes: [old, later] }
  tape.add({ type: 'cluster-ready', scenario: 0, cluster, server: 'redis 7.0.15', setupMs: 5 }, 5)
  t.match(told(tape.events)[0], /cluster ready: redis 6\.0\.16 on redis-node0, redis 8\.0\.2 on redis-node1, 1 shard/)
  t.end()
})

t.test('what comes after the steps has a word only if it takes long', (t) => {
  const only = step('1', 'stop', 'stop redis-node0', 3)
  const tape = new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [only])
  const cluster = { shards: 1, replicas: 1, config: {}, nodes: [] }
  tape.add({ type: 'cluster-ready', scenario: 0, cluster, server: 'redis 7.0.15', setupMs: 5 }, 5)
  tape.played(only, 5)
  tape.add({ type: 'progress', scenario: 0, text: 'reading orders back' }, 1)
  tape.add({ type: 'progress', scenario: 0, text: 'comparing replicas with their masters' }, 1)
  tape.add({ type: 'warning', text: 'something else' }, 1000)
  tape.add({ type: 'progress', scenario: 0, text: 'removing the servers' }, 3000)
  t.strictSame(told(tape.events), [
    '  ✔ cluster ready: redis 7.0.15, 1 shard of 1 master and 1 replica  5 ms',
    '  ✔ 1 stop redis-node0  5 ms',
    '  warning: something else',
    '  … removing the servers (after 4.00 s)',
  ])
  t.end()
})

t.test('without an event, a clock that goes on breaks the silence', async (t) => {
  const terminal = new FakeTerminal({ isTTY: false })
  const { clock, reporter } = watch(terminal)
  t.teardown(() => reporter.close())
  const waiting = step('1', 'wait', 'wait 60s', 3)
  for (const event of new Tape().runStarted('x').scenarioStarted(0, 'x', 'x', [waiting]).started(waiting).events)
    reporter.onEvent(event)
  clock.ms = 2500
  const until = performance.now() + 10_000
  while (!terminal.written.includes('… 1 wait 60s (after 2.50 s)') && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.match(terminal.written, '… 1 wait 60s (after 2.50 s)')
})

t.test('on a terminal what passed has one line, and a failure is whole', (t) => {
  const terminal = new FakeTerminal({ columns: 60 })
  const { reporter } = watch(terminal, { NO_COLOR: '1' })
  const long = 'a word too many '.repeat(8).trim()
  const tape = new Tape().runStarted('x', 2).scenarioStarted(0, 'x', 'x', [])
  tape.played(step('1', 'write', 'write 10 keys', 3), 5, { note: long })
  tape.played(step('2', 'stop', 'stop', 3), 5, { verdict: 'failed', error: { message: long } })
  for (const event of tape.events) reporter.onEvent(event)
  reporter.close()
  t.match(terminal.written, /✔ 1 write 10 keys {2}5 ms, a word too many a word too many…\n/)
  t.match(terminal.written, `      ${long}\n`)
  t.end()
})

t.test('a thousand rounds do not fill the log', async (t) => {
  const terminal = new FakeTerminal({ isTTY: false })
  const { reporter } = watch(terminal)
  for (const event of repeatedRun(1000)) reporter.onEvent(event)
  t.ok(terminal.screen.length < 30, `${terminal.screen.length} lines`)
})

t.test('color: on terminals, when forced, and not against NO_COLOR', async (t) => {
  const isColored = (isTTY: boolean, env: Record<string, string>) => {
    const terminal = new FakeTerminal({ isTTY })
    const { reporter } = watch(terminal, env)
    for (const event of passingRun()) reporter.onEvent(event)
    reporter.close()
    return terminal.written.includes('\u001b[32m')
  }
  t.equal(isColored(true, {}), true)
  t.equal(isColored(true, { NO_COLOR: '1' }), false)
  t.equal(isColored(false, {}), false)
  t.equal(isColored(false, { FORCE_COLOR: '1' }), true)
})

t.test('scenarios played side by side are told apart', async (t) => {
  const terminal = new FakeTerminal({ isTTY: false })
  const { reporter } = watch(terminal)
  const tape = new Tape().runStarted('x', 2).scenarioStarted(0, 'one', 'One', []).scenarioStarted(1, 'two', 'Two', [])
  tape.played(step('1', 'stop', 'stop redis-node0', 3), 5, {}, 1)
  for (const event of tape.events) reporter.onEvent(event)
  t.equal(terminal.screen.at(-1), '[two]   ✔ 1 stop redis-node0  5 ms')
})

t.test('on lanes each scenario is told as a whole, when it has ended', async (t) => {
  for (const isTTY of [false, true]) {
    const terminal = new FakeTerminal({ isTTY })
    const { reporter } = watch(terminal)
    t.teardown(() => reporter.close())
    const tape = new Tape().runStarted('x', 3, 2)
    tape.scenarioStarted(0, 'one', 'One', []).scenarioStarted(1, 'two', 'Two', [])
    tape.played(step('1', 'stop', 'stop redis-node0', 3), 5, {}, 0).played(step('1', 'wait', 'wait 1s', 3), 5, {}, 1)
    tape.add({ type: 'warning', scenario: 0, text: 'of one' })
    tape.add({ type: 'scenario-ended', scenario: 1, verdict: 'passed', durationMs: 10, setupMs: 1, cleanupMs: 1 })
    tape.scenarioStarted(2, 'three', 'Three', [])
    for (const event of tape.events) reporter.onEvent(event)
    const told = () => terminal.screen.filter((line) => /^(one|two|three):|✔|warning|\[/.test(line))
    const two = ['two: Two (seed 42, 2 of 3)', '  ✔ 1 wait 1s  5 ms', '✔ two passed in 10 ms']
    t.strictSame(told().slice(0, 3), two, 'the other has not ended')
    reporter.close()
    const rest = ['one: One (seed 42, 1 of 3)', '  ✔ 1 stop redis-node0  5 ms', '  warning: of one']
    t.strictSame(told(), [...two, ...rest, 'three: Three (seed 42, 3 of 3)'], 'what breaks off is told at the end')
  }
})
