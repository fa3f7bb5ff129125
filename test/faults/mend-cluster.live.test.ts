import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { mendCluster } from '../../runner/faults/mend-cluster.ts'
import { dropsPackets } from '../../runner/faults/packet-filter.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA, OTHER, LAST] = ['redis-node0', 'redis-node1', 'redis-node2', 'redis-node3'] as const

t.test('a cluster is mended by what is seen to be wrong with it', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { shards: 2, needs: { debug: true } })
  const options = { ...stage, clock: systemClock, signal: new AbortController().signal }
  const call = (node: string, ...words: [string, ...string[]]) => stage.cluster.node(node).client.call(...words)
  const idOf = async (node: string) => String(await call(node, 'CLUSTER', 'MYID'))
  const nothing = { done: [], left: [] }
  t.same(await mendCluster(options), nothing, 'one that is well is left alone')

  await call(MASTER, 'CLUSTER', 'SETSLOT', '7', 'MIGRATING', await idOf(OTHER))
  await call(OTHER, 'CLUSTER', 'SETSLOT', '7', 'IMPORTING', await idOf(MASTER))
  await call(OTHER, 'DEBUG', 'DROP-CLUSTER-PACKET-FILTER', '4')
  await stage.servers.pause(REPLICA)
  await stage.servers.kill(LAST)

  const expected = [
    /unpaused? redis-node1 \(process is paused\)$/,
    /start(ed)? redis-node3 \(process was killed by SIGKILL\)$/,
    /move(d)? slot 7 from redis-node0 to redis-node2, as was begun( \(0 keys\))?$/,
    /clear(ed)? the filter of cluster packets on redis-node2$/,
  ]
  const wouldDo = await mendCluster({ ...options, dryRun: true })
  t.match(wouldDo, { done: expected.map(({ source }) => new RegExp(`^would ${source}`)), left: [] })
  t.equal((await stage.servers.state(REPLICA)).status, 'paused', 'and nothing was done')
  t.match(await call(MASTER, 'CLUSTER', 'NODES'), /\[7->-/)

  t.match(await mendCluster(options), { done: expected.map(({ source }) => new RegExp(`^${source}`)), left: [] })
  t.match(await stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 15_000 })), { verdict: 'passed' })
  t.same(await mendCluster(options), nothing, 'a second time, there is nothing to do')

  await t.test('a filter that cannot be seen, because the bus is out of reach, is cleared all the same', async (t) => {
    await call(OTHER, 'DEBUG', 'DROP-CLUSTER-PACKET-FILTER', '5')
    const elsewhere = { ...stage.cluster.node(OTHER), peerHost: 'no-such-host.invalid' }
    const cluster = Object.create(stage.cluster, {
      nodes: { value: stage.cluster.nodes },
      node: { value: (name: string) => (name === OTHER ? elsewhere : stage.cluster.node(name)) },
      lookAt: { value: (name: string) => stage.cluster.lookAt(name) },
      look: { value: () => stage.cluster.look() },
    })
    t.same(await mendCluster({ ...options, cluster }), nothing)
    const look = { ...options, active: [] }
    t.notOk(await dropsPackets(look, OTHER, ['failover-auth-request']))
  })
})

t.test('what cannot be mended is told, and keeps nothing else from it', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { shards: 2, replicas: 0 })
  const options = { ...stage, clock: systemClock, signal: new AbortController().signal }
  const call = (node: string, ...words: [string, ...string[]]) => stage.cluster.node(node).client.call(...words)
  // Slot 7 and a key of it, half moved.
  const key = 'key:8961'
  const slot = String(await call(MASTER, 'CLUSTER', 'KEYSLOT', key))
  const [from, to] = Number(slot) < 8192 ? [MASTER, REPLICA] : [REPLICA, MASTER]
  await call(from, 'SET', key, 'x')
  await call(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(await call(from, 'CLUSTER', 'MYID')))
  await call(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await call(to, 'CLUSTER', 'MYID')))
  const port = String(stage.cluster.node(to).port)
  await call(from, 'MIGRATE', '127.0.0.1', port, key, '0', '1000', 'AUTH', 'test-secret')
  // As `redis-cli --cluster fix`: the owner is who has its keys.
  const back = `brought the keys of slot ${slot} from ${from} to ${to}, which has most of them (0 keys)`
  t.same(await mendCluster(options), { done: [back], left: [] })
  t.equal(await call(to, 'GET', key), 'x')

  const broken = {
    ...stage.servers,
    nodes: stage.servers.nodes,
    state: (node: string) => stage.servers.state(node),
    start: (node: string) => (node === from ? Promise.reject(new Error('no more room')) : stage.servers.start(node)),
  }
  for (const node of [from, to]) await stage.servers.kill(node)
  const half = await mendCluster({ ...options, servers: broken as typeof stage.servers })
  t.match(half, { done: [new RegExp(`^started ${to} `)], left: [`${from}: no more room`] })
})
