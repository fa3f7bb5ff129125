import t from 'tap'
import { healthyReports, NAMES, reportAt, see, snapshotOf } from './views.ts'

/** Node 0 died and node 1 took over, as `viewers` see it. */
function failedOver(viewers: number[]) {
  const reports = healthyReports()
  for (const viewer of viewers) {
    see(reports, viewer, 0, { flags: new Set(['master', 'fail']), slots: [] })
    see(reports, viewer, 1, { role: 'master', flags: new Set(['master']), slots: [[0, 5460]], configEpoch: 7 })
    const node = reportAt(reports, viewer).view.nodes[1]
    delete node?.masterId
    reportAt(reports, viewer).info.currentEpoch = 7
  }
  return reports
}

t.test('shards of a healthy cluster', async (t) => {
  const { agreed } = snapshotOf(healthyReports())
  t.same(agreed.shards, [
    { number: 1, master: 'redis-node0', replicas: ['redis-node1'], slots: [[0, 5460]] },
    { number: 2, master: 'redis-node2', replicas: ['redis-node3'], slots: [[5461, 10922]] },
    { number: 3, master: 'redis-node4', replicas: ['redis-node5'], slots: [[10923, 16383]] },
  ])
  t.equal(agreed.ownerOf(1180), 'redis-node0')
  t.equal(agreed.masterOf('redis-node3'), 'redis-node2')
  t.equal(agreed.roleOf('redis-node3'), 'replica')
  t.equal(agreed.roleOf('redis-node9'), undefined)
  t.ok(agreed.isMajority)
})

t.test('a failover does not change the number of a shard', async (t) => {
  const { agreed } = snapshotOf(failedOver([1, 2, 3, 4, 5]).slice(1))
  t.same(
    agreed.shards.map(({ number, master }) => `${number} ${master}`),
    ['1 redis-node1', '2 redis-node2', '3 redis-node4'],
  )
  t.ok(agreed.isFailing('redis-node0'))
  t.notOk(agreed.isReachable('redis-node0'))
  t.notOk(agreed.isFailing('redis-node1'))
})

t.test('the majority decides', async (t) => {
  t.equal(snapshotOf(failedOver([1, 2])).agreed.ownerOf(0), 'redis-node0')
  t.same(snapshotOf(failedOver([1, 2])).agreed.saidBy, ['redis-node0', 'redis-node3', 'redis-node4', 'redis-node5'])
  t.equal(snapshotOf(failedOver([1, 2, 3, 4])).agreed.ownerOf(0), 'redis-node1')
})

t.test('between equal groups the highest epoch decides, and that is no majority', async (t) => {
  const { agreed } = snapshotOf(failedOver([3, 4, 5]))
  t.equal(agreed.ownerOf(0), 'redis-node1')
  t.notOk(agreed.isMajority)
})

t.test('one suspicion is no failure', async (t) => {
  const reports = healthyReports()
  see(reports, 4, 0, { flags: new Set(['master', 'fail?']) })
  t.notOk(snapshotOf(reports).agreed.isFailing('redis-node0'))
})

t.test('nobody answers: no shards', async (t) => {
  const { agreed } = snapshotOf([])
  t.same(agreed.shards, [])
  t.equal(agreed.ownerOf(0), undefined)
  t.notOk(agreed.isMajority)
})

t.test('a master without slots keeps the number of the shard that it was formed for, and has no vote', async (t) => {
  const formed = [NAMES.slice(0, 2), NAMES.slice(2, 4), NAMES.slice(4)]
  const reports = healthyReports()
  for (const viewer of NAMES.keys()) {
    see(reports, viewer, 0, { slots: [[0, 10922]] })
    see(reports, viewer, 2, { slots: [] })
  }
  const { agreed } = snapshotOf(reports, {}, formed)
  t.same(
    agreed.shards.map(({ number, master }) => `${number} ${master}`),
    ['1 redis-node0', '3 redis-node4'],
  )
  t.same(agreed.withoutSlots, [{ number: 2, master: 'redis-node2', replicas: ['redis-node3'], slots: [] }])
  t.equal(agreed.shardOf('redis-node3')?.number, 2)
  t.same(snapshotOf(reports).agreed.withoutSlots, [], 'nobody was formed so')
})

t.test('an old master that has not heard of its successor is no shard of its own', async (t) => {
  const formed = [NAMES.slice(0, 2), NAMES.slice(2, 4), NAMES.slice(4)]
  const { agreed } = snapshotOf(failedOver([1, 2, 3, 4, 5]).slice(1), {}, formed)
  t.same(agreed.withoutSlots, [])
})
