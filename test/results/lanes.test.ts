import t from 'tap'
import type { ClusterInfo, RunEvent } from '../../runner/record/events.ts'
import type { SeenNode } from '../../runner/record/observations.ts'
import type { Fault } from '../../runner/results/faults.ts'
import { keptViews, nodeLanes, shardLanes, viewsOf } from '../../runner/results/lanes.ts'
import type { Span } from '../../runner/results/timeline-model.ts'

/** The scenario starts this long after the run, ms. */
const START_MS = 1000
const NAMES = ['a', 'b', 'c', 'd'] as const
type Name = (typeof NAMES)[number]

/** Two shards: masters a and c, replicas b and d. */
const CLUSTER: ClusterInfo = {
  ...{ shards: 2, replicas: 1, config: {} },
  nodes: NAMES.map((name, index) => ({
    ...{ name, address: `localhost:${7010 + index}`, shard: Math.floor(index / 2) + 1 },
    role: index % 2 === 0 ? 'master' : 'replica',
  })),
}

const HEALTHY: Readonly<Record<Name, SeenNode>> = {
  a: { name: 'a', role: 'master', slots: '0-8191' },
  b: { name: 'b', role: 'replica', of: 'a', slots: '' },
  c: { name: 'c', role: 'master', slots: '8192-16383' },
  d: { name: 'd', role: 'replica', of: 'c', slots: '' },
}

/** What all that are named in `by` show at a moment of the scenario. */
function seen(
  ms: number,
  changed: Partial<Record<Name, Partial<SeenNode>>> = {},
  by: readonly Name[] = NAMES,
): RunEvent[] {
  const view = NAMES.map((name) => ({ ...HEALTHY[name], ...changed[name] }))
  return by.map((node) => ({ ...at(ms), type: 'view-seen', scenario: 0, node, view }))
}

function silent(ms: number, node: Name, unreachable: string): RunEvent {
  return { ...at(ms), type: 'view-seen', scenario: 0, node, unreachable }
}

function at(ms: number): { atMs: number; seenMs: number; afterMs: number } {
  return { atMs: START_MS + ms, seenMs: START_MS + ms, afterMs: START_MS + ms - 20 }
}

/** The lane of a node in words: `0–500 master`. */
function laneOf(node: Name, events: readonly RunEvent[], faults: readonly Fault[] = [], endMs = 10_000): string[] {
  const lanes = nodeLanes(viewsOf(events, CLUSTER, START_MS), faults, endMs)
  t.same(
    lanes.map((lane) => lane.node),
    NAMES,
  )
  return describe(lanes.find((lane) => lane.node === node)?.spans ?? [])
}

function describe(spans: readonly Span<string>[]): string[] {
  return spans.map(({ startMs, endMs, state, note }) => `${startMs}–${endMs} ${state}: ${note}`)
}

t.test('nothing happens: a span each, from the first look to the end', async (t) => {
  t.same(laneOf('a', seen(10)), ['10–10000 master: master'])
  t.same(laneOf('d', seen(10)), ['10–10000 replica: replica of c'])
  t.same(laneOf('a', [...seen(10), ...seen(500), ...seen(900)]), ['10–10000 master: master'], 'seen again is no change')
})

t.test('a node that dies is replaced, and comes back as a replica', async (t) => {
  const heir = { a: { slots: '' }, b: { role: 'master', slots: '0-8191' } } as const
  const back = { ...heir, a: { role: 'replica', of: 'b', slots: '' } } as const
  const events = [
    ...seen(0),
    silent(500, 'a', 'connection refused'),
    ...seen(3000, heir, ['b', 'c', 'd']),
    ...seen(5000, back),
  ]
  t.same(laneOf('a', events), [
    '0–500 master: master',
    '500–5000 down: connection refused',
    '5000–10000 replica: replica of b',
  ])
  t.match(laneOf('b', events), ['0–3000 replica: replica of a', '3000–10000 master: master'])
  t.match(laneOf('c', events), ['0–10000 master: master'], 'the other shard does not care')
  const gone = viewsOf(events, CLUSTER, START_MS).find(({ atMs }) => atMs === 500)
  t.match(gone?.nodes[0], { silence: 'connection refused', role: 'master', slots: '0-8191' }, 'its last word stands')
})

t.test('silence has a cause: paused by the run, or nobody knows', async (t) => {
  const events = [...seen(0), silent(1000, 'a', 'no answer within 500 ms'), ...seen(4000)]
  const spans = (state: string) => [
    '0–1000 master: master',
    `1000–4000 ${state}: no answer within 500 ms`,
    /4000–10000/,
  ]
  const pause = (node: Name, startMs: number) => ({
    kind: 'pause',
    nodes: [node],
    startMs,
    appliedMs: startMs,
    endMs: 3900,
  })
  t.match(laneOf('a', events), spans('silent'))
  t.match(laneOf('a', events, [pause('a', 900)]), spans('paused'))
  t.match(
    laneOf('a', events, [{ kind: 'pause', nodes: ['b'], startMs: 900, appliedMs: 900, endMs: 3900 }]),
    spans('silent'),
    'the pause of another',
  )
  t.match(
    laneOf('a', events, [{ kind: 'pause', nodes: ['a'], startMs: 1001, appliedMs: 1001, endMs: 3900 }]),
    spans('silent'),
    'a pause that came later',
  )
})

t.test('a node that answers, and that most of the others hold for failing, is apart', async (t) => {
  const failing = { a: { failing: 'fail' } } as const
  const cut = (by: readonly Name[]) => [...seen(0), ...seen(2000, failing, by)]
  t.equal(laneOf('a', cut(['b', 'c', 'd'])).at(-1), '2000–10000 apart: master, marked as failing by 3 of 3 others')
  t.match(laneOf('a', cut(['b', 'c'])).at(-1), /apart: .* by 2 of 3 others/)
  t.match(laneOf('a', cut(['b'])).at(-1), /master: master$/, 'one of three is no majority')
  const suspected = [...seen(0), ...seen(2000, { a: { failing: 'fail?' } }, ['b', 'c', 'd'])]
  t.match(laneOf('a', suspected).at(-1), /apart/, 'suspicion counts: the majority of it makes the failure')
  t.match(laneOf('a', [...seen(0), ...seen(2000, failing, ['a'])]).at(-1), /master: master$/, 'its own word does not')
})

t.test('only those that answer have a say', async (t) => {
  const gone = (['c', 'd'] as const).map((name) => silent(1000, name, 'connection refused'))
  const events = [...seen(0), ...gone, ...seen(2000, { a: { failing: 'fail' } }, ['b'])]
  t.match(laneOf('a', events).at(-1), /apart: master, marked as failing by 1 of 1 others/)
})

t.test('before every node has answered once, nothing is shown; without a cluster, nobody is', async (t) => {
  t.same(viewsOf(seen(0, {}, ['a', 'b', 'c']), CLUSTER, START_MS), [])
  t.same(nodeLanes([], [], 100), [])
  t.same(viewsOf([], CLUSTER, START_MS), [])
  t.same(
    viewsOf(seen(0), undefined, START_MS).flatMap(({ nodes }) => nodes),
    [],
  )
  const [view] = viewsOf(seen(-20), CLUSTER, START_MS)
  t.equal(view?.atMs, 0, 'what was seen before the scenario began is how it began')
})

t.test('views that are kept lasted, and differ from the one before', async (t) => {
  const heir = { a: { slots: '' }, b: { role: 'master', slots: '0-8191' } } as const
  const events = [
    ...seen(0),
    ...seen(500),
    ...seen(2000, heir, ['a', 'b']),
    ...seen(2030, heir, ['c', 'd']),
    ...seen(9000, heir),
  ]
  const kept = keptViews(viewsOf(events, CLUSTER, START_MS))
  t.same(
    kept.map(({ atMs }) => atMs),
    [0, 2030],
  )
})

t.test('of very many views the first and the last stay, and no more than 200', async (t) => {
  const events = Array.from({ length: 900 }, (_, place) => seen(place * 100, { a: { slots: `0-${place}` } })).flat()
  const kept = keptViews(viewsOf(events, CLUSTER, START_MS))
  t.equal(kept.length, 200)
  t.equal(kept[0]?.atMs, 0)
  t.equal(kept.at(-1)?.nodes[0]?.slots, '0-899')
  t.equal(new Set(kept.map(({ atMs }) => atMs)).size, 200, 'none of them twice')
})

t.test('shards: served, refused by a node that answers, or answered for by nobody', async (t) => {
  const write = (ms: number, shard: number, more: { node?: string; error?: string; text?: string }): RunEvent => ({
    ...{ ...at(ms), type: 'service-seen', scenario: 0, shard, slot: 1, served: more.error === undefined },
    ...more,
  })
  const events = [
    write(4000, 1, { node: 'b' }),
    write(0, 1, { node: 'a' }),
    write(0, 2, {}),
    write(1000, 1, { error: 'refused', text: 'connection refused' }),
    write(3000, 1, { error: 'CLUSTERDOWN', text: 'CLUSTERDOWN The cluster is down' }),
    write(3000, 2, { error: 'MISCONF' }),
  ]
  const lanes = shardLanes(events, START_MS, 5000)
  t.same(
    lanes.map(({ shard }) => shard),
    [1, 2],
  )
  t.same(describe(lanes[0]?.spans ?? []), [
    '0–1000 served: by a',
    '1000–3000 down: connection refused',
    '3000–4000 refused: CLUSTERDOWN The cluster is down',
    '4000–5000 served: by b',
  ])
  t.same(describe(lanes[1]?.spans ?? []), ['0–3000 served: writes are served', '3000–5000 refused: MISCONF'])
  for (const error of ['MASTERDOWN', 'LOADING', 'READONLY', 'NOREPLICAS'])
    t.equal(shardLanes([write(0, 1, { error })], START_MS, 5000)[0]?.spans[0]?.state, 'refused', error)
  t.equal(shardLanes([write(0, 1, { error: 'timeout' })], START_MS, 5000)[0]?.spans[0]?.state, 'down', 'timeout')
})

t.test('a span never ends before it began, whatever the end is said to be', async (t) => {
  t.match(laneOf('a', seen(500), [], 100), ['500–500 master: master'])
})
