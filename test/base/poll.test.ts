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

/** Looks as `holdsDuring`, but at the first look at or after `atMs` the runner stands still for so long. */
function stallsAt(clock: FakeClock, atMs: number, stallMs: number, look: () => Promise<Look>) {
  const startMs = clock.ms
  return async (): Promise<Look> => {
    if (clock.stalls.length === 0 && clock.ms - startMs >= atMs) clock.standStill(stallMs)
    return look()
  }
}

t.test('a stall does not count towards the limit', async (t) => {
  const clock = new FakeClock()
  const look = stallsAt(clock, 40, 12_000, holdsDuring(clock, [[12_090, 1e9]]))
  const result = await poll(look, { clock, withinMs: 10_000, everyMs: 20 })
  t.match(result, { ok: true, trueAfterMs: 100, elapsedMs: 100 })
  t.strictSame(result.blind, { fromMs: 1040, toMs: 13_040 }, 'and is told, where the limit would be over with it')
})

t.test('a stall that changes nothing is not told', async (t) => {
  const clock = new FakeClock()
  const look = stallsAt(clock, 40, 3000, holdsDuring(clock, [[3090, 1e9]]))
  const result = await poll(look, { clock, withinMs: 10_000, everyMs: 20 })
  t.match(result, { ok: true })
  t.notOk(result.blind)
})

t.test('what never comes is waited for as long as without the stall', async (t) => {
  const clock = new FakeClock()
  const look = stallsAt(clock, 40, 12_000, holdsDuring(clock, []))
  t.match(await poll(look, { clock, withinMs: 100, everyMs: 20 }), { ok: false, elapsedMs: 100 })
  t.equal(clock.ms, 1000 + 12_100)
})

t.test('a hold in which nobody looked for too long is no hold', async (t) => {
  const clock = new FakeClock()
  const look = stallsAt(clock, 3000, 8000, holdsDuring(clock, [[0, 1e9]]))
  const result = await poll(look, { clock, withinMs: 0, forMs: 8000, everyMs: 20 })
  t.match(result, { ok: false, blind: { fromMs: 4000, toMs: 12_000 } })
  t.equal(result.brokeAfterMs, undefined)
})

t.test('where there is time, it begins anew', async (t) => {
  const clock = new FakeClock()
  const look = stallsAt(clock, 3000, 8000, holdsDuring(clock, [[0, 1e9]]))
  const result = await poll(look, { clock, withinMs: 20_000, forMs: 8000, everyMs: 20 })
  t.match(result, { ok: true, heldFromMs: 12_000 })
  t.equal(clock.ms, 20_000)
})

t.test('a break that came with a stall is a break', async (t) => {
  const clock = new FakeClock()
  const look = stallsAt(clock, 3000, 8000, holdsDuring(clock, [[0, 5000]]))
  const result = await poll(look, { clock, withinMs: 20_000, forMs: 8000, everyMs: 20 })
  t.match(result, { ok: false, trueAfterMs: 0 })
  t.notOk(result.blind)
})

t.test('a short stall breaks no hold, nor does a server that is slow to answer', async (t) => {
  const clock = new FakeClock()
  const short = stallsAt(clock, 3000, 900, holdsDuring(clock, [[0, 1e9]]))
  t.match(await poll(short, { clock, withinMs: 0, forMs: 8000, everyMs: 20 }), { ok: true, heldFromMs: 1000 })
  const slow = holdsDuring(clock, [[0, 1e9]], 2000)
  t.match(await poll(slow, { clock, withinMs: 0, forMs: 8000, everyMs: 20 }), { ok: true })
})

t.test('looks too far apart show no hold, whatever kept them', async (t) => {
  const clock = new FakeClock()
  const result = await poll(holdsDuring(clock, [[0, 1e9]]), { clock, withinMs: 0, forMs: 8000, everyMs: 1500 })
  t.match(result, { ok: false, blind: { fromMs: 1000, toMs: 2500 } })
})
