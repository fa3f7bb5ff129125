import fc from 'fast-check'
import t from 'tap'
import { PACKET_NAMES, PACKET_TYPES, type PacketType } from '../../runner/platforms/bus-packets.ts'
import type { LinkFault, PacketFault } from '../../runner/platforms/faults.ts'
import { FaultsInForce } from '../../runner/platforms/links/effect.ts'
import { type Frame, PacketFramer } from '../../runner/platforms/links/packet-framer.ts'
import { PacketGate } from '../../runner/platforms/links/packet-gate.ts'

const LIGHT = 0x80_00

/** A packet of so many bytes; `mark` tells it from others of its type. */
function packet(type: PacketType, bytes = 2256, { mark = 0, light = false } = {}): Buffer {
  const whole = Buffer.alloc(bytes, mark)
  whole.write('RCmb', 0, 'latin1')
  whole.writeUInt32BE(bytes, 4)
  whole.writeUInt16BE(1, 8)
  whole.writeUInt16BE(0, 10)
  whole.writeUInt16BE(PACKET_TYPES[type] | (light ? LIGHT : 0), 12)
  return whole
}

/** One of a protocol that does not exist yet. */
function packetOfVersion2(): Buffer {
  const whole = packet('ping')
  whole.writeUInt16BE(2, 8)
  return whole
}

/** Cuts at all these places, given as shares of the whole. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => Math.round(place * bytes.length)))].sort((a, b) => a - b)
  return [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length))
}

function fault(type: PacketType, fate: PacketFault['fate']): LinkFault {
  return { from: 'a', to: 'b', channel: 'bus', packet: { type, fate } }
}

/** Two connections that carry what `a` says to `b`, and what has come of each. */
function gates(...faults: LinkFault[]) {
  const inForce = new FaultsInForce()
  const open = () => {
    const came: Buffer[] = []
    let ended = false
    const gate = new PacketGate(
      inForce.effect('a', 'b', 'bus'),
      (data) => came.push(data),
      () => undefined,
    )
    return {
      gate,
      end: () => gate.end(() => (ended = true)),
      came: () => Buffer.concat(came),
      wasEnded: () => ended,
    }
  }
  const [one, other] = [open(), open()]
  const set = (next: readonly LinkFault[]) => {
    inForce.set(next)
    for (const { gate } of [one, other]) gate.change(inForce.effect('a', 'b', 'bus'))
  }
  set(faults)
  const counts = () => inForce.counts().map(({ packets, seen }) => ({ packets, seen }))
  const unread = () => inForce.counts().map(({ unread }) => unread)
  return { one, other, set, counts, unread }
}

const found = (frames: readonly Frame[]) => frames.flatMap(({ type }) => (type === undefined ? [] : [type]))

const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('packets are found however what came is split, short headers included', async (t) => {
  const one = fc.record({
    type: fc.constantFrom(...PACKET_NAMES),
    bytes: fc.integer({ min: 16, max: 5000 }),
    light: fc.boolean(),
  })
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const holds = (packets: { type: PacketType; bytes: number; light: boolean }[], places: number[], whole: boolean) => {
    const framer = new PacketFramer()
    const all = Buffer.concat(packets.map(({ type, bytes, light }) => packet(type, bytes, { light })))
    const frames = cutAt(all, places).flatMap((part) => framer.take(part, whole))
    t.ok(Buffer.concat(frames.map(({ data }) => data)).equals(all))
    t.notOk(framer.isInside)
    // Those that only went by are not told apart; where the next one begins is known all the same.
    if (!whole) {
      t.strictSame(found(framer.take(packet('update', 20), true)), [PACKET_TYPES.update])
      return
    }
    t.strictSame(
      found(frames),
      packets.map(({ type }) => PACKET_TYPES[type]),
    )
    t.ok(frames.every(({ isWhole }) => isWhole))
    t.equal(framer.rest().length, 0)
  }
  fc.assert(fc.property(fc.array(one, { maxLength: 5 }), fc.array(share, { maxLength: 12 }), fc.boolean(), holds), {
    numRuns: 60,
  })
  const [ping, pong] = [packet('ping', 20), packet('pong', 20)]
  for (let place = 0; place <= 40; place += 1) {
    const framer = new PacketFramer()
    const all = Buffer.concat([ping, pong])
    const frames = [all.subarray(0, place), all.subarray(place)].flatMap((part) => framer.take(part, true))
    t.strictSame(
      frames.map(({ type, data }) => [type, data.length]),
      [
        [0, 20],
        [1, 20],
      ],
      `cut at ${place}`,
    )
  }
})

t.test('what is not the bus passes untouched, and so does all after it', async (t) => {
  const lengthOfNothing = Buffer.concat([Buffer.from('RCmb'), Buffer.alloc(12)])
  const garbages = [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from('RCmX'), lengthOfNothing, packetOfVersion2()]
  for (const garbage of garbages) {
    const { one, counts, unread } = gates(fault('ping', 'drop'))
    const all = Buffer.concat([garbage, packet('ping')])
    for (const part of cutAt(all, [0.001, 0.003, 0.5])) one.gate.take(part)
    t.ok(one.came().equals(all))
    t.strictSame(counts(), [{ packets: 0, seen: 0 }])
    t.ok((unread()[0] ?? 0) > 0, 'and that nothing of it was read is told')
  }
})

t.test('what comes before any fault goes on as it came, in one piece, whatever it is split into', async (t) => {
  const all = Buffer.concat([
    packet('ping', 40, { mark: 1 }),
    packet('publish', 17, { light: true }),
    packet('pong', 40),
  ])
  for (let place = 1; place < all.length; place += 1) {
    const { one, set, unread } = gates()
    one.gate.take(all.subarray(0, place))
    t.ok(one.came().equals(all.subarray(0, place)), `all of it, cut at ${place}`)
    set([fault('ping', 'drop'), fault('pong', 'drop')])
    one.gate.take(all.subarray(place))
    // Of what begins afterwards, pings and pongs are dropped; what had begun goes on to its end.
    const begun = [0, 40, 57, 97].find((start) => start >= place) ?? 97
    const kept = Buffer.concat([all.subarray(0, begun), ...(begun <= 40 ? [all.subarray(40, 57)] : [])])
    t.ok(one.came().equals(kept), `cut at ${place}`)
    t.strictSame(unread(), [0, 0])
  }
})

t.test('what never becomes a whole packet arrives before the end', async (t) => {
  for (const bytes of [3, 13, 100]) {
    const { one } = gates(fault('ping', 'drop'))
    const part = packet('ping').subarray(0, bytes)
    one.gate.take(part)
    t.equal(one.came().length, 0)
    one.end()
    t.ok(one.came().equals(part))
    t.ok(one.wasEnded())
  }
})

t.test('dropped and doubled: only packets of that type', async (t) => {
  const [ping, news, light] = [packet('ping'), packet('publish', 3000), packet('publish', 90, { light: true })]
  const dropped = gates(fault('publish', 'drop'))
  dropped.one.gate.take(Buffer.concat([ping, news, light, ping]))
  t.ok(dropped.one.came().equals(Buffer.concat([ping, ping])))
  t.strictSame(dropped.counts(), [{ packets: 2, seen: 4 }])
  const doubled = gates(fault('publish', 'duplicate'))
  doubled.one.gate.take(Buffer.concat([ping, light]))
  t.ok(doubled.one.came().equals(Buffer.concat([ping, light, light])))
  t.strictSame(doubled.counts(), [{ packets: 1, seen: 2 }])
})

t.test('a delayed packet is overtaken, comes when it is due, and the end of the connection after it', async (t) => {
  const [ping, pong] = [packet('ping'), packet('pong')]
  const { one, counts } = gates(fault('ping', { delayMs: 500 }))
  one.gate.take(Buffer.concat([ping, pong]))
  one.end()
  t.ok(one.came().equals(pong))
  t.notOk(one.wasEnded())
  await until(one.wasEnded)
  t.ok(one.came().equals(Buffer.concat([pong, ping])))
  t.strictSame(counts(), [{ packets: 1, seen: 2 }])
})

t.test('what is held comes at once, in its order, when its fault is no more; not that of another fault', async (t) => {
  const [first, second, pong] = [packet('ping', 20, { mark: 1 }), packet('ping', 20, { mark: 2 }), packet('pong', 20)]
  const pings = fault('ping', { delayMs: 60_000 })
  const { one, set } = gates(pings, fault('pong', { delayMs: 60_000 }))
  one.gate.take(Buffer.concat([first, pong, second]))
  t.equal(one.came().length, 0)
  set([pings])
  t.ok(one.came().equals(pong))
  set([])
  t.ok(one.came().equals(Buffer.concat([pong, first, second])))
})

t.test('nothing is put into the middle of a packet that had begun before', async (t) => {
  const [ping, pong] = [packet('ping', 40), packet('pong', 40)]
  const { one, set } = gates()
  one.gate.take(pong.subarray(0, 30))
  t.equal(one.came().length, 30, 'without faults all goes on as it comes')
  set([fault('ping', { delayMs: 60_000 })])
  one.gate.take(Buffer.concat([pong.subarray(30), ping, pong.subarray(0, 20)]))
  set([])
  t.ok(one.came().equals(Buffer.concat([pong, ping])))
  one.gate.take(pong.subarray(20))
  t.ok(one.came().equals(Buffer.concat([pong, ping, pong])))
})

t.test('a reordered packet is overtaken by the next one, on whichever connection', async (t) => {
  const [first, second, pong] = [packet('ping', 20, { mark: 1 }), packet('ping', 20, { mark: 2 }), packet('pong', 20)]
  const { one, other, counts } = gates(fault('ping', 'reorder'))
  one.gate.take(first)
  t.equal(one.came().length, 0)
  one.gate.take(second)
  t.ok(one.came().equals(Buffer.concat([second, first])))
  one.gate.take(first)
  other.gate.take(pong)
  t.ok(one.came().equals(Buffer.concat([second, first, first])))
  t.strictSame(counts(), [{ packets: 2, seen: 4 }])
})

t.test('what waits to be overtaken is forgotten when its connection is gone', async (t) => {
  const { one, other, counts } = gates(fault('ping', 'reorder'))
  one.gate.take(packet('ping'))
  one.gate.close()
  other.gate.take(packet('pong'))
  t.equal(one.came().length, 0)
  t.strictSame(counts(), [{ packets: 0, seen: 2 }])
})
