import t from 'tap'
import type { LogObservation } from '../../runner/record/observations.ts'
import { idOf, see } from '../cluster/views.ts'
import { FakeClock } from '../support/fake-clock.ts'
import type { FakeCluster } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

interface Case {
  settings?: Record<string, string>
  /** INFO replication of the replica. */
  info?: Record<string, string | number>
  logged?: Partial<LogObservation>[]
  change?(cluster: FakeCluster): void
  withinMs?: number
  /** How far the clocks of nodes are ahead of the runner's, ms. */
  clocks?: Record<string, number>
}

/** What a step says that waited in vain for redis-node1, the replica of redis-node0, to be a master. */
async function waited({ settings = {}, info = {}, logged = [], change, withinMs = 1000, clocks = {} }: Case) {
  const lines = logged.map(
    (line): LogObservation => ({
      node: 'redis-node1',
      moment: 'cannot fail over',
      seenMs: 1,
      errorMs: 0,
      text: '',
      ...line,
    }),
  )
  const clock = new FakeClock()
  const stage = fakeStage({ clock, hindsight: { logged: () => lines } })
  const timeOf = (node: string): string[] => [String((clock.wallMs() + (clocks[node] ?? 0)) / 1000), '0']
  for (const node of ['redis-node0', 'redis-node2', 'redis-node4'])
    stage.cluster.answer(node, ([command]) => (command === 'TIME' ? timeOf(node) : undefined))
  stage.cluster.answer('redis-node1', ([command, , name = '']) => {
    if (command === 'TIME') return timeOf('redis-node1')
    if (command === 'CONFIG') return [name, settings[name] ?? '']
    if (command !== 'INFO') return undefined
    return Object.entries(info)
      .map(([field, value]) => `${field}:${value}\r\n`)
      .join('')
  })
  change?.(stage.cluster)
  const { error } = await stage.playOne(step('expect', { node: 'redis-node1', role: 'master' }, { withinMs }))
  t.strictSame(stage.bugs, [])
  return error
}

const DEFAULTS = {
  'cluster-node-timeout': '2000',
  'cluster-replica-validity-factor': '2',
  'repl-ping-replica-period': '1',
  'cluster-replica-no-failover': 'no',
}
const failing = (cluster: FakeCluster) => {
  for (const viewer of [1, 2, 3, 4, 5]) see(cluster.reports, viewer, 0, { flags: new Set(['master', 'fail']) })
}

t.test('why a replica was not promoted stands first', async (t) => {
  const cases: [string, Case, RegExp][] = [
    [
      'a stranger at the address of its master',
      {
        change(cluster) {
          const view = cluster.report(0).view
          view.nodes = view.nodes.slice(0, 1).map((node) => ({ ...node, id: 'f'.repeat(40) }))
          view.myId = 'f'.repeat(40)
        },
      },
      new RegExp(
        `^redis-node0 came back as another node \\(id ffffffff, and the others know ${idOf(0).slice(0, 8)}\\).*the shard of slots 0-\\d+ has lost its master, and no election begins by itself; expected redis-node1 to be a master; last seen: `,
      ),
    ],
    [
      'a clock that was set back',
      {
        settings: DEFAULTS,
        change: failing,
        // Its link broke by the clock of before.
        info: { master_link_status: 'down', master_link_down_since_seconds: -27 },
        clocks: { 'redis-node1': -30_000 },
      },
      /^the wall clock of redis-node1 is 30\.00 s behind this machine's, as after being set back: an election that it had set up waits until it has caught up; expected(?!.*no data)/,
    ],
    [
      'clocks of masters that were set back',
      { settings: DEFAULTS, change: failing, clocks: { 'redis-node2': -3_600_000, 'redis-node4': -500 } },
      /^the wall clock of redis-node2 is 60 min 0 s behind this machine's, .*, and 1 of 3 masters with slots are left, where 2 must agree/,
    ],
    [
      'a clock that is ahead ages the data',
      {
        settings: DEFAULTS,
        change: failing,
        info: { master_link_status: 'down', master_link_down_since_seconds: 3603 },
        clocks: { 'redis-node1': 3_600_000 },
      },
      /^the data of redis-node1 is too old for an election: .*; its wall clock is 60 min 0 s ahead of this machine's/,
    ],
    [
      'no data',
      { settings: DEFAULTS, change: failing, info: { master_link_status: 'down', master_link_down_since_seconds: -1 } },
      /^redis-node1 has no data: it has never been in sync with its master/,
    ],
    [
      'data too old',
      { settings: DEFAULTS, change: failing, info: { master_link_status: 'down', master_link_down_since_seconds: 12 } },
      /^the data of redis-node1 is too old for an election: its link has been down for 12\.00 s, and cluster-replica-validity-factor 2 allows 7\.00 s/,
    ],
    [
      'a request that was given up',
      { change: failing, logged: [{ moment: 'manual accepted' }, { moment: 'manual given up' }] },
      /^redis-node1 gave a CLUSTER FAILOVER up/,
    ],
    [
      'a promotion that was undone',
      {
        change: failing,
        logged: [{ moment: 'election won' }, { moment: 'reconfigured as replica', about: 'redis-node0', seenMs: 5 }],
      },
      /^redis-node1 was promoted and gave in at once: it became a replica of redis-node0/,
    ],
    [
      'a vote that was refused',
      {
        change: failing,
        logged: [{ node: 'redis-node2', moment: 'vote refused', about: 'redis-node1', reason: 'its master is up' }],
      },
      /^redis-node2 refused redis-node1 its vote: its master is up;/,
    ],
    [
      'a detection that takes longer than the step waits',
      {
        settings: { ...DEFAULTS, 'cluster-node-timeout': '15000' },
        change: (cluster) => cluster.down('redis-node0'),
        withinMs: 15_000,
      },
      /^detection takes up to 30\.00 s by these settings \(cluster-node-timeout 15000\), and the limit is 15\.00 s: /,
    ],
  ]
  for (const [what, given, expected] of cases) t.match((await waited(given))?.message, expected, what)
})

t.test('data that is young enough, and what a replica logs while all is well, explain nothing', async (t) => {
  const error = await waited({
    settings: DEFAULTS,
    change: failing,
    info: { master_link_status: 'down', master_link_down_since_seconds: 6 },
    logged: [
      { reason: 'Waiting the delay before I can start a new failover' },
      { node: 'redis-node3', reason: 'Disconnected from master for longer than allowed' },
    ],
  })
  t.match(error?.message, /^expected redis-node1 to be a master; last seen: /)
})

t.test('masters without slots have no vote, and are not counted', async (t) => {
  const error = await waited({
    change(cluster) {
      failing(cluster)
      for (const viewer of [0, 1, 2, 3, 4, 5])
        for (const empty of [2, 4]) see(cluster.reports, viewer, empty, { slots: [] })
    },
  })
  t.match(
    error?.message,
    /^no replica can be elected: redis-node0 is down or marked as failing, so only 0 of 1 master with slots can vote \(none\), and an election needs 1;/,
  )
})
