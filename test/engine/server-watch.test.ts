import t from 'tap'
import { ServerWatch } from '../../runner/engine/server-watch.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import type { NodeState } from '../../runner/platforms/platform.ts'
import type { Recorder } from '../../runner/record/event-log.ts'
import type { EventBody } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeGroup } from '../support/fake-group.ts'

const NODE = 'redis-node0'

/** A watch of two servers whose states are set by hand, and what it records. */
function watching() {
  const clock = new FakeClock(1000)
  const group = new FakeGroup(2)
  const events: EventBody[] = []
  const states = new Map<string, () => Promise<NodeState>>()
  group.state = (node) => states.get(node)?.() ?? Promise.resolve({ status: 'running', text: 'it runs' })
  const recorder = {
    record: (event: EventBody) => events.push(event),
    timeOf: (nowMs: number) => nowMs - 1000,
  } as unknown as Recorder
  const watch = new ServerWatch({ recorder, clock, scenario: 0 })
  watch.start(group)
  const log = (text: string) => watch.readLine(NODE, { wallMs: 0, text })
  return { watch, events, states, clock, log }
}

const GONE: NodeState = { status: 'stopped', exitCode: 139, text: 'process was killed by SIGSEGV' }
const BEGINS = '23501:C 24 Nov 2026 14:36:06.612 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo'

/** The lines by which servers tell of a crash, as they were seen. */
const TOLD = {
  'crash report': [
    '=== REDIS BUG REPORT START: Cut & paste starting from here ===',
    '=== VALKEY BUG REPORT START: Cut & paste starting from here ===',
    'Redis 6.0.16 crashed by signal: 11',
  ],
  assertion: [
    '=== ASSERTION FAILED ===',
    "==> cluster.c:5103 'n->numslots == 0' is not true",
    'redis-server: zmalloc.c:80: Assertion failed: ptr',
  ],
  panic: ['!!! Software Failure. Press left mouse button to continue', 'Guru Meditation: "Unknown" #debug.c:100'],
  sanitizer: [
    '==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010',
    'dict.c:120:5: runtime error: signed integer overflow',
  ],
  valgrind: ['==123== Invalid read of size 8', '==123== Conditional jump or move depends on uninitialised value(s)'],
} as const

for (const [kind, lines] of Object.entries(TOLD)) {
  for (const line of lines) {
    t.test(`${kind}: ${line}`, async (t) => {
      const { watch, events, log } = watching()
      log(`23501:M 24 Nov 2026 14:36:06.612 # ${line}`)
      log('a line of the report')
      watch.stop()
      t.match(events, [{ type: 'alarm-seen', node: NODE, kind, seenMs: 0, lines: [line, 'a line of the report'] }])
    })
  }
}

t.test('what every server logs is no alarm', async (t) => {
  const { watch, events, log } = watching()
  log(BEGINS)
  log('23501:M 24 Nov 2026 14:36:06.612 # Cluster state changed: fail')
  log('23501:signal-handler (1763994966) Received SIGTERM scheduling shutdown...')
  watch.stop()
  t.strictSame(events, [])
})

t.test('of a report the head is kept, and what comes long after it is not part of it', async (t) => {
  const { watch, events, log, clock } = watching()
  log('=== REDIS BUG REPORT START: Cut & paste starting from here ===')
  for (let line = 1; line < 20; line += 1) log(`line ${line}`)
  clock.ms += 10_000
  log('=== ASSERTION FAILED ===')
  watch.stop()
  t.equal(events.length, 2)
  t.match(events[0], { kind: 'crash report', lines: { length: 8 } })
  t.match(events[1], { kind: 'assertion', lines: ['=== ASSERTION FAILED ==='] })
})

t.test('an end that nobody asked for is recorded once, with the last lines of the log', async (t) => {
  const { watch, events, states, log } = watching()
  log('the last line')
  states.set(NODE, async () => GONE)
  watch.onSilence(NODE)
  t.strictSame(await watch.lookAtAll(), { absent: [NODE], frozen: [] }, 'a look that is under way counts')
  t.strictSame(await watch.lookAtAll(), { absent: [NODE], frozen: [] })
  t.match(events, [{ type: 'server-ended', node: NODE, text: GONE.text, exitCode: 139, lastLines: ['the last line'] }])
  t.equal(events.length, 1)
})

t.test('an end that the run brought about is no news', async (t) => {
  for (const action of ['stop', 'kill', 'restart'] as const) {
    const { watch, events, states } = watching()
    await watch.onBegin(action, NODE)
    states.set(NODE, async () => GONE)
    t.strictSame(await watch.lookAtAll(), { absent: [NODE], frozen: [] })
    t.strictSame(events, [])
  }
})

t.test(
  'an end that nobody asked for is recorded, though a step starts the server before anyone has looked',
  async (t) => {
    for (const action of ['start', 'restart'] as const) {
      const { watch, events, states } = watching()
      states.set(NODE, async () => GONE)
      await watch.onBegin(action, NODE)
      states.delete(NODE)
      watch.onDone(action, NODE)
      t.strictSame(await watch.lookAtAll(), { absent: [], frozen: [] })
      t.match(events, [{ type: 'server-ended', node: NODE, text: GONE.text }])
      t.equal(events.length, 1)
    }
  },
)

t.test('a frozen server is absent only while a step has it paused', async (t) => {
  const { watch, events, states } = watching()
  states.set(NODE, async () => ({ status: 'paused', text: 'process is paused' }))
  t.strictSame(await watch.lookAtAll(), { absent: [], frozen: [NODE] }, 'nobody paused it')
  await watch.onBegin('pause', NODE)
  watch.onDone('pause', NODE)
  t.strictSame(await watch.lookAtAll(), { absent: [NODE], frozen: [] }, 'a step did')
  for (const action of ['unpause', 'restart', 'kill', 'start'] as const) {
    await watch.onBegin(action, NODE)
    watch.onDone(action, NODE)
    t.strictSame(await watch.lookAtAll(), { absent: [], frozen: [NODE] }, `${action} has undone it`)
    await watch.onBegin('pause', NODE)
    watch.onDone('pause', NODE)
  }
  t.strictSame(events, [])
})

t.test('what was looked up before the run did something is out of date', async (t) => {
  const { watch, events, states } = watching()
  await watch.onBegin('stop', NODE)
  watch.onDone('stop', NODE)
  let answer: (state: NodeState) => void = () => undefined
  states.set(NODE, () => new Promise((resolve) => (answer = resolve)))
  const look = watch.lookAtAll()
  await watch.onBegin('start', NODE)
  watch.onDone('start', NODE)
  answer(GONE)
  t.strictSame(await look, { absent: [], frozen: [] })
  t.strictSame(events, [])
})

t.test('a server begins as often as it is started; once more is news', async (t) => {
  const { watch, events, log } = watching()
  log(BEGINS)
  await watch.onBegin('restart', NODE)
  watch.onDone('restart', NODE)
  log(BEGINS)
  t.strictSame(events, [])
  log(BEGINS)
  t.match(events, [{ type: 'server-started', node: NODE }])
})

t.test('a server that is meant to refuse to start raises no alarm, however late its log is read', async (t) => {
  const { watch, events, states, log } = watching()
  const refusal = 'Unrecoverable error reading the append only file appendonly.aof.2.base.rdb: Invalid argument'
  log(BEGINS)
  await watch.onBegin('stop', NODE)
  watch.onDone('stop', NODE)
  await watch.onBegin('start in vain', NODE)
  watch.onDone('start in vain', NODE)
  states.set(NODE, async () => GONE)
  t.strictSame(await watch.lookAtAll(), { absent: [NODE], frozen: [] })
  await watch.onBegin('start', NODE)
  watch.onDone('start', NODE)
  for (const line of [BEGINS, refusal, BEGINS]) log(line)
  t.strictSame(events, [])
  log(refusal)
  watch.stop()
  t.match(events, [{ type: 'alarm-seen', kind: 'fatal error' }], 'the life after it is watched as any')
})

t.test('a platform that does not answer says nothing of its servers', async (t) => {
  const { watch, events, states } = watching()
  states.set(NODE, async () => {
    throw new PlatformError('the engine does not answer')
  })
  t.strictSame(await watch.lookAtAll(), { absent: [], frozen: [] })
  t.strictSame(events, [])
})
