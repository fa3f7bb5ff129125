import t from 'tap'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

t.test('a replica that is kept from a write has counted its bytes', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { shards: 3, replicas: 1, needs: { links: true } })
  const [shard] = (await stage.cluster.look()).agreed.shards
  const [master = '', [replica = ''] = []] = [shard?.master, shard?.replicas]
  t.match(await stage.play(step('lie', { from: master, to: replica, how: 'skip', every: 1 })), { verdict: 'passed' })
  const { client } = stage.cluster.node(master)
  // Slot 0 is of the first shard.
  t.equal(await client.call('SET', '{06S}', 'x'), 'OK')
  // Its master pauses, so no other command follows: it takes over once it has counted what its master has.
  t.match(await stage.play(step('failover', replica, { withinMs: 4000 })), { verdict: 'passed' })
  t.equal(await stage.cluster.node(replica).client.call('DBSIZE'), 0)
})
