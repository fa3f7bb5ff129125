import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { PACKET_TYPES, type PacketType } from '../../runner/platforms/bus-packets.ts'
import type { LinkFault } from '../../runner/platforms/faults.ts'
import { Connection } from '../../runner/platforms/links/connection.ts'
import { FaultsInForce } from '../../runner/platforms/links/effect.ts'

function packet(type: PacketType): Buffer {
  const whole = Buffer.alloc(40)
  whole.write('RCmb', 0, 'latin1')
  whole.writeUInt32BE(whole.length, 4)
  whole.writeUInt16BE(1, 8)
  whole.writeUInt16BE(PACKET_TYPES[type], 12)
  return whole
}

function drop(from: string, to: string, type: PacketType): LinkFault {
  return { from, to, channel: 'bus', packet: { type, fate: 'drop' } }
}

/** A connection of the bus from `a` to `b`, seen from both ends. */
async function opened(t: Test) {
  const faults = new FaultsInForce()
  const connections: Connection[] = []
  const arrived: Socket[] = []
  const target = createServer((socket) => arrived.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  const door = { host: '127.0.0.1', port: 0, to: 'b', channel: 'bus', target: { host: '127.0.0.1', port } } as const
  const link = createServer({ allowHalfOpen: true }, (opener) => {
    connections.push(new Connection(opener, { door, from: 'a', faults, onClosed: () => undefined }))
  }).listen(0, '127.0.0.1')
  await once(link, 'listening')
  const near = connect((link.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
  await Promise.all([once(near, 'connect'), once(target, 'connection')])
  const [far] = arrived
  if (!far) throw new Error('nobody came')
  t.teardown(() => {
    for (const socket of [near, far]) socket.destroy()
    for (const server of [target, link]) server.close()
  })
  const set = (...wrong: LinkFault[]) => {
    faults.set(wrong)
    for (const connection of connections) connection.apply()
  }
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const seen = async (count: number) => await until(() => faults.counts().some((one) => (one.seen ?? 0) >= count))
  return { near, far, set, seen, until }
}

t.test('a connection on which somebody waits for a pong that was lost ends when the fault does', async (t) => {
  for (const [from, type] of [
    ['near', 'ping'],
    ['far', 'pong'],
    ['near', 'meet'],
  ] as const) {
    const { near, far, set, seen, until } = await opened(t)
    set(from === 'near' ? drop('a', 'b', type) : drop('b', 'a', type))
    const sender = from === 'near' ? near : far
    sender.write(packet(type))
    await seen(1)
    t.notOk(near.destroyed || far.destroyed, 'not before')
    set()
    await until(() => near.destroyed && far.destroyed)
    t.pass(`${type}: both ends see it`)
  }
})

t.test('a connection on which nobody waits for what was lost goes on', async (t) => {
  const { near, far, set, seen } = await opened(t)
  set(drop('a', 'b', 'publish'), drop('a', 'b', 'ping'))
  near.write(packet('publish'))
  await seen(1)
  set()
  near.write(packet('ping'))
  const [came] = await once(far, 'data')
  t.strictSame(came, packet('ping'))
  t.notOk(near.destroyed)
})

t.test('as long as another fault drops pings, or holds one back, it is left', async (t) => {
  const { near, far, set, seen } = await opened(t)
  const late: LinkFault = { from: 'a', to: 'b', channel: 'bus', packet: { type: 'update', fate: { delayMs: 60_000 } } }
  set(drop('a', 'b', 'ping'), late)
  near.write(Buffer.concat([packet('ping'), packet('update')]))
  await seen(2)
  set(late)
  t.notOk(near.destroyed)
  set()
  const [came] = await once(far, 'data')
  t.strictSame(came, packet('update'), 'what was on its way comes')
})
