import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { parseInfo } from '../../runner/cluster/node-report.ts'
import type { FaultStage } from '../../runner/faults/fault.ts'
import { dropsPackets } from '../../runner/faults/packet-filter.ts'
import { PACKET_NAMES } from '../../runner/platforms/bus-packets.ts'
import { BUS_OFFSET } from '../../runner/platforms/platform.ts'
import { requireDebian } from '../support/debian.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage, PASSWORD } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA, MASTER_2, MASTER_3] = ['redis-node0', 'redis-node1', 'redis-node2', 'redis-node4'] as const
const SIGNAL = new AbortController().signal

t.test('packets that a server drops', { skip: skipWithoutRedis() }, async (t) => {
  const settings = { 'cluster-node-timeout': '1000' }
  const stage = await liveStage(t, { shards: 3, needs: { debug: true }, settings })
  const look: FaultStage = {
    cluster: stage.cluster,
    servers: stage.servers,
    clock: systemClock,
    signal: SIGNAL,
    active: [],
  }
  const play = (verb: string, arg: unknown, more = {}) => stage.play(step(verb, arg, more))

  const stat = async (name: string) => {
    const info = parseInfo(String(await stage.cluster.node(REPLICA).client.call('CLUSTER', 'INFO')))
    return Number(info.get(`cluster_stats_messages_${name}`) ?? 0)
  }

  await t.test('each type is seen to be dropped, and only while it is', async (t) => {
    for (const type of PACKET_NAMES.filter((one) => one !== 'ping' && one !== 'pong')) {
      t.notOk(await dropsPackets(look, MASTER, [type]), `${type} is read`)
      t.match(await play('dropped-packets', { node: MASTER, type }), {
        verdict: 'passed',
        proof: new RegExp(`a ${type} packet.*redis-node0 was dropped`),
      })
      t.ok(await dropsPackets(look, MASTER, [type]), `${type} is dropped`)
      t.match(await play('heal', 'dropped-packets'), {
        verdict: 'passed',
        proof: new RegExp(`redis-node0: ${type} packets are read again`),
      })
    }
    t.equal((await stage.cluster.lookAt(MASTER)).report.info.knownNodes, 6, 'and nobody took the probes for a node')
  })

  await t.test('nothing is concluded from what something else answers', async (t) => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const node = { ...stage.cluster.node(MASTER), port: port - BUS_OFFSET }
    const cluster = Object.create(stage.cluster, { node: { value: () => node } })
    const message = /the cluster bus of redis-node0 at 127\.0\.0\.1:\d+ is something else/
    await t.rejects(dropsPackets({ ...look, cluster }, MASTER, ['fail']), { name: 'NotProven', message })
  })

  await t.test('a server that drops what others publish gives it to no subscriber', async (t) => {
    const subscriber = new Redis({ port: stage.cluster.node(REPLICA).port, host: '127.0.0.1', password: PASSWORD })
    t.teardown(() => subscriber.disconnect())
    const heard: string[] = []
    subscriber.on('message', (_, message) => heard.push(message))
    await subscriber.subscribe('news')
    const publish = (message: string) => stage.cluster.node(MASTER).client.call('PUBLISH', 'news', message)
    const hears = async (message: string) => {
      const deadlineMs = performance.now() + 5000
      while (!heard.includes(message) && performance.now() < deadlineMs) {
        await publish(message)
        await systemClock.sleep(20)
      }
      return heard.includes(message)
    }
    t.ok(await hears('first'))
    t.match(await play('dropped-packets', { node: REPLICA, type: 'publish' }), { verdict: 'passed' })
    const [before, arrivedBefore] = [heard.length, await stat('publish_received')]
    for (let i = 0; i < 10; i += 1) await publish('lost')
    while ((await stat('publish_received')) < arrivedBefore + 10) await systemClock.sleep(5)
    t.match(await play('heal', 'all'), { verdict: 'passed' })
    t.ok(await hears('last'))
    t.notOk(heard.slice(before).includes('lost'))
  })

  await t.test('a server that drops pings answers none of them', async (t) => {
    const pongs = () => stat('pong_sent')
    t.match(await play('dropped-packets', { node: REPLICA, type: 'ping' }), { verdict: 'passed' })
    const before = await pongs()
    await systemClock.sleep(1500)
    t.equal(await pongs(), before)
    t.match(await play('heal', 'all'), { verdict: 'passed', proof: /ping packets are read again/ })
    t.ok((await pongs()) > before)
    t.match(await play('expect', { cluster: 'healthy' }, { withinMs: 15_000 }), { verdict: 'passed' })
  })

  await t.test('a filter that a restart took away is set again', async (t) => {
    t.match(await play('dropped-packets', { node: REPLICA, type: 'update' }), { verdict: 'passed' })
    t.match(await play('restart', REPLICA), { verdict: 'passed', proof: /applied again: a update packet/ })
    t.match(await stage.successor().faults.endAll(SIGNAL), [{ proof: /update packets are read again/ }])
    await stage.faults.endAll(SIGNAL)
    t.match(await play('expect', { cluster: 'healthy' }, { withinMs: 15_000 }), { verdict: 'passed' })
  })

  await t.test('two types at once are refused', async (t) => {
    t.match(await play('dropped-packets', { node: MASTER, type: 'fail' }), { verdict: 'passed' })
    const message = /one type of packet at a time, and this is active already: redis-node0 dropping fail packets/
    t.match(await play('lost-votes', [MASTER, MASTER_2]), { verdict: 'failed', error: { message } })
    await stage.faults.endAll(SIGNAL)
  })

  await t.test('no election is won without votes, and one is when they are back', async (t) => {
    t.match(await play('lost-votes', [MASTER_2, MASTER_3]), { verdict: 'passed', proof: /failover-auth-request/ })
    t.match(await play('kill', MASTER), { verdict: 'passed' })
    t.match(await play('expect', { node: REPLICA, role: 'replica' }, { forMs: 6000 }), { verdict: 'passed' })
    t.match(await play('heal', 'lost-votes'), { verdict: 'passed' })
    t.match(await play('expect', { node: REPLICA, role: 'master' }, { withinMs: 15_000 }), { verdict: 'passed' })
  })
  t.same(stage.bugs, [])
})

t.test('where the server has no filter', async (t) => {
  if (!(await requireDebian(t))) return
  const stage = await liveStage(t, { replicas: 0, server: 'redis:6.0', needs: { debug: true } })
  t.match(await stage.play(step('lost-votes', MASTER)), {
    verdict: 'inconclusive',
    error: {
      message: /unsupported here: the server of redis-node0 has no DEBUG DROP-CLUSTER-PACKET-FILTER/,
      hint: /7\.0/,
    },
  })
  t.same(stage.faults.active, [])
})
