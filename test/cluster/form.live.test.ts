import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { FormError, formCluster } from '../../runner/cluster/form.ts'
import { healthProblems } from '../../runner/cluster/health.ts'
import { learnShards } from '../../runner/cluster/learn-shards.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { evenSplit, formatSlotRanges } from '../../runner/cluster/slots.ts'
import { TargetResolver } from '../../runner/cluster/targets.ts'
import type { SlotRange } from '../../runner/cluster/view.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { skipWithoutRedis, startLocalServers } from '../support/local-servers.ts'

const skip = skipWithoutRedis()
const clock = systemClock

async function describe(cluster: LiveCluster): Promise<string[]> {
  const snapshot = await cluster.look()
  t.same(healthProblems(snapshot, { nodes: cluster.nodes.map((node) => node.name) }), [])
  return snapshot.agreed.shards.map(
    ({ number, master, replicas, slots }) => `${number}: ${[master, ...replicas].join(' ')} ${formatSlotRanges(slots)}`,
  )
}

t.test('3 shards × 1 replica with the slots of the walkthrough', { skip }, async (t) => {
  const slots: SlotRange[][] = [
    [
      [0, 2729],
      [8190, 10919],
    ],
    [
      [2730, 5459],
      [10920, 13649],
    ],
    [
      [5460, 8189],
      [13650, 16383],
    ],
  ]
  const { cluster } = await formedCluster(t, { shards: 3, replicas: 1, slots })
  t.same(await describe(cluster), [
    '1: redis-node0 redis-node1 0-2729, 8190-10919',
    '2: redis-node2 redis-node3 2730-5459, 10920-13649',
    '3: redis-node4 redis-node5 5460-8189, 13650-16383',
  ])
  const error = await formCluster(cluster, { shards: 3, replicas: 1, slots }, { clock, timeoutMs: 5000 }).catch(
    (e: unknown) => e,
  )
  t.ok(error instanceof FormError)
  t.match(
    String(error),
    /redis-node\d is not empty: it knows 5 other nodes, it has 16384 slots assigned\. A cluster is/,
  )
})

t.test('2 shards × 2 replicas', { skip }, async (t) => {
  const { cluster } = await formedCluster(t, { shards: 2, replicas: 2 })
  t.same(await describe(cluster), [
    '1: redis-node0 redis-node1 redis-node2 0-8191',
    '2: redis-node3 redis-node4 redis-node5 8192-16383',
  ])
  const epochs = await Promise.all(
    ['redis-node0', 'redis-node3'].map(async (name) => {
      const info = String(await cluster.node(name).client.call('CLUSTER', 'INFO'))
      return /cluster_my_epoch:(\d+)/.exec(info)?.[1]
    }),
  )
  t.same(epochs, ['5', '6'], 'above those that the replicas were given')
})

t.test('shards of 2, 1 and 0 replicas, one of them without slots', { skip }, async (t) => {
  const slots: SlotRange[][] = [[[0, 8191]], [], [[8192, 16383]]]
  const { cluster, servers } = await formedCluster(t, { shards: 3, replicas: [2, 1, 0], slots })
  t.same(await describe(cluster), ['1: redis-node0 redis-node1 redis-node2 0-8191', '3: redis-node5 8192-16383'])
  const { agreed } = await cluster.look()
  t.same(agreed.withoutSlots, [{ number: 2, master: 'redis-node3', replicas: ['redis-node4'], slots: [] }])
  const resolver = new TargetResolver(cluster, () => 0)
  const targets = ['master of shard 2', 'replica of shard 2', 'master of shard 3', 'all masters', 'majority of masters']
  t.same(await Promise.all(targets.map(async (target) => (await resolver.resolve(target)).join(' '))), [
    'redis-node3',
    'redis-node4',
    'redis-node5',
    'redis-node0 redis-node3 redis-node5',
    'redis-node0 redis-node5',
  ])

  const later = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock: systemClock })
  t.teardown(() => later.close())
  t.equal((await later.look()).agreed.shardOf('redis-node5')?.number, 2, 'to whoever does not know of the other')
  await learnShards(later)
  t.match((await later.look()).agreed, { shards: agreed.shards, withoutSlots: agreed.withoutSlots })
})

t.test('one node, and servers that have been up for a while get their time-out back', { skip }, async (t) => {
  const servers = await startLocalServers({ count: 1 })
  t.teardown(() => servers.stop())
  const cluster = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock })
  t.teardown(() => cluster.close())
  const client = cluster.node('redis-node0').client
  while (!/uptime_in_seconds:[^01]/.test(String(await client.call('INFO', 'server')))) await clock.sleep(50)
  await formCluster(cluster, { shards: 1, replicas: 0, slots: evenSplit(1) }, { clock, timeoutMs: 10_000 })
  t.same(await describe(cluster), ['1: redis-node0 0-16383'])
  t.same(await client.call('CONFIG', 'GET', 'cluster-node-timeout'), ['cluster-node-timeout', '5000'])
})

t.test('a server that does not answer: which phase, what was seen, how long and how often', { skip }, async (t) => {
  const servers = await startLocalServers({ count: 2 })
  t.teardown(() => servers.stop())
  const cluster = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock })
  t.teardown(() => cluster.close())
  await servers.kill('redis-node1')
  const topology = { shards: 2, replicas: 0, slots: evenSplit(2) }
  await t.rejects(formCluster(cluster, topology, { clock, timeoutMs: 300 }), {
    name: 'FormError',
    message: new RegExp(
      `^the cluster was not formed within 300 ms: gave up while waiting for all servers to answer; last seen, after looking \\d+ times in [\\d.]+ m?s: redis-node1 \\(127\\.0\\.0\\.1:${servers.nodes[1]?.port}\\) did not answer: connection refused$`,
    ),
  })
  const controller = new AbortController()
  const forming = formCluster(cluster, topology, { clock, timeoutMs: 30_000, signal: controller.signal })
  controller.abort(new Error('interrupted'))
  await t.rejects(forming, { message: 'interrupted' })
})

t.test('a cluster that cannot get healthy says why', { skip }, async (t) => {
  const servers = await startLocalServers({ count: 2, settings: { masterauth: 'another' } })
  t.teardown(() => servers.stop())
  const cluster = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock })
  t.teardown(() => cluster.close())
  const topology = { shards: 1, replicas: 1, slots: evenSplit(1) }
  await t.rejects(formCluster(cluster, topology, { clock, timeoutMs: 3500 }), {
    name: 'FormError',
    message: /waiting for the cluster to be healthy; .*redis-node1: link to its master redis-node0 is down/,
  })
})

t.test('an impossible topology', async (t) => {
  const nodes = [0, 1].map((index) => {
    const address = { host: '127.0.0.1', port: 7418 + index, peerHost: '127.0.0.1', peerPort: 7418 + index }
    const name = `redis-node${index}`
    return { name, serverName: name, index, ...address, machine: 'localhost' }
  })
  const cluster = new LiveCluster({ nodes, passwords: '', clock })
  t.teardown(() => cluster.close())
  const form = (shards: number, replicas: number, slots: SlotRange[][]) =>
    formCluster(cluster, { shards, replicas, slots }, { clock, timeoutMs: 1000 })
  await t.rejects(form(0, 1, []), { message: 'a cluster has 1 shard or more, not 0' })
  await t.rejects(form(1, -1, evenSplit(1)), { message: 'a shard has 0 replicas or more, not -1' })
  await t.rejects(form(3, 1, evenSplit(3)), {
    message: '3 shards of 1 master and 1 replica need 6 nodes; there are 2',
  })
  await t.rejects(form(2, 0, evenSplit(1)), { message: 'slots are given for 1 shards; there are 2' })
  await t.rejects(form(2, 0, [[[0, 99]], [[99, 16383]]]), {
    message: 'the slots do not fit: slots 99 are given to both shard 1 and shard 2',
  })
})
