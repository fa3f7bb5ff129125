import t from 'tap'
import { evenIfSame, nodeCount, planNodes, shardsWithSlots } from '../../runner/cluster/topology.ts'
import { describeShape } from '../../runner/record/cluster-shape.ts'

const shown = (shape: Parameters<typeof planNodes>[0]) =>
  planNodes(shape, 'n').map(({ name, role, shard }) => `${name} ${role} ${shard}`)

t.test('replicas of each shard, or as many of all', async (t) => {
  const uneven = { shards: 3, replicas: [2, 0, 1] }
  t.equal(nodeCount(uneven), 6)
  t.same(shown(uneven), ['n0 master 1', 'n1 replica 1', 'n2 replica 1', 'n3 master 2', 'n4 master 3', 'n5 replica 3'])
  t.same(shown({ shards: 2, replicas: [1, 1] }), shown({ shards: 2, replicas: 1 }))
  t.equal(evenIfSame([1, 1]), 1)
  t.same(evenIfSame([1, 0]), [1, 0])
})

t.test('in words', async (t) => {
  t.equal(describeShape({ shards: 3, replicas: 1 }), '3 shards of 1 master and 1 replica')
  t.equal(describeShape({ shards: 3, replicas: [2, 1, 0] }), '3 shards of 1 master each, with 2, 1 and 0 replicas')
  const slots: [number, number][][] = [[[0, 16383]], [], []]
  t.same(shardsWithSlots({ slots }), [1])
  t.equal(
    describeShape({ shards: 3, replicas: 0 }, slots),
    '3 shards of 1 master and 0 replicas; shards 2 and 3 without slots',
  )
  t.equal(describeShape({ shards: 3, replicas: 0 }, []), '3 shards of 1 master and 0 replicas', 'an old record')
})
