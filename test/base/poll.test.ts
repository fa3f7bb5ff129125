import t from 'tap'
import { type Look, poll } from '../../runner/base/poll.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** Looks that see the condition hold in the given spans of time, from the clock's start. */
function holdsDuring(clock: FakeClock, spans: readonly (readonly [fromMs: number, toMs: number])[], lookMs = 0) {
  const startMs = clock.ms
  return async (): Promise<Look> => {
    const atMs = clock.ms - startMs
    clock.ms += lookMs
    return { ok: spans.some(([from, to]) => atMs >= from && atMs < to), seen: `looked at ${atMs}` }
  }
}

t.test('true at once: one look, no sleep', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, [[0, 1e9]]), { clock, withinMs: 5000, everyMs: 20 })
  t.strictSame(result, { ok: true, attempts: 1, elapsedMs: 0, lastSeen: 'looked at 0', trueAfterMs: 0 })
  t.strictSame(clock.sleeps, [])
})

t.test('becomes true later', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, [[95, 1e9]]), { clock, withinMs: 5000, everyMs: 20 })
  t.strictSame(result, { ok: true, attempts: 6, elapsedMs: 100, lastSeen: 'looked at 100', trueAfterMs: 100 })
})

t.test('without a limit it looks once', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, []), { clock, withinMs: 0, everyMs: 20 })
  t.strictSame(result, { ok: false, attempts: 1, elapsedMs: 0, lastSeen: 'looked at 0' })
})

t.test('the last look is at the deadline, not a pause later', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, [[110, 1e9]]), { clock, withinMs: 100, everyMs: 60 })
  t.strictSame(result, { ok: false, attempts: 3, elapsedMs: 100, lastSeen: 'looked at 100' })
})

t.test('what holds at the deadline passes', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, [[95, 1e9]]), { clock, withinMs: 100, everyMs: 60 })
  t.match(result, { ok: true, trueAfterMs: 100 })
})

t.test('must hold for a time', async (t) => {
  const clock = new FakeClock()
  const options = { clock, withinMs: 1000, forMs: 50, everyMs: 20 }
  t.match(await poll(holdsDuring(clock, [[40, 1e9]]), options), { ok: true, trueAfterMs: 40, elapsedMs: 90 })
})

t.test('a break while it has to hold is not ok, and says when', async (t) => {
  const clock = new FakeClock()
  const options = { clock, withinMs: 1000, forMs: 100, everyMs: 20 }
  const result = await poll(
    holdsDuring(clock, [
      [40, 75],
      [90, 1e9],
    ]),
    options,
  )
  t.match(result, { ok: false, trueAfterMs: 40, brokeAfterMs: 40, lastSeen: 'looked at 80' })
})

t.test('holding is counted from the end of the first true look to the start of the last', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, [[0, 1e9]], 30), { clock, withinMs: 0, forMs: 50, everyMs: 20 })
  t.match(result, { ok: true, trueAfterMs: 30, elapsedMs: 110 })
})

t.test('aborting rejects with the reason; so does a look that throws', async (t) => {
  const clock = new FakeClock()
  const controller = new AbortController()
  const look = async () => {
    controller.abort(new Error('interrupted'))
    return { ok: false, seen: '' }
  }
  await t.rejects(poll(look, { clock, signal: controller.signal, withinMs: 100, everyMs: 10 }), {
    message: 'interrupted',
  })
  const broken = async () => {
    throw new Error('no such node')
  }
  await t.rejects(poll(broken, { clock, withinMs: 100, everyMs: 10 }), { message: 'no such node' })
})
