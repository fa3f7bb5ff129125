import t from 'tap'
import type { ScenarioEvent } from '../../../runner/record/events.ts'
import type { Failovers } from '../../../runner/results/failovers/failovers.ts'
import { failoversIn, storedRun } from '../../support/replay-failovers.ts'

const NOBODY: Failovers = { failovers: [], suspicions: [], denied: [] }

/** The failovers of a stored run, had its events been otherwise. */
function seenIn(run: string, change = (event: ScenarioEvent): ScenarioEvent | undefined => event): Failovers {
  const events = storedRun(run).events.filter((event): event is ScenarioEvent => 'scenario' in event)
  return failoversIn(events.flatMap((event) => change(event) ?? [])) ?? NOBODY
}

function lines({ failovers }: Failovers): string[] {
  return failovers.map(({ shard, from, to, cause, outcome }) => `${shard}: ${from} → ${to}, ${cause}, ${outcome}`)
}

const CUTS = [
  '1: redis-node0 → redis-node1, partition in step 2, promoted',
  '1: redis-node1 → redis-node0, partition in step 7, promoted',
  '1: redis-node0 → redis-node1, partition in step 12, promoted',
  '1: redis-node1 → redis-node0, partition in step 17, promoted',
]
const HALVES = ['1: redis-node0 → redis-node1, partition in step 1, promoted']
const OLD_DATA = ['1: redis-node0 → , kill in step 4, not promoted']
/** Valkey: the replica sees nobody who could vote, and tries none. */
const ONE_VOTER = ['1: redis-node0 → , kill in step 9, not promoted']
const TAKEOVERS = (first: string, second: string) => [
  `1: redis-node0 → redis-node1, CLUSTER FAILOVER (takeover) in step 3.1, ${first}`,
  `1: redis-node0 → redis-node2, CLUSTER FAILOVER (takeover) in step 3.2, ${second}`,
]

/** What took place in each run, read from its logs: every failover, and no other. */
const TRUTH: Readonly<Record<string, string[]>> = {
  'cuts-redis-7.0.15': CUTS,
  'cuts-valkey-8.1.1': CUTS,
  'cuts-valkey-9.1.2': CUTS,
  'halves-redis-7.0.15': HALVES,
  'halves-valkey-8.1.1': HALVES,
  'halves-valkey-9.1.2': HALVES,
  'old-data-redis-7.0.15': OLD_DATA,
  'old-data-valkey-8.1.1': OLD_DATA,
  'old-data-valkey-9.1.2': OLD_DATA,
  'one-voter-redis-7.0.15': ['1: redis-node0 → redis-node1, kill in step 9, not promoted'],
  'one-voter-valkey-8.1.1': ONE_VOTER,
  'one-voter-valkey-9.1.2': ONE_VOTER,
  'two-masters-redis-7.0.15': TAKEOVERS('promoted', 'undone'),
  'two-masters-valkey-8.1.1': TAKEOVERS('promoted', 'undone').toReversed(),
  'two-masters-valkey-9.1.2': TAKEOVERS('undone', 'promoted'),
  // The master came back from the first kill, as its replica could not be elected.
  'killed-twice-redis-7.0.15': [
    '1: redis-node0 → redis-node1, kill in step 3, not promoted',
    '1: redis-node0 → redis-node1, kill in step 10, promoted',
  ],
  // Of shard 3, which has no slots, the master was killed in step 4.
  'without-slots-redis-7.0.15': ['1: redis-node0 → redis-node1, kill in step 9, not promoted'],
}

for (const [run, expected] of Object.entries(TRUTH)) {
  t.test(`${run}: the failovers that took place, and no others`, async (t) => {
    t.strictSame(lines(seenIn(run)), expected)
  })
  t.test(`${run}: the same, from a record that does not say what a partition cuts`, async (t) => {
    const older = seenIn(run, (event) => {
      if (event.type !== 'fault-seen') return event
      const { cuts: _, ...fact } = event
      return fact
    })
    t.strictSame(lines(older), expected)
  })
}

t.test('a minority that is cut off suspects the others, who need no failover', async (t) => {
  t.match(seenIn('halves-redis-7.0.15').suspicions, [
    {
      shards: [1, 2, 3],
      nodes: ['redis-node1', 'redis-node2', 'redis-node4'],
      by: ['redis-node0'],
      cause: 'partition in step 1',
      summary: 'suspected by a minority, 1 of 3 masters (redis-node0); no failover needed',
    },
  ])
})

t.test('what a look shows a moment after the cut was healed began while it lasted', async (t) => {
  const startMs = seenIn('halves-redis-7.0.15').suspicions[0]?.startMs ?? 0
  const healedBefore = (ms: number) =>
    seenIn('halves-redis-7.0.15', (event) =>
      event.type === 'fault-seen' && event.undone ? { ...event, fromMs: startMs - ms, toMs: startMs - ms + 5 } : event,
    ).suspicions[0]?.cause
  t.equal(healedBefore(40), 'partition in step 1')
  t.equal(healedBefore(400), 'unplanned')
})

t.test('a master that is said to have failed and went on serving needs no failover', async (t) => {
  const { suspicions } = seenIn('two-masters-redis-7.0.15')
  t.match(suspicions, [{ shards: [1, 2] }, { shards: [3] }])
  for (const { summary } of suspicions) t.match(summary, /and served all the while; no failover needed$/)
})

t.test('what is refused after the cut has healed does not make a failover of a suspicion', async (t) => {
  const { events } = storedRun('two-masters-redis-7.0.15')
  const healed = events.find((event) => event.type === 'fault-seen' && event.undone)
  const served = events.find((event) => event.type === 'service-seen' && event.shard === 3)
  if (healed?.type !== 'fault-seen' || served?.type !== 'service-seen') throw new Error('the stored run has no cut')
  const write = (ok: boolean, atMs: number): ScenarioEvent => ({
    ...served,
    served: ok,
    ...(ok ? {} : { error: 'CLUSTERDOWN' }),
    afterMs: atMs,
    seenMs: atMs,
  })
  const own = events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const seen = failoversIn([...own, write(false, healed.fromMs + 20), write(true, healed.fromMs + 150)])
  t.strictSame(lines(seen ?? NOBODY), TRUTH['two-masters-redis-7.0.15'])
  t.match(seen?.suspicions.find(({ shards }) => shards.includes(3))?.summary, /served all the while/)
})

t.test('where nobody tried to write, a majority’s word counts', async (t) => {
  const unserved = seenIn('two-masters-redis-7.0.15', (event) => (event.type === 'service-seen' ? undefined : event))
  t.ok(unserved.failovers.some(({ shard, outcome }) => shard === 3 && outcome === 'not promoted'))
})

t.test('detection counts from the fault that took the master away', async (t) => {
  const [failover] = seenIn('old-data-redis-7.0.15').failovers
  t.equal(failover?.kind, 'kill')
  t.ok((failover?.detectionMs ?? 0) < 2000, `${failover?.detectionMs} ms from the kill`)
  t.match(failover?.incidents, [/cluster-replica-validity-factor/])
})

t.test('a kill during a cut that had taken the master away already is no cause', async (t) => {
  const { events } = storedRun('halves-redis-7.0.15')
  const cut = events.find((event) => event.type === 'fault-seen')
  if (cut?.type !== 'fault-seen') throw new Error('the stored run has no cut')
  const { cuts: _, ...fact } = cut
  const kill: ScenarioEvent = {
    ...fact,
    fault: 'kill',
    nodes: ['redis-node0'],
    fromMs: cut.fromMs + 500,
    toMs: cut.toMs + 500,
  }
  const seen = failoversIn([...events.filter((event): event is ScenarioEvent => 'scenario' in event), kill])
  t.match(seen?.failovers, [{ kind: 'partition' }])
})

t.test('votes are counted of masters with slots', async (t) => {
  const [failover] = seenIn('one-voter-redis-7.0.15').failovers
  t.match(failover?.incidents, [/epoch 7: it got 0 of 1 votes in time/, /epoch 8: it got 0 of 1 votes in time/])
})

t.test('votes that were given and did not arrive lost an election, too', async (t) => {
  const lost = seenIn('one-voter-redis-7.0.15', (event) =>
    event.type === 'failover-seen' && event.moment === 'election delayed' && event.atMs > 10_000
      ? { ...event, node: 'redis-node2', moment: 'vote granted', about: 'redis-node1', epoch: 7, seenMs: 6300 }
      : event,
  )
  t.match(lost.failovers[0]?.incidents, [
    /epoch 7: 1 master voted for it, of 1 needed, and too few of the votes reached it in time$/,
  ])
})

t.test('a master without slots that failed needed nobody to replace it', async (t) => {
  const { failovers, suspicions } = seenIn('without-slots-redis-7.0.15')
  t.match(failovers[0]?.incidents, [/epoch 6: it got 0 of 1 votes in time$/])
  t.match(suspicions, [
    { shards: [3], summary: 'taken to be failing by redis-node0, and had no slots to take over; no failover needed' },
  ])
})

t.test('a vote that only the replica itself counts is told of', async (t) => {
  const outdated = seenIn('one-voter-redis-7.0.15', (event) => {
    if (event.type !== 'view-seen' || event.node !== 'redis-node1' || event.view === undefined) return event
    const view = event.view.map((seen) => (seen.name === 'redis-node2' ? { ...seen, slots: '16382' } : seen))
    return { ...event, view }
  })
  t.match(outdated.failovers[0]?.incidents, [
    /0 of 2 votes in time; in its own view redis-node2 had slots, and so a vote, too$/,
    /0 of 2 votes/,
  ])
})

t.test('of two masters of one shard, one is told of as undone, and the other says so', async (t) => {
  const [kept, undone] = seenIn('two-masters-redis-7.0.15').failovers
  t.match(kept, { to: 'redis-node1', incidents: [/^redis-node2 became master of shard 1 too, and gave in after 3\.1/] })
  t.match(undone, { to: 'redis-node2', outcome: 'undone', undone: { to: 'redis-node1' }, incidents: [] })
})

t.test('two masters of one shard that both stand to the end are both told of', async (t) => {
  const healed = storedRun('two-masters-redis-7.0.15').events.find(
    (event) => event.type === 'fault-seen' && event.undone,
  )
  const untilMs = healed?.type === 'fault-seen' ? healed.fromMs : 0
  const { failovers } = seenIn('two-masters-redis-7.0.15', (event) => (event.atMs < untilMs ? event : undefined))
  t.match(failovers, [
    {
      outcome: 'promoted',
      incidents: ['redis-node2 became master of shard 1 too, and had not given in when watching ended'],
    },
    {
      outcome: 'promoted',
      incidents: ['redis-node1 became master of shard 1 too, and had not given in when watching ended'],
    },
  ])
})

t.test('of two looks at a node that overlap, the one that is noted later tells of no change', async (t) => {
  const run = 'cuts-redis-7.0.15'
  const events = storedRun(run).events.filter((event): event is ScenarioEvent => 'scenario' in event)
  const looks = events.filter((event) => event.type === 'view-seen' && event.node === 'redis-node1')
  const roleIn = (event: ScenarioEvent) =>
    event.type === 'view-seen' ? event.view?.find(({ name }) => name === 'redis-node1')?.role : undefined
  const last = looks.findLast(
    (event, place) => roleIn(event) === 'replica' && roleIn(looks[place + 1] ?? event) === 'replica',
  )
  const asMaster = looks.find((event) => roleIn(event) === 'master')
  if (last?.type !== 'view-seen' || asMaster?.type !== 'view-seen') throw new Error('the run has no such looks')
  const stale = { ...asMaster, atMs: last.atMs, afterMs: last.seenMs - 0.001, seenMs: last.seenMs }
  const place = events.indexOf(last) + 1
  const found = failoversIn([...events.slice(0, place), stale, last, ...events.slice(place)]) ?? NOBODY
  t.strictSame(lines(found), CUTS)
})
