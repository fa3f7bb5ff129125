import t from 'tap'
import { idOf, see } from '../cluster/views.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type FakeCluster, loading, promote, unanswered } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const MASTER = 'redis-node0'
const REPLICA = 'redis-node1'

type Change = (cluster: FakeCluster) => void
type Case = [what: string, arg: Record<string, unknown>, holds: boolean, change?: Change]

async function asked(arg: Record<string, unknown>, change: Change = () => {}) {
  const stage = fakeStage({ clock: new FakeClock() })
  change(stage.cluster)
  const outcome = await stage.playOne(step('expect', arg))
  return { outcome, bugs: stage.bugs }
}

function cases(name: string, list: readonly Case[]): void {
  t.test(name, async (t) => {
    for (const [what, arg, holds, change] of list) {
      const { outcome, bugs } = await asked(arg, change)
      t.equal(outcome.verdict, holds ? 'passed' : 'failed', what)
      t.ok(outcome.lastSeen, 'and what was seen is told')
      t.strictSame(bugs, [])
    }
  })
}

const down =
  (...nodes: string[]): Change =>
  (cluster) => {
    for (const node of nodes) cluster.down(node)
  }
const replication =
  (index: number, change: object): Change =>
  (cluster) => {
    Object.assign(cluster.report(index).replication, change)
  }

cases('role', [
  ['a master is one', { node: MASTER, role: 'master' }, true],
  ['a master is no replica', { node: MASTER, role: 'replica' }, false],
  ['a replica is one', { node: REPLICA, role: 'replica' }, true],
  ['a replica is no master', { node: REPLICA, role: 'master' }, false],
  ['a node that is down is no master', { node: MASTER, role: 'master' }, false, down(MASTER)],
  ['a node that is down is no replica', { node: REPLICA, role: 'replica' }, false, down(REPLICA)],
  ['what it says itself counts', { node: REPLICA, role: 'master' }, true, (cluster) => promote(cluster, 1, 0)],
])

cases('of', [
  ['its own master', { node: REPLICA, role: 'replica', of: MASTER }, true],
  ['another master', { node: REPLICA, role: 'replica', of: 'redis-node2' }, false],
  ['without role', { node: REPLICA, of: MASTER }, true],
  ['without role, another', { node: REPLICA, of: 'redis-node4' }, false],
  ['a master follows none', { node: MASTER, of: 'redis-node2' }, false],
  ['by a phrase', { node: REPLICA, of: 'master of shard 1' }, true],
  ['a replica that is down', { node: REPLICA, of: MASTER }, false, down(REPLICA)],
])

cases('link', [
  ['up', { node: REPLICA, link: 'up' }, true],
  ['up is not down', { node: REPLICA, link: 'down' }, false],
  ['down', { node: REPLICA, link: 'down' }, true, replication(1, { masterLink: 'down' })],
  ['down is not up', { node: REPLICA, link: 'up' }, false, replication(1, { masterLink: 'down' })],
  ['a master has none that is up', { node: MASTER, link: 'up' }, false],
  ['a master has none that is down', { node: MASTER, link: 'down' }, false],
  ['of a node that is down nothing is known', { node: REPLICA, link: 'down' }, false, down(REPLICA)],
])

cases('reachable', [
  ['a node that answers', { node: MASTER, reachable: true }, true],
  ['a node that answers is not unreachable', { node: MASTER, reachable: false }, false],
  ['a node that is down', { node: MASTER, reachable: false }, true, down(MASTER)],
  ['a node that is down is not reachable', { node: MASTER, reachable: true }, false, down(MASTER)],
  ['a silent node', { node: MASTER, reachable: false }, true, (cluster) => cluster.down(MASTER, unanswered(MASTER))],
  [
    'LOADING is an answer',
    { node: MASTER, reachable: false },
    false,
    (cluster) => cluster.down(MASTER, loading(MASTER)),
  ],
])

cases('replicas', [
  ['as many as are online', { node: MASTER, replicas: 1 }, true],
  ['not fewer', { node: MASTER, replicas: 0 }, false],
  ['not more', { node: MASTER, replicas: 2 }, false],
  ['none', { node: MASTER, replicas: 0 }, true, replication(0, { replicas: [] })],
  ['one that is not online yet', { node: MASTER, replicas: 1 }, false, syncing],
  ['one that is not online yet is none', { node: MASTER, replicas: 0 }, true, syncing],
  ['a replica has not none: it is no master', { node: REPLICA, replicas: 0 }, false],
  ['a master that is down has not none', { node: MASTER, replicas: 0 }, false, down(MASTER)],
  ['at least as many', { node: MASTER, replicas: { at_least: 1 } }, true],
  ['at least one more', { node: MASTER, replicas: { at_least: 2 } }, false],
  ['at most as many', { node: MASTER, replicas: { at_most: 1 } }, true],
  ['at most one fewer', { node: MASTER, replicas: { at_most: 0 } }, false],
  ['between', { node: MASTER, replicas: { at_least: 1, at_most: 2 } }, true],
  ['a replica has not at most 5: it is no master', { node: REPLICA, replicas: { at_most: 5 } }, false],
])

function syncing(cluster: FakeCluster): void {
  const [replica] = cluster.report(0).replication.replicas
  if (replica) replica.state = 'send_bulk'
}

cases('lag', [
  ['none', { node: REPLICA, lag: { at_most: 0 } }, true],
  ['at the limit', { node: REPLICA, lag: { at_most: 60 } }, true, replication(1, { offset: 40 })],
  ['one byte more', { node: REPLICA, lag: { at_most: 59 } }, false, replication(1, { offset: 40 })],
  [
    'ahead of what the master said before',
    { node: REPLICA, lag: { at_most: 0 } },
    true,
    replication(1, { offset: 120 }),
  ],
  ['without a link', { node: REPLICA, lag: { at_most: 1000 } }, false, replication(1, { masterLink: 'down' })],
  ['of a master', { node: MASTER, lag: { at_most: 1000 } }, false],
  ['with the master down', { node: REPLICA, lag: { at_most: 1000 } }, false, down(MASTER)],
  ['with the replica down', { node: REPLICA, lag: { at_most: 1000 } }, false, down(REPLICA)],
  ['at least', { node: REPLICA, lag: { at_least: 60 } }, true, replication(1, { offset: 40 })],
  ['at least one byte more', { node: REPLICA, lag: { at_least: 61 } }, false, replication(1, { offset: 40 })],
  [
    'at least, without a link',
    { node: REPLICA, lag: { at_least: 60 } },
    true,
    replication(1, { offset: 40, masterLink: 'down' }),
  ],
  ['between', { node: REPLICA, lag: { at_least: 1, at_most: 60 } }, true, replication(1, { offset: 40 })],
])

cases('several nodes', [
  ['a list, all of which are so', { node: [MASTER, 'redis-node2'], role: 'master' }, true],
  ['a list, one of which is not', { node: [MASTER, REPLICA], role: 'master' }, false],
  ['a phrase for several', { node: 'all masters', role: 'master', replicas: 1 }, true],
  ['a phrase for several, one of which is not so', { node: 'all replicas', link: 'up' }, false, broken(3)],
  ['a list with a phrase', { node: [MASTER, 'all replicas'], reachable: true }, true],
  ['a list, one of which is down', { node: [MASTER, REPLICA], reachable: true }, false, down(REPLICA)],
  ['all down', { node: [MASTER, REPLICA], reachable: false }, true, down(MASTER, REPLICA)],
])

t.test('of several nodes those that fail are named, and they alone', async (t) => {
  const { outcome } = await asked({ node: 'all replicas', link: 'up' }, broken(3))
  t.equal(outcome.lastSeen, 'redis-node3 is a replica of redis-node2, link down; of the other 2 it is so')
  t.match(outcome.error?.message, /expected all replicas to have its link up/)
})

function broken(index: number): Change {
  return replication(index, { masterLink: 'down' })
}

/** So many of the other five mark node 0. */
const marked =
  (viewers: readonly number[], flags = ['master', 'fail']): Change =>
  (cluster) => {
    for (const viewer of viewers) see(cluster.reports, viewer, 0, { flags: new Set(flags) })
  }
const forgotten =
  (viewers: readonly number[]): Change =>
  (cluster) => {
    for (const viewer of viewers) {
      const { view } = cluster.report(viewer)
      view.nodes = view.nodes.filter(({ id }) => id !== idOf(0))
    }
  }
const and =
  (...changes: readonly Change[]): Change =>
  (cluster) => {
    for (const change of changes) change(cluster)
  }
const OTHERS = ['redis-node1', 'redis-node2', 'redis-node3', 'redis-node4', 'redis-node5']

cases('failing', [
  ['marked by nobody', { node: MASTER, failing: false }, true],
  ['marked by nobody is not failing', { node: MASTER, failing: true }, false],
  ['marked by all', { node: MASTER, failing: true }, true, marked([1, 2, 3, 4, 5])],
  ['marked by all is failing', { node: MASTER, failing: false }, false, marked([1, 2, 3, 4, 5])],
  ['marked by three of five', { node: MASTER, failing: true }, true, marked([1, 2, 3])],
  ['marked by two of five', { node: MASTER, failing: true }, false, marked([1, 2])],
  ['marked by half', { node: MASTER, failing: true }, false, and(down('redis-node5'), marked([1, 2]))],
  ['marked by half is no majority', { node: MASTER, failing: false }, true, and(down('redis-node5'), marked([1, 2]))],
  ['only those who know it count', { node: MASTER, failing: true }, true, and(forgotten([3, 4, 5]), marked([1, 2]))],
  [
    'marked by one of the two who know it',
    { node: MASTER, failing: true },
    false,
    and(forgotten([3, 4, 5]), marked([1])),
  ],
  ['its own view does not count', { node: MASTER, failing: true }, false, marked([0, 1, 2])],
  ['suspected is not failed', { node: MASTER, failing: true }, false, marked([1, 2, 3, 4, 5], ['master', 'fail?'])],
  ['nofailover is not fail', { node: MASTER, failing: true }, false, marked([1, 2, 3, 4, 5], ['master', 'nofailover'])],
  ['nobody to ask: not failing', { node: MASTER, failing: false }, false, down(...OTHERS)],
  ['nobody to ask: failing', { node: MASTER, failing: true }, false, down(...OTHERS)],
  ['nobody knows it', { node: MASTER, failing: false }, false, forgotten([1, 2, 3, 4, 5])],
  [
    'a node that is down can be failing',
    { node: MASTER, failing: true },
    true,
    and(down(MASTER), marked([1, 2, 3, 4, 5])),
  ],
])

cases('several at once: all must hold', [
  [
    'all',
    { node: REPLICA, role: 'replica', of: MASTER, link: 'up', reachable: true, failing: false, lag: { at_most: 0 } },
    true,
  ],
  ['role and not link', { node: REPLICA, role: 'replica', link: 'down' }, false],
  ['link and not role', { node: REPLICA, role: 'master', link: 'up' }, false],
  ['reachable and not role', { node: REPLICA, reachable: true, role: 'master' }, false],
  ['role and not reachable', { node: REPLICA, reachable: false, role: 'replica' }, false],
  ['role and failing', { node: MASTER, failing: true, role: 'master' }, false],
  ['replicas and not role', { node: MASTER, replicas: 1, role: 'replica' }, false],
])

t.test('what was seen, in words', async (t) => {
  t.match((await asked({ node: REPLICA, role: 'master' })).outcome.error, {
    message:
      'redis-node0, the master of redis-node1, answers and is not marked as failing, so there is no reason for an election; expected redis-node1 to be a master; last seen: redis-node1 is a replica of redis-node0, link up',
    hint: /^Take redis-node0 away first/,
  })
  const { outcome } = await asked({ node: MASTER, failing: true }, marked([1]))
  t.match(outcome.lastSeen, 'redis-node0 is marked as failed by 1 of 5 nodes that answer (redis-node1)')
})

const moved: Change = (cluster) => {
  Object.assign(cluster.node(MASTER), { peerHost: '127.0.12.10' })
  for (const viewer of [1, 2, 3, 4]) see(cluster.reports, viewer, 0, { host: '127.0.12.10' })
}

cases('known', [
  ['all others have it as it is', { node: MASTER, known: true }, true],
  ['one has it where it was', { node: MASTER, known: true }, false, moved],
  ['those that learned it', { node: MASTER, known: { by: ['redis-node1', 'redis-node4'] } }, true, moved],
  ['at an address', { node: MASTER, known: { address: '127.0.12.10', by: 'redis-node1' } }, true, moved],
  ['at an address with its port', { node: MASTER, known: { address: '127.0.0.1:7000' } }, true],
  ['at the address that it had', { node: MASTER, known: { address: '127.0.0.1', by: 'redis-node5' } }, true, moved],
  ['by another hostname', { node: MASTER, known: { hostname: 'elsewhere' } }, false],
  ['by none', { node: MASTER, known: { hostname: '' } }, false],
  ['by its id', { node: MASTER, known: { id: idOf(0) } }, true],
  ['a stranger is known to nobody', { node: MASTER, known: false }, false],
  ['nobody that is asked answers', { node: MASTER, known: { by: REPLICA } }, false, down(REPLICA)],
  ['of one that is down, its last id', { node: MASTER, known: true }, true, down(MASTER)],
])

t.test('what the others say of a node is told by node', async (t) => {
  const { outcome } = await asked({ node: MASTER, known: true }, moved)
  t.equal(
    outcome.lastSeen,
    'of redis-node0: redis-node5: knows it as 00000000 at 127.0.0.1:7000 (localhost); it is 00000000 at 127.0.12.10:7000 (localhost)',
  )
})
