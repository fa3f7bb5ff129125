import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { writingFiles } from '../../runner/cluster/append-only-files.ts'
import { tagOfSlot } from '../../runner/cluster/slot-tags.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

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
