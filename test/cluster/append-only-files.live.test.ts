import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { writingFiles } from '../../runner/cluster/append-only-files.ts'
import { formCluster } from '../../runner/cluster/form.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { tagOfSlot } from '../../runner/cluster/slot-tags.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { skipWithoutRedis, startLocalServers } from '../support/local-servers.ts'
import { LyingProxy } from '../support/lying-proxy.ts'

const skip = skipWithoutRedis()
const settings = { appendonly: 'yes', save: '' }

t.test('a replica that writes its file after a full copy is seen, until it has written it', { skip }, async (t) => {
  const { cluster } = await formedCluster(t, { shards: 1, replicas: 1, settings })
  const [master, replica] = ['redis-node0', 'redis-node1'].map((name) => cluster.node(name).client)
  t.ok(master && replica)
  const names = ['redis-node0', 'redis-node1']
  t.same(await writingFiles(cluster, names), [])
  const writes = Array.from({ length: 500 }, (_, key) => ['SET', `{${tagOfSlot(0)}}:${key}`, key] as const)
  await master?.pipeline(writes)
  await replica?.call('CONFIG', 'SET', 'rdb-key-save-delay', 2000)
  await replica?.call('BGREWRITEAOF')
  t.same(await writingFiles(cluster, names), ['redis-node1'])
  const look = async () => ({ ok: (await writingFiles(cluster, names)).length === 0, seen: 'it writes' })
  t.match(await poll(look, { clock: systemClock, withinMs: 20_000, everyMs: 20 }), { ok: true })
})

t.test('a cluster is formed when its replicas have written their first file', { skip }, async (t) => {
  const servers = await startLocalServers({ count: 2, settings })
  t.teardown(() => servers.stop())
  const [master, replica] = servers.nodes
  if (master === undefined || replica === undefined) throw new Error('there are two')
  let left = 10
  const writing = "return 'aof_enabled:1\\r\\naof_rewrite_in_progress:1\\r\\n'"
  const proxy = new LyingProxy({ host: '127.0.0.1', port: replica.port }, ([command, section]) => {
    if (command !== 'INFO' || section !== 'persistence' || left === 0) return undefined
    left -= 1
    return ['EVAL', writing, '0']
  })
  await proxy.open()
  t.teardown(() => proxy.close())
  const nodes = [master, { ...replica, port: proxy.port }]
  const cluster = new LiveCluster({ nodes, passwords: servers.password, clock: systemClock })
  t.teardown(() => cluster.close())
  const topology = { shards: 1, replicas: 1, slots: evenSplit(1) }
  await formCluster(cluster, topology, { clock: systemClock, timeoutMs: 30_000 })
  t.equal(left, 0, 'it was asked until it had written it')
  t.same(await writingFiles(cluster, [master.name, replica.name]), [])
})
