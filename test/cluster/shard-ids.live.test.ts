import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { formCluster } from '../../runner/cluster/form.ts'
import { splitShards } from '../../runner/cluster/shard-ids.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { ServerCleaner } from '../../runner/engine/clean-servers.ts'
import { requireDebian } from '../support/debian.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'

t.test('every server knows which shard a replica is of, however late it hears of the master', async (t) => {
  if (!(await requireDebian(t))) return
  const { cluster, servers, play } = await liveStage(t, { shards: 3, server: 'valkey:8.1', needs: { links: true } })
  const ways = [
    ['redis-node0', 'redis-node2'],
    ['redis-node2', 'redis-node5'],
    ['redis-node4', 'redis-node3'],
  ] as const
  for (const [from, to] of ways) {
    t.match(await play(step('bus', { from, to, type: ['ping', 'pong'], delay: '300ms' }, { withinMs: 9000 })), {
      verdict: 'passed',
      error: undefined,
    })
  }
  for (let time = 0; time < 5; time += 1) {
    await new ServerCleaner(servers, systemClock).reset()
    await formCluster(
      cluster,
      { shards: 3, replicas: 1, slots: evenSplit(3) },
      { clock: systemClock, timeoutMs: 30_000 },
    )
    t.same(await splitShards(cluster, await cluster.look()), [], `formed for the ${time + 1}. time`)
  }
})
