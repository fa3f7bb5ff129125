import t from 'tap'
import { tagOfSlot } from '../../runner/cluster/slot-tags.ts'
import { startStream } from '../../runner/cluster/start-stream.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const WRITES = 12

t.test('a replica that is asked acknowledges before its next second', { skip: skipWithoutRedis() }, async (t) => {
  const { cluster } = await formedCluster(t, { shards: 1, replicas: 1 })
  const [master, replica] = ['redis-node0', 'redis-node1'] as const
  const of = cluster.node(master).client
  const replconf = /cmdstat_replconf:calls=(\d+)/
  const asked = replconf.exec(String(await cluster.node(replica).client.call('INFO', 'commandstats')))
  t.equal(asked?.[1], '1', 'once while the cluster was formed')

  let acknowledged = 0
  for (let write = 0; write < WRITES; write += 1) {
    await of.call('SET', `{${tagOfSlot(0)}}`, write)
    await startStream(cluster, replica)
    const info = String(await of.call('INFO', 'replication'))
    const [, theirs, ours] = /offset=(\d+),[\s\S]*master_repl_offset:(\d+)/.exec(info) ?? []
    t.ok(ours)
    if (theirs === ours) acknowledged += 1
  }
  // By itself it does so once a second, and all this takes some ms.
  t.ok(acknowledged > WRITES / 2, `${acknowledged} of ${WRITES} writes were acknowledged`)
})
