import t from 'tap'
import { riskWarnings } from '../../runner/cluster/risks.ts'
import { healthyReports, NAMES, snapshotOf } from './views.ts'

function warnings(machines: string[]): string[] {
  const nodes = NAMES.map((name, index) => ({ name, machine: machines[index] ?? '' }))
  return riskWarnings(snapshotOf(healthyReports()), nodes)
}

t.test('no risk when shards and masters are spread', async (t) => {
  t.same(warnings(['a', 'b', 'b', 'c', 'c', 'a']), [])
})

t.test('one machine for all is said once', async (t) => {
  t.same(warnings(['a', 'a', 'a', 'a', 'a', 'a']), [
    'all 6 nodes share the machine a: its loss is the loss of the whole cluster',
  ])
})

t.test('a master beside its replica', async (t) => {
  t.same(warnings(['a', 'a', 'b', 'c', 'c', 'b']), [
    'shard 1: master redis-node0 and replica redis-node1 share the machine a: its loss leaves the shard without a copy',
  ])
})

t.test('so many masters on one machine that the others are no majority', async (t) => {
  t.same(warnings(['a', 'b', 'a', 'b', 'c', 'b']), [
    '2 of 3 masters (redis-node0, redis-node2) share the machine a: without it 1 are left, and no replica can be elected with fewer than 2',
  ])
})
