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

t.test('a member that comes is taken for one of its shard by every server before it is told to be there', async (t) => {
  if (!(await requireDebian(t))) return
  const options = { shards: 2, replicas: 1, spares: 3, server: 'valkey:8.1' }
  const { cluster, play } = await liveStage(t, { ...options, needs: { links: true } })
  const late = { from: 'redis-node0', to: 'redis-node3', type: ['ping', 'pong'], delay: '300ms' }
  t.match(await play(step('bus', late, { withinMs: 9000 })), { verdict: 'passed' })
  for (const name of ['redis-node4', 'redis-node5', 'redis-node6']) {
    t.match(await play(step('add-node', 'replica of redis-node0')), { verdict: 'passed', note: new RegExp(name) })
    t.same(await splitShards(cluster, await cluster.look()), [], name)
  }
  for (const of of ['redis-node2', 'redis-node0', 'redis-node2']) {
    t.match(await play(step('replicate', { node: 'redis-node4', of })), { verdict: 'passed' })
    t.same(await splitShards(cluster, await cluster.look()), [], `redis-node4 follows ${of}`)
  }
})
