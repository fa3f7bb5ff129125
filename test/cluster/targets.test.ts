import t from 'tap'
import { TargetError, TargetResolver } from '../../runner/cluster/targets.ts'
import { FakeCluster, promote } from '../support/fake-cluster.ts'
import { see } from './views.ts'

/** Draws the last of those that are left. */
const last = (below: number) => below - 1

async function resolved(phrase: string, change: (cluster: FakeCluster) => void = () => {}): Promise<string> {
  const cluster = new FakeCluster()
  change(cluster)
  try {
    const names = await new TargetResolver(cluster.live, last).resolve(phrase)
    return names.map((name) => name.replace('redis-node', '')).join(' ')
  } catch (error) {
    if (error instanceof TargetError) return error.message
    throw error
  }
}

t.test('choices of one shard, and with exceptions', async (t) => {
  const cases: [phrase: string, nodes: string, change?: (cluster: FakeCluster) => void][] = [
    ['random replica of shard 2', '3'],
    ['random node of shard 2', '3'],
    ['2 random nodes of shard 2', '2 3'],
    ['random node of slot 0', '1'],
    ['random node of redis-node4', '5'],
    ['all nodes of shard 1', '0 1'],
    ['all nodes of shard 1', '0 1', (cluster) => cluster.down('redis-node1')],
    ['all replicas of shard 1', '1'],
    ['all nodes of shard 1 except redis-node0', '1'],
    ['all masters except redis-node2', '0 4'],
    ['all masters except redis-node0,redis-node2', '4'],
    ['all masters except master of shard 1', '2 4'],
    ['all masters except master of shard 1', '2 4', (cluster) => promote(cluster, 1, 0)],
    ['all nodes except redis-node0 and redis-node5', '1 2 3 4'],
    ['all nodes except all masters', '1 3 5'],
    ['all nodes except redis-node0', '1 2 3 4 5', (cluster) => cluster.down('redis-node3')],
    ['all replicas except redis-node1', '5', (cluster) => cluster.down('redis-node3')],
    ['random master except redis-node4', '2'],
    ['2 random replicas except redis-node1', '3 5'],
  ]
  for (const [phrase, nodes, change] of cases) t.equal(await resolved(phrase, change), nodes, phrase)
})

t.test('a choice that finds nobody says what there was', async (t) => {
  const gone = (cluster: FakeCluster) => cluster.down('redis-node3')
  t.match(await resolved('random replica of shard 2', gone), /needs 1 replicas that answer, and there is none/)
  t.match(await resolved('all replicas of shard 2', gone), /stands for no node/)
  t.match(await resolved('all nodes of shard 4'), /there is no shard 4; there are 3 shards/)
  t.match(
    await resolved('all nodes of shard 1 except redis-node0 and redis-node1'),
    /stands for no node: without redis-node0, redis-node1 nothing is left/,
  )
  t.match(await resolved('random master except all masters'), /nothing is left/)
  t.match(await resolved('all masters except redis-nod0'), /there is no node "redis-nod0".*did you mean "all masters/)
})

t.test('all nodes but some are known without a look at the cluster', async (t) => {
  const nobody = (cluster: FakeCluster) => {
    for (const { name } of cluster.nodes) cluster.down(name)
  }
  t.equal(await resolved('all nodes except redis-node0', nobody), '1 2 3 4 5')
  t.match(await resolved('all nodes except master of shard 1', nobody), /no cluster to look at/)
  const failing = (cluster: FakeCluster) => {
    for (let viewer = 1; viewer < 6; viewer += 1) {
      see(cluster.reports, viewer, 0, { flags: new Set(['master', 'fail']) })
    }
  }
  t.equal(await resolved('all masters except redis-node2', failing), '4')
})
