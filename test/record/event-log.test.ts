import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EventLogError, Recorder, readEvents } from '../../runner/record/event-log.ts'
import type { RunEvent } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { failingRun } from '../support/sample-events.ts'

t.test('events are stamped, redacted, written at once, and handed on', async (t) => {
  const file = join(t.testdir({}), 'events.jsonl')
  const clock = new FakeClock(5000)
  const recorder = new Recorder({ file, clock, secrets: ['ericsdad'] })
  const heard: RunEvent[] = []
  const unsubscribe = recorder.subscribe((event) => heard.push(event))
  clock.ms += 12.5
  recorder.record({ type: 'progress', text: 'AUTH ericsdad' })
  const first = { atMs: 12.5, type: 'progress' as const, text: 'AUTH ***' }
  t.equal(readFileSync(file, 'utf8'), `${JSON.stringify(first)}\n`, 'on disk before anything else happens')
  t.strictSame(heard, [first])
  unsubscribe()
  const second = recorder.record({ type: 'warning', text: 'on its own' })
  t.equal(heard.length, 1)
  recorder.close()
  recorder.close()
  t.strictSame(readEvents(file), [first, second])
  t.throws(() => recorder.record({ type: 'warning', text: 'late' }), EventLogError)
})

t.test('a password that is a word of the format does not break it', async (t) => {
  const file = join(t.testdir({}), 'events.jsonl')
  const recorder = new Recorder({ file, clock: new FakeClock(), secrets: ['pass', 'run', 'failed'] })
  const event = recorder.record({ type: 'run-ended', verdict: 'failed', exitCode: 1, durationMs: 1, folder: 'pass' })
  t.match(event, { type: 'run-ended', verdict: 'failed', folder: '***' })
  recorder.close()
})

t.test('a name may be any, also one that every object has', async (t) => {
  const file = join(t.testdir({}), 'events.jsonl')
  const recorder = new Recorder({ file, clock: new FakeClock(), secrets: ['ericsdad'] })
  const sizes = { constructor: 'ericsdad', toString: 'x', hasOwnProperty: 'y' }
  const [started] = failingRun().filter((event) => event.type === 'scenario-started')
  if (started === undefined) throw new Error('the sample has no scenario')
  const { atMs: _, ...body } = started
  t.match(recorder.record({ ...body, params: sizes }), { params: { ...sizes, constructor: '***' } })
  recorder.close()
})

t.test('nor are the fixed words of what is seen of failovers; the log line is hidden as any text', async (t) => {
  const file = join(t.testdir({}), 'events.jsonl')
  const recorder = new Recorder({ file, clock: new FakeClock(), secrets: ['election', 'ok', 'fail', 'seen'] })
  const told = { scenario: 0, node: 'n', seenMs: 1, errorMs: 1, text: 'election won', state: 'ok' }
  const event = recorder.record({ type: 'failover-seen', moment: 'election won', ...told })
  t.match(event, { type: 'failover-seen', moment: 'election won', state: 'ok', text: '*** won' })
  const view = [{ name: 'n', role: 'master', slots: '', failing: 'fail' } as const]
  t.match(recorder.record({ type: 'view-seen', scenario: 0, node: 'n', afterMs: 1, seenMs: 2, view }), { view })
  recorder.close()
})

t.test('a moment of the clock on the clock of the events', async (t) => {
  const clock = new FakeClock(5000)
  const recorder = new Recorder({ file: join(t.testdir({}), 'events.jsonl'), clock, secrets: [] })
  clock.ms += 250
  t.equal(recorder.timeOf(clock.nowMs()), 250)
  t.equal(recorder.record({ type: 'progress', text: 'x' }).atMs, recorder.timeOf(clock.nowMs()))
  recorder.close()
})

t.test('a listener that throws is switched off and told of; the others hear on', async (t) => {
  const file = join(t.testdir({}), 'events.jsonl')
  const recorder = new Recorder({ file, clock: new FakeClock(), secrets: [] })
  const heard: string[] = []
  recorder.subscribe(() => {
    throw new Error('boom')
  })
  recorder.subscribe((event) => heard.push(event.type === 'run-started' ? '' : JSON.stringify(event)))
  recorder.record({ type: 'progress', text: 'one' })
  recorder.record({ type: 'progress', text: 'two' })
  recorder.close()
  t.equal(heard.length, 3)
  t.match(heard.join(), 'A reporter failed and was switched off: boom')
})

t.test(
  'a disk that is full: the run goes on, listeners are told, close throws',
  { skip: !existsSync('/dev/full') },
  async (t) => {
    const recorder = new Recorder({ file: '/dev/full', clock: new FakeClock(), secrets: [] })
    const heard: RunEvent[] = []
    recorder.subscribe((event) => heard.push(event))
    recorder.record({ type: 'progress', text: 'one' })
    recorder.record({ type: 'progress', text: 'two' })
    t.strictSame(
      heard.map(({ type }) => type),
      ['progress', 'warning', 'progress'],
    )
    t.throws(() => recorder.close(), { name: 'EventLogError', message: /cannot be written \(no space is left there/ })
  },
)

t.test('a folder that is not there', async (t) => {
  const file = join(t.testdir({}), 'nowhere', 'events.jsonl')
  t.throws(() => new Recorder({ file, clock: new FakeClock(), secrets: [] }), { name: 'EventLogError' })
  t.throws(() => readEvents(file), { name: 'EventLogError', message: /cannot be read/ })
})

t.test('reading back: a torn last line is left out, a torn line before is an error', async (t) => {
  const file = join(t.testdir({}), 'events.jsonl')
  const events = failingRun()
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  t.strictSame(readEvents(file), events)
  appendFileSync(file, '{"atMs":20000,"type":"war')
  t.strictSame(readEvents(file), events)
  appendFileSync(file, '\n{"atMs":20001,"type":"warning","text":""}\n')
  t.throws(() => readEvents(file), {
    message: `${file}, line ${events.length + 1}: expected an event as one JSON object, found: {"atMs":20000,"type":"war`,
  })
})

t.test('a log of a newer version is refused', async (t) => {
  const file = join(t.testdir({ 'events.jsonl': '{"atMs":0,"type":"run-started","version":99}\n' }), 'events.jsonl')
  t.throws(() => readEvents(file), { message: /version 99 .* reads up to 1: use a newer runner/ })
})
