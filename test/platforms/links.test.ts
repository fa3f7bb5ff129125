import fc from 'fast-check'
import t from 'tap'
import type { Impairment, LinkFault } from '../../runner/platforms/faults.ts'
import { name, newStand, type Opened } from './link-stand.ts'

/** Long enough to see that nothing comes. */
const SILENCE_MS = 150

const silence = () => new Promise((resolve) => setTimeout(resolve, SILENCE_MS))

function fault(from: number, to: number, what: Partial<LinkFault>): LinkFault {
  return { from: name(from), to: name(to), channel: 'all', ...what }
}

async function roundTripMs({ near, far }: Opened): Promise<number> {
  const startMs = performance.now()
  near.say('question')
  await far.take(8)
  far.say('answer')
  await near.take(6)
  return performance.now() - startMs
}

t.test('without faults: all that a connection can say and do', async (t) => {
  const stand = await newStand(t)
  const { near, far } = await stand.open(0, 1)
  t.equal(far.socket.remoteAddress, '127.0.10.10', 'the sender keeps its address')
  near.say('hello')
  t.equal(String(await far.take(5)), 'hello')
  near.socket.end('bye')
  t.equal(String(await far.take(3)), 'bye')
  await far.until(() => far.ended, 'the end')
  far.say('one more word')
  t.equal(String(await near.take(13)), 'one more word', 'the other half goes on')
  far.socket.end()
  await near.until(() => near.ended, 'the end')

  const second = await stand.open(0, 1)
  second.near.socket.resetAndDestroy()
  await second.far.reset
  t.ok(second.far.wasReset)
  t.same(await stand.counts(), [])
})

t.test('a node that is down resets whoever comes', async (t) => {
  const stand = await newStand(t)
  await stand.down(1)
  await (await stand.tryToOpen(0, 1)).reset
  await roundTripMs(await stand.open(1, 2))
})

t.test('drop: whoever opened it, a connection falls silent, and is reset by healing', async (t) => {
  const stand = await newStand(t)
  const [forth, back, other] = [await stand.open(0, 1), await stand.open(1, 0), await stand.open(0, 2)]
  const idle = await stand.open(0, 1)
  const cut = [fault(0, 1, { cut: 'drop' }), fault(1, 0, { cut: 'drop' })]
  await stand.set(cut)
  for (const { near, far } of [forth, back]) {
    near.say('lost')
    far.say('lost too')
  }
  const fresh = await stand.tryToOpen(1, 0)
  fresh.say('is anybody there?')
  fresh.socket.end()
  await silence()
  for (const { near, far } of [forth, back]) {
    t.equal(near.came.length + far.came.length, 0)
    t.notOk(near.ended || far.ended || near.wasReset || far.wasReset, 'nobody is told')
  }
  t.equal(fresh.came.length, 0)
  t.notOk(fresh.ended || fresh.wasReset)
  t.ok((await roundTripMs(other)) < 5_000, 'another link is whole')
  const counts = await stand.counts()
  t.same(
    counts.map(({ link }) => link),
    cut,
  )
  t.ok(counts.every(({ packets }) => packets >= 2))

  await stand.set([])
  await Promise.all([forth, back].flatMap(({ near, far }) => [near.reset, far.reset]))
  await roundTripMs(await stand.open(0, 1))
  await roundTripMs(await stand.open(1, 0))
  await roundTripMs(idle)
  t.pass('what nothing was lost of goes on')
})

t.test('drop of one direction: the other still arrives, as much as TCP sends without an acknowledgement', async (t) => {
  const stand = await newStand(t)
  const forth = await stand.open(0, 1)
  const back = await stand.open(1, 0)
  await stand.set([fault(0, 1, { cut: 'drop' })])
  forth.near.say('lost')
  back.far.say('lost')
  forth.far.say('arrives')
  back.near.say('arrives')
  t.equal(String(await forth.near.take(7)), 'arrives')
  t.equal(String(await back.far.take(7)), 'arrives')
  const much = Buffer.alloc(1_000_000)
  forth.far.socket.write(much)
  await silence()
  t.ok(forth.near.came.length < 16_000, `${forth.near.came.length} bytes`)
  t.equal(forth.far.came.length + back.near.came.length, 0)
  const fresh = await stand.tryToOpen(1, 0)
  fresh.say('half open')
  await silence()
  t.notOk(fresh.ended || fresh.wasReset)
  t.ok(((await stand.counts())[0]?.packets ?? 0) >= 3)
  await stand.set([fault(0, 1, { cut: 'drop' }), fault(1, 0, { delayMs: 1 })])
  t.notOk(forth.near.wasReset, 'still cut')
  await stand.set([fault(1, 0, { delayMs: 1 })])
  await Promise.all([forth.near.reset, back.far.reset, fresh.reset])
})

t.test('reject: connections are reset, new ones too', async (t) => {
  const stand = await newStand(t)
  const [forth, back, other] = [await stand.open(0, 1), await stand.open(1, 0), await stand.open(2, 1)]
  await stand.set([fault(0, 1, { cut: 'reject' })])
  await Promise.all([forth, back].flatMap(({ near, far }) => [near.reset, far.reset]))
  await (await stand.tryToOpen(0, 1)).reset
  t.match(await stand.counts(), [{ packets: 3 }])
  await roundTripMs(other)
  await stand.set([fault(0, 1, { cut: 'reject' }), fault(0, 1, { cut: 'drop' })])
  const silent = await stand.tryToOpen(0, 1)
  silent.say('what vanishes is not rejected')
  await silence()
  t.notOk(silent.wasReset)
  await stand.set([])
  await roundTripMs(await stand.open(0, 1))
})

t.test('delay and jitter: each direction by itself, order kept', async (t) => {
  const stand = await newStand(t)
  const there = await stand.open(0, 1)
  const withoutMs = await roundTripMs(there)
  await stand.set([fault(0, 1, { delayMs: 80 })])
  const trips = []
  for (let trip = 0; trip < 4; trip += 1) trips.push(await roundTripMs(there))
  const withMs = Math.min(...trips)
  t.ok(withMs >= 79 && withMs < 79 + 20 * Math.max(10, withoutMs), `${withMs} ms`)
  await stand.set([fault(0, 1, { delayMs: 80 }), fault(1, 0, { delayMs: 40 }), fault(1, 0, { delayMs: 30 })])
  t.ok((await roundTripMs(there)) >= 149, 'faults add up')
  await stand.set([fault(2, 1, { delayMs: 5_000 }), fault(0, 1, { channel: 'bus', delayMs: 5_000 })])
  t.ok((await roundTripMs(there)) < 4_000, 'another sender, another channel')
  await stand.set([fault(0, 1, { delayMs: 20, jitterMs: 20 })])
  const words = Array.from({ length: 50 }, (_, index) => `${String(index).padStart(3)} `)
  for (const word of words) {
    there.near.say(word)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  t.equal(String(await there.far.take(200)), words.join(''))
  // Words said at once may travel together; each of these has to arrive before the next is said.
  for (let word = 0; word < 10; word += 1) {
    there.near.say('word')
    await there.far.take(4)
  }
  t.ok(((await stand.counts())[0]?.packets ?? 0) >= 11)
})

t.test('what waits arrives at once when the link is healed, and not later than a shorter delay has it', async (t) => {
  const stand = await newStand(t)
  const { near, far } = await stand.open(0, 1)
  await stand.set([fault(0, 1, { delayMs: 60_000 })])
  near.say('first')
  near.socket.end('second')
  await silence()
  t.equal(far.came.length, 0)
  await stand.set([fault(0, 1, { delayMs: 100 })])
  t.equal(String(await far.take(11)), 'firstsecond')
  await far.until(() => far.ended, 'the end')
  const other = await stand.open(0, 1)
  await stand.set([fault(0, 1, { delayMs: 60_000 })])
  other.near.say('third')
  await silence()
  await stand.set([])
  t.equal(String(await other.far.take(5)), 'third')
})

t.test('bandwidth: shared by the connections of a direction', async (t) => {
  const stand = await newStand(t)
  const [one, two] = [await stand.open(0, 1), await stand.open(0, 1)]
  await stand.set([fault(0, 1, { bytesPerSecond: 200_000 })])
  const data = Buffer.alloc(50_000)
  const startMs = performance.now()
  one.near.socket.write(data)
  two.near.socket.write(data)
  await Promise.all([one.far.take(50_000), two.far.take(50_000)])
  const tookMs = performance.now() - startMs
  t.ok(tookMs >= 480, `${tookMs} ms for 100 000 bytes`)
  const backMs = performance.now()
  one.far.socket.write(Buffer.alloc(1_000_000))
  await one.near.take(1_000_000)
  t.ok(performance.now() - backMs < 4_000, 'the other direction is not slowed down')
  two.near.socket.write(Buffer.alloc(150_000))
  one.near.say('small')
  await one.far.take(5)
  t.ok(two.far.came.length < 100_000, 'a small one takes turns with a large one')
})

t.test('loss: nothing is missing, and much comes late', async (t) => {
  const stand = await newStand(t)
  const there = await stand.open(0, 1)
  await stand.set([fault(0, 1, { lossRatio: 0.1 })])
  let longestMs = 0
  // That none of so many is lost happens in 1 of 10^18 runs.
  for (let count = 0; count < 400 && longestMs < 200; count += 1) {
    longestMs = Math.max(longestMs, await roundTripMs(there))
  }
  t.ok(longestMs >= 199, `${longestMs} ms`)
  t.ok(((await stand.counts())[0]?.packets ?? 0) >= 1)
  await stand.set([])
  await roundTripMs(there)
})

t.test('a receiver that does not read holds its sender, with and without faults', async (t) => {
  const [chunk, chunks] = [Buffer.alloc(64 * 1024), 1024]
  const stand = await newStand(t)
  for (const what of [undefined, { delayMs: 1_000 }, { bytesPerSecond: 1_000_000_000 }, { cut: 'drop' as const }]) {
    const { near, far } = await stand.open(0, 1)
    far.socket.pause()
    await stand.set(what ? [fault(0, 1, what)] : [])
    let taken = 0
    const countIt = () => {
      taken += 1
    }
    for (let count = 0; count < chunks; count += 1) near.socket.write(chunk, countIt)
    for (let before = -1; before < taken; await silence()) before = taken
    t.ok(taken < chunks / 2, `${JSON.stringify(what)}: ${taken} of ${chunks} chunks were taken`)
    near.socket.destroy()
    far.socket.destroy()
  }
})

t.test('the same faults again change nothing; one more leaves the counts of the others', async (t) => {
  const stand = await newStand(t)
  const { near, far } = await stand.open(0, 1)
  const delay = fault(0, 1, { delayMs: 1 })
  await stand.set([delay])
  near.say('x')
  await far.take(1)
  await stand.set([{ ...delay }])
  t.match(await stand.counts(), [{ link: delay, packets: 1 }])
  await stand.set([delay, delay])
  near.say('x')
  await far.take(1)
  t.match(await stand.counts(), [{ packets: 2 }, { packets: 1 }])
  await stand.set([delay, delay])
  t.match(await stand.counts(), [{ packets: 2 }, { packets: 1 }])
  await stand.set([])
  await stand.set([delay])
  t.match(await stand.counts(), [{ packets: 0 }])
})

t.test('property: whatever is slowed down, and however that changes, every byte arrives in its order', async (t) => {
  const stand = await newStand(t)
  const impairment: fc.Arbitrary<Impairment> = fc.record(
    {
      delayMs: fc.constant(10),
      jitterMs: fc.integer({ min: 0, max: 10 }),
      lossRatio: fc.constantFrom(0.0001, 0.01),
      bytesPerSecond: fc.constantFrom(5_000_000, 50_000_000),
    },
    { requiredKeys: ['delayMs'] },
  )
  const change = fc.array(
    fc
      .record({ forth: fc.boolean(), what: impairment })
      .map(({ forth, what }) => fault(forth ? 0 : 1, forth ? 1 : 0, what)),
    { maxLength: 3 },
  )
  const act = fc.oneof(
    { weight: 3, arbitrary: fc.record({ bytes: fc.integer({ min: 1, max: 150_000 }) }) },
    { weight: 1, arbitrary: fc.record({ faults: change }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), fc.boolean(), async (acts, forth) => {
      const { near, far } = await stand.open(0, 1)
      const [sender, receiver] = forth ? [near, far] : [far, near]
      let sent = 0
      for (const one of acts) {
        if ('faults' in one) await stand.set(one.faults)
        else {
          sender.socket.write(Buffer.from(Array.from({ length: one.bytes }, (_, index) => (sent + index) % 251)))
          sent += one.bytes
        }
      }
      sender.socket.end()
      const all = await receiver.take(sent)
      await receiver.until(() => receiver.ended, 'the end')
      near.socket.destroy()
      far.socket.destroy()
      return receiver.came.length === 0 && all.every((byte, index) => byte === index % 251)
    }),
    { numRuns: 40 },
  )
})
