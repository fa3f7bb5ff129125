import t from 'tap'
import { healthAdvice, healthProblems } from '../../runner/cluster/health.ts'
import type { NodeReport } from '../../runner/cluster/node-report.ts'
import type { NodeView } from '../../runner/cluster/view.ts'
import { viewsBehind } from '../../runner/cluster/view-differences.ts'
import { clusterNodes, healthyReports, idOf, NAMES, reportAt, see, snapshotOf } from './views.ts'

function problems(plant: (reports: NodeReport[]) => void): string[] {
  const reports = healthyReports()
  plant(reports)
  return healthProblems(snapshotOf(reports), { nodes: NAMES })
}

t.test('a healthy cluster has no problems', async (t) => {
  t.same(
    problems(() => undefined),
    [],
  )
})

t.test('state', async (t) => {
  t.same(
    problems((reports) => {
      for (const index of [1, 4]) reportAt(reports, index).info.state = 'fail'
    }),
    ['the cluster state is fail on redis-node1, redis-node4'],
  )
  t.same(
    problems((reports) => {
      for (const report of reports) report.info.state = 'fail'
    }),
    ['the cluster state is fail on all nodes that answer'],
  )
})

t.test('slots without an owner', async (t) => {
  t.same(
    problems((reports) => {
      for (const index of NAMES.keys()) see(reports, index, 0, { slots: [[100, 5460]] })
    }),
    ['slots 0-99 have no owner'],
  )
})

t.test('of slots that lie apart the first few are told', async (t) => {
  const apart = [...Array(8).keys()].map((index): [number, number] => [index * 100, index * 100])
  const found = problems((reports) => {
    const { nodes } = reportAt(reports, 1).view
    const [own] = nodes.filter(({ id }) => id === idOf(1))
    Object.assign(own ?? {}, { role: 'master', slots: apart, configEpoch: 0, masterId: undefined })
  })
  t.match(found, [/^slots 0, 100, 200, 300, 400 and 3 more are owned by both redis-node0/])
})

t.test('slots with two owners', async (t) => {
  t.same(
    problems((reports) => {
      for (const index of NAMES.keys()) see(reports, index, 0, { slots: [[0, 5500]] })
    }),
    ['slots 5461-5500 are owned by both redis-node0 (epoch 1) and redis-node2 (epoch 3), as each of them says'],
  )
})

t.test('two masters of one shard, each in its own view and its neighbors’, are said first', async (t) => {
  const found = problems((reports) => {
    for (const viewer of [1, 2]) {
      see(reports, viewer, 0, { role: 'replica', masterId: idOf(1), slots: [], flags: new Set(['slave', 'fail']) })
      see(reports, viewer, 1, { role: 'master', slots: [[0, 5460]], configEpoch: 9, flags: new Set(['master']) })
    }
    reportAt(reports, 1).replication.role = 'master'
    reportAt(reports, 3).info.state = 'fail'
  })
  t.equal(
    found[0],
    'slots 0-5460 are owned by both redis-node0 (epoch 1) and redis-node1 (epoch 9), as each of them says',
  )
  t.ok(found.length > 1)
})

t.test('failing flags, exactly', async (t) => {
  t.same(
    problems((reports) => {
      for (const index of [2, 4]) see(reports, index, 0, { flags: new Set(['master', 'fail']) })
      see(reports, 5, 0, { flags: new Set(['master', 'fail?']) })
      see(reports, 5, 1, { flags: new Set(['slave', 'nofailover']) })
    }),
    ['redis-node0 is marked failing by redis-node2, redis-node4', 'redis-node0 is suspected of failing by redis-node5'],
  )
})

t.test('views that differ: role, epoch, slots', async (t) => {
  t.same(
    problems((reports) => see(reports, 4, 1, { role: 'master', slots: [[0, 5460]], configEpoch: 9 })).filter((text) =>
      text.includes('sees'),
    ),
    ['redis-node4 sees redis-node1 as a master with slots 0-5460 at epoch 9, others as a replica of redis-node0'],
  )
  t.same(
    problems((reports) => see(reports, 3, 4, { configEpoch: 4 })),
    [
      'redis-node3 sees redis-node4 as a master with slots 10923-16383 at epoch 4, others as a master with slots 10923-16383 at epoch 5',
    ],
  )
})

t.test('a replica whose link is down, that is syncing, or that its master does not list', async (t) => {
  t.same(
    problems((reports) => {
      reportAt(reports, 1).replication.masterLink = 'down'
    }),
    ['redis-node1: link to its master redis-node0 is down'],
  )
  t.same(
    problems((reports) => {
      reportAt(reports, 3).replication.syncInProgress = true
    }),
    ['redis-node3: a full sync from its master redis-node2 is under way'],
  )
  t.same(
    problems((reports) => {
      for (const replica of reportAt(reports, 4).replication.replicas) replica.state = 'send_bulk'
    }),
    ['redis-node5 is not yet online in the list of replicas of its master redis-node4'],
  )
  t.same(
    problems((reports) => {
      reportAt(reports, 1).replication.role = 'master'
    }),
    ['redis-node1 is a replica of the cluster but replicates as a master'],
  )
})

t.test('open slots', async (t) => {
  t.same(
    problems((reports) => see(reports, 0, 0, { openSlots: [`[77->-${idOf(2)}]`, `[78-<-${idOf(4)}]`] })),
    [
      'slot 77 is open on redis-node0 alone, migrating to redis-node2, where it is not being imported',
      'slot 78 is open on redis-node0 alone, importing from redis-node4, where it is not being migrated',
    ],
    'each on one side alone',
  )
  t.same(
    problems((reports) => {
      see(reports, 0, 0, { openSlots: [77, 78, 80].map((slot) => `[${slot}->-${idOf(2)}]`) })
      see(reports, 2, 2, { openSlots: [77, 78].map((slot) => `[${slot}-<-${idOf(0)}]`) })
    }),
    [
      'slots 77-78 are being moved from redis-node0 to redis-node2',
      'slot 80 is open on redis-node0 alone, migrating to redis-node2, where it is not being imported',
    ],
  )
})

t.test('nodes that do not answer, grouped by reason', async (t) => {
  const reports = healthyReports().slice(0, 4)
  const snapshot = snapshotOf(reports, { 'redis-node4': 'connection refused', 'redis-node5': 'connection refused' })
  t.same(healthProblems(snapshot, { nodes: NAMES }), ['redis-node4, redis-node5 do not answer: connection refused'])
})

t.test('of a cluster without nodes that are down on purpose, what follows from that is no problem', async (t) => {
  const without = (index: number, plant: (reports: NodeReport[]) => void = () => undefined) => {
    const reports = healthyReports()
    const absent = NAMES[index] ?? ''
    for (const viewer of NAMES.keys()) see(reports, viewer, index, { flags: new Set(['fail']) })
    reports.splice(index, 1)
    for (const report of reports) report.info.state = index === 0 ? 'fail' : 'ok'
    if (index === 0) reportAt(reports, 1).replication.masterLink = 'down'
    plant(reports)
    return healthProblems(snapshotOf(reports, { [absent]: 'connection refused' }), { nodes: NAMES, absent: [absent] })
  }
  t.same(without(5), [], 'a replica')
  t.same(without(0), [], 'a master that nobody replaces')
  t.same(
    without(5, (reports) => see(reports, 0, 0, { openSlots: [`[77->-${idOf(2)}]`] })),
    ['slot 77 is open on redis-node0 alone, migrating to redis-node2, where it is not being imported'],
  )
  t.same(
    without(5, (reports) => {
      reportAt(reports, 1).replication.masterLink = 'down'
      for (const report of reports) report.info.state = 'fail'
    }),
    ['the cluster state is fail on all nodes that answer', 'redis-node1: link to its master redis-node0 is down'],
  )
})

t.test('nodes that are no members, or not known to all', async (t) => {
  t.same(
    problems((reports) => {
      for (const report of reports.slice(0, 5)) {
        report.view.nodes = report.view.nodes.filter((node) => node.id !== idOf(5))
      }
      const alone = reportAt(reports, 5)
      alone.view.nodes = alone.view.nodes.filter((node) => node.id === idOf(5))
      reportAt(reports, 4).replication.replicas = []
    }).filter((text) => text.includes('part of')),
    ['redis-node5 is not part of the cluster'],
  )
  t.ok(
    problems((reports) => {
      const viewer = reportAt(reports, 3)
      viewer.view.nodes = viewer.view.nodes.filter((node) => node.id !== idOf(1))
    }).includes('redis-node1 is not known to redis-node3'),
  )
  t.ok(
    problems((reports) => {
      see(reports, 2, 5, { flags: new Set(['handshake']) })
    }).includes('redis-node2 is still shaking hands with redis-node5'),
  )
})

t.test('a node that lacks several, in one sentence', async (t) => {
  t.same(
    problems((reports) => {
      const viewer = reportAt(reports, 3)
      viewer.view.nodes = viewer.view.nodes.filter((node) => node.id !== idOf(1) && node.id !== idOf(5))
    }).filter((text) => text.includes('know')),
    ['redis-node3 does not know redis-node1, redis-node5'],
  )
})

t.test('a node that came back as another', async (t) => {
  const stranger = 'f'.repeat(40)
  const comeback = (introducedTo: readonly number[]) => {
    const reports = healthyReports()
    const own = reportAt(reports, 0)
    const [line] = own.view.nodes
    if (!line) throw new Error('it has its own line')
    const now = { ...line, id: stranger, slots: [], configEpoch: 0 }
    Object.assign(own.view, { myId: stranger, nodes: introducedTo.length > 0 ? [now, ...own.view.nodes] : [now] })
    for (const viewer of introducedTo) reportAt(reports, viewer).view.nodes.push({ ...now, flags: new Set(['master']) })
    for (const viewer of [1, 2, 3, 4, 5]) see(reports, viewer, 0, { flags: new Set(['master', 'noaddr']), host: '' })
    const snapshot = snapshotOf(reports)
    // A name outlives the ids of its node.
    const named = (node: NodeView) => (node.id === stranger ? 'redis-node0' : snapshot.nameOf(node))
    return healthProblems({ ...snapshot, nameOf: named }, { nodes: NAMES })
  }
  const nobodyKnows =
    'redis-node0 came back as another node, ffffffff, which nobody knows: the others know 00000000, the owner of slots 0-5460'
  t.same(
    comeback([]).filter((text) => /redis-node0.*know|know redis-node0|part of/.test(text)),
    [nobodyKnows],
    'whom it does not know follows from that',
  )
  t.ok(
    comeback([1, 2, 3, 4, 5]).includes(
      'redis-node0 is ffffffff now, and the others still know 00000000 of it, the owner of slots 0-5460',
    ),
  )
})

t.test('what does not mend itself, and the steps that do', async (t) => {
  const advice = (plant: (reports: NodeReport[]) => void, name?: (node: NodeView) => string) => {
    const reports = healthyReports()
    plant(reports)
    const snapshot = snapshotOf(reports)
    return healthAdvice({ ...snapshot, ...(name && { nameOf: name }) }, NAMES)
  }
  t.equal(
    advice(() => undefined),
    undefined,
  )
  const stranger = 'f'.repeat(40)
  const named = (node: NodeView) => (node.id === stranger ? 'redis-node0' : (NAMES[Number(node.id[0])] ?? node.id))
  const lost = (reports: NodeReport[]) => {
    const own = reportAt(reports, 0)
    const [line] = own.view.nodes
    if (!line) throw new Error('it has its own line')
    Object.assign(own.view, { myId: stranger, nodes: [{ ...line, id: stranger, slots: [] }] })
  }
  t.equal(
    advice(lost, named),
    'To mend it: `meet: redis-node0` introduces it to all; `forget: redis-node0` makes the others forget who it was.',
  )
  const lacking = (reports: NodeReport[]) => {
    const viewer = reportAt(reports, 3)
    viewer.view.nodes = viewer.view.nodes.filter((node) => node.id !== idOf(1))
  }
  t.equal(
    advice(lacking),
    'To mend it: `meet: redis-node1` introduces it to all; whoever was told to forget a node takes nobody else’s word for it for 60 s.',
  )
  const open = (reports: NodeReport[]) => see(reports, 2, 2, { openSlots: [`[5461-<-${idOf(0)}]`] })
  t.match(advice(open), /^To mend it: `heal: slots` closes open slots, and `migration: resume` goes on/)
})

t.test('nobody answers', async (t) => {
  const unreachable = Object.fromEntries(NAMES.map((name) => [name, 'connection refused']))
  t.same(healthProblems(snapshotOf([], unreachable), { nodes: NAMES }), [
    `${NAMES.join(', ')} do not answer: connection refused`,
  ])
})

t.test('the planted reports come from what a server says', async (t) => {
  t.match(clusterNodes(0), /myself,master - 0 1 1 connected 0-5460/)
})

t.test('a hostname that others do not know yet: they would redirect clients to it as `?`', async (t) => {
  const reports = healthyReports()
  for (const viewer of [1, 4]) {
    const nodes = reportAt(reports, viewer).view.nodes
    const [place, seen] = [...nodes.entries()].find(([, node]) => node.id === idOf(2)) ?? []
    if (place === undefined || !seen) throw new Error('redis-node2 is in every view')
    const { hostname: _, ...without } = seen
    nodes[place] = without
  }
  const snapshot = snapshotOf(reports)
  t.same(healthProblems(snapshot, { nodes: NAMES }), [
    'redis-node1, redis-node4 do not know the hostname of redis-node2 (localhost): clients are redirected to `?` for slots 5461-10922',
  ])
  t.same(viewsBehind(snapshot), [], 'it comes with the next ping alone')
})

t.test('a view in which a replica follows somebody else is behind', async (t) => {
  const reports = healthyReports()
  see(reports, 4, 1, { masterId: idOf(4) })
  t.same(viewsBehind(snapshotOf(reports)), [{ viewer: 'redis-node4', subject: 'redis-node1' }])
})

t.test('a node that announces no hostname where the others do', async (t) => {
  const reports = healthyReports()
  for (const report of reports) {
    report.view.nodes = report.view.nodes.map((node) => {
      const { hostname: _, ...without } = node
      return node.id === idOf(2) ? without : node
    })
  }
  t.same(healthProblems(snapshotOf(reports), { nodes: NAMES }), [
    'redis-node2 announces no hostname, while the others announce localhost: clients are redirected to `?` for slots 5461-10922',
  ])
})

t.test('the epoch of a replica is its own until Redis 6.0.7, and differs from view to view', async (t) => {
  const reports = healthyReports()
  for (const report of reports) for (const node of report.view.nodes) delete node.hostname
  // What a 6.0.7 says of its own replica 1, and what the others keep of its pings.
  see(reports, 1, 1, { configEpoch: 2 })
  see(reports, 3, 1, { configEpoch: 0 })
  const snapshot = snapshotOf(reports)
  t.same(healthProblems(snapshot, { nodes: NAMES }), [])
  t.same(viewsBehind(snapshot), [])
})

t.test('before Redis 7 there are no hostnames to know', async (t) => {
  const reports = healthyReports()
  for (const report of reports) for (const node of report.view.nodes) delete node.hostname
  t.same(healthProblems(snapshotOf(reports), { nodes: NAMES }), [])
})

t.test('a node that is gone and that all others have forgotten is not missed', async (t) => {
  const reports = healthyReports().slice(0, 5)
  const gone = { 'redis-node5': 'connection refused' }
  const look = () => healthProblems(snapshotOf(reports, gone), { nodes: NAMES })
  t.match(look()[0], /^redis-node5 does not answer/)
  for (const { view } of reports.slice(1)) view.nodes = view.nodes.filter(({ id }) => id !== idOf(5))
  t.match(look()[0], /^redis-node5 does not answer/, 'one still knows it')
  for (const { view } of reports) view.nodes = view.nodes.filter(({ id }) => id !== idOf(5))
  t.same(look(), [])
  t.match(
    healthProblems(snapshotOf([], { ...gone }), { nodes: ['redis-node5'] })[0],
    /does not answer/,
    'nobody is left',
  )
})

t.test('a master without slots is no problem', async (t) => {
  t.same(
    problems((reports) => {
      for (const viewer of NAMES.keys()) {
        see(reports, viewer, 0, { slots: [[0, 10922]] })
        see(reports, viewer, 2, { slots: [] })
      }
    }),
    [],
  )
})
