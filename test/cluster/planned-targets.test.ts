import t from 'tap'
import { plannedTargets } from '../../runner/cluster/planned-targets.ts'
import { planNodes } from '../../runner/cluster/topology.ts'

const PLANNED = planNodes({ shards: 2, replicas: 2 }, 'redis-node')

t.test('what nodes are to become says which ones a phrase stands for', async (t) => {
  const nodesOf = (text: string) => {
    const found = plannedTargets(text, PLANNED)
    return 'nodes' in found ? found.nodes.map((name) => name.replace('redis-node', '')).join('') : found.error
  }
  t.equal(nodesOf('redis-node4'), '4')
  t.equal(nodesOf('master of shard 2'), '3')
  t.equal(nodesOf('replica of shard 1'), '1')
  t.equal(nodesOf('replicas of shard 1'), '12')
  t.equal(nodesOf('all masters'), '03')
  t.equal(nodesOf('all nodes'), '012345')
  t.match(nodesOf('replica of shard 3'), /has no replica of shard 3/)
  for (const text of ['random replica', 'master of key aa', 'majority of masters']) {
    t.match(nodesOf(text), /not known before there is a cluster/, text)
  }
})
