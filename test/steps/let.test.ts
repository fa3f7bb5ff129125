import t from 'tap'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

t.test('names stand for the nodes of that moment', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  const outcome = await stage.playOne(step('let', { victim: 'master of shard 1', others: 'all replicas' }))
  t.match(outcome, {
    verdict: 'passed',
    note: '$victim = redis-node0; $others = redis-node1, redis-node3, redis-node5',
  })
  t.equal(stage.names.get('victim'), 'redis-node0')
})

t.test('a master that is down, before another has taken over, is named as down', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.cluster.down('redis-node0')
  t.match(await stage.playOne(step('let', { gone: 'master of shard 1', there: 'master of shard 2' })), {
    verdict: 'passed',
    note: '$gone = redis-node0 (does not answer: connection refused); $there = redis-node2',
  })
})
