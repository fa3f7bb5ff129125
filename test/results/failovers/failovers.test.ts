import t from 'tap'
import type { RunEvent, ScenarioEvent } from '../../../runner/record/events.ts'
import type { FailoverTimeline } from '../../../runner/results/failovers/timeline.ts'
import { storedRun, timelinesOf } from '../../support/replay-failovers.ts'

/** Six failovers on a real Redis 7.0: stop, manual, kill, force, pause, takeover. */
const EVENTS = storedRun('causes-redis-7.0.15').events.filter((event): event is ScenarioEvent => 'scenario' in event)
const TRUTH = timelinesOf(EVENTS) ?? []

type Change = (event: ScenarioEvent) => RunEvent | undefined

/** The timelines, had the events been otherwise. */
function otherwise(change: Change): FailoverTimeline[] {
  return timelinesOf(EVENTS.flatMap((event) => (change(event) as ScenarioEvent | undefined) ?? [])) ?? []
}

function without(...types: RunEvent['type'][]): FailoverTimeline[] {
  return otherwise((event) => (types.includes(event.type) ? undefined : event))
}

const momentOf = (failover: FailoverTimeline | undefined, name: string) =>
  failover?.moments.find((moment) => moment.name === name)

t.test('without logs, promotions are known from what nodes say, within 20 ms and their error', async (t) => {
  const seen = without('failover-seen')
  t.equal(seen.length, TRUTH.length)
  for (const [index, failover] of seen.entries()) {
    const truth = TRUTH[index]
    t.match(failover, { shard: truth?.shard, from: truth?.from, to: truth?.to, outcome: 'promoted' })
    const [moment, logged] = [momentOf(failover, 'promoted'), momentOf(truth, 'promoted')]
    t.equal(moment?.source, 'views')
    const apartMs = Math.abs((moment?.atMs ?? 0) - (logged?.atMs ?? 0))
    t.ok(apartMs <= (moment?.errorMs ?? 0) + (logged?.errorMs ?? 0), `${apartMs} ms apart, ± ${moment?.errorMs}`)
    if (!truth?.wanted) t.ok(apartMs <= 20, `a look is never further from the truth: ${apartMs} ms`)
  }
  t.match(momentOf(seen[0], 'failed'), { source: 'views' })
})

t.test('without views, logs and writes tell all but what only views can', async (t) => {
  const told = without('view-seen')
  t.equal(told.length, TRUTH.length)
  for (const [index, failover] of told.entries()) {
    t.match(failover, { from: TRUTH[index]?.from, to: TRUTH[index]?.to, totalMs: TRUTH[index]?.totalMs })
    t.equal(momentOf(failover, 'views agree'), undefined)
  }
})

t.test('without writes, nothing is said of clients', async (t) => {
  for (const failover of without('service-seen')) {
    t.equal(failover.clientOutageMs, undefined)
    t.equal(momentOf(failover, 'first write'), undefined)
  }
})

t.test('without a fault of the run, a failover is unplanned, and begins with its first sign', async (t) => {
  const unplanned = without('fault-seen').filter(({ wanted }) => !wanted)
  t.equal(unplanned.length, 3)
  for (const [index, failover] of unplanned.entries()) {
    const truth = TRUTH.filter(({ wanted }) => !wanted)[index]
    t.match(failover, { kind: 'unplanned', cause: 'unplanned', to: truth?.to })
    t.equal(failover.moments[0]?.name, 'first sign')
    const lateMs = failover.startMs - (truth?.startMs ?? 0)
    t.ok(lateMs >= -1 && lateMs < 100, `it is noticed ${lateMs} ms after the fault`)
  }
})

t.test('what was served in the middle of a failover is no outage', async (t) => {
  const error = momentOf(TRUTH[0], 'first error')
  const pairs = EVENTS.filter((event) => event.type === 'service-seen' && event.shard === 1)
  const refused = pairs.find((event) => event.type === 'service-seen' && !event.served)
  if (refused?.type !== 'service-seen' || error === undefined) throw new Error('the stored run has no refusal')
  const at = (afterRefusalMs: number) => ({
    ...refused,
    afterMs: refused.seenMs + afterRefusalMs,
    seenMs: refused.seenMs + afterRefusalMs,
  })
  const served = { ...at(100), served: true as const }
  const [failover] = timelinesOf([...EVENTS, served, at(400)]) ?? []
  t.equal(failover?.clientOutageMs, (TRUTH[0]?.clientOutageMs ?? 0) - 300)
  const [changed] = timelinesOf([...EVENTS, { ...at(100), error: 'CLUSTERDOWN' }]) ?? []
  t.equal(changed?.clientOutageMs, TRUTH[0]?.clientOutageMs, 'another error is the same outage')
})

t.test('a fault of another name, as a partition, is a cause like any', async (t) => {
  const cut = otherwise((event) =>
    event.type === 'fault-seen' && event.fault === 'pause' ? { ...event, fault: 'partition' } : event,
  )
  t.match(cut[4], { kind: 'partition', cause: 'pause in step 14', detectionMs: TRUTH[4]?.detectionMs })
})

t.test('a step that looks at the master while the fault is made is not its cause', async (t) => {
  const looking = EVENTS.flatMap((event): ScenarioEvent[] => {
    if ((event.type !== 'step-started' && event.type !== 'step-ended') || event.step.verb !== 'pause') return [event]
    const step = { ...event.step, verb: 'expect', path: `${event.step.path}.2` }
    return [event, { ...event, index: 1000 + event.index, step }]
  })
  t.match(timelinesOf(looking)?.[4], { kind: 'pause', cause: 'pause in step 14' })
})

t.test('a fault that was undone before is no cause', async (t) => {
  const events = otherwise((event) => event)
  t.strictSame(events, TRUTH)
  const pause = EVENTS.find((event) => event.type === 'fault-seen' && event.fault === 'pause' && !event.undone)
  if (pause?.type !== 'fault-seen') throw new Error('the stored run has no pause')
  const earlier = { ...pause, fromMs: pause.fromMs - 500, toMs: pause.toMs - 490 }
  const twice = timelinesOf([...EVENTS.filter((event) => event !== pause), earlier, pause]) ?? []
  t.equal(twice[4]?.startMs, TRUTH[4]?.startMs, 'the last fault before the master failed counts')
})

const faultOf = (fault: string) => (event: RunEvent) => event.type === 'fault-seen' && event.fault === fault

interface Planted {
  fault: string
  nodes: string[]
  /** From the pause's beginning on. */
  byMs: number
  forMs: number
  undoneWithinMs?: number
  cuts?: [string, string][]
}

/** The timeline of the failover by `pause`, had other faults been there instead. */
function insteadOfPause(...others: Planted[]) {
  const pause = EVENTS.find(faultOf('pause'))
  if (pause?.type !== 'fault-seen') throw new Error('the stored run has no pause')
  const instead = others.flatMap(({ fault, nodes, byMs, forMs, undoneWithinMs = 1, cuts }): ScenarioEvent[] => {
    const begun = {
      ...pause,
      fault,
      nodes,
      fromMs: pause.fromMs + byMs,
      toMs: pause.fromMs + byMs + 1,
      ...(cuts && { cuts }),
    }
    return [begun, { ...begun, undone: true, fromMs: begun.toMs + forMs, toMs: begun.toMs + forMs + undoneWithinMs }]
  })
  const events = EVENTS.filter((event) => !faultOf('pause')(event))
  return timelinesOf([...events, ...instead])?.find(({ shard, wanted }) => shard === 3 && !wanted)
}

t.test('a fault that was undone before the master fell silent explains nothing', async (t) => {
  t.match(insteadOfPause({ fault: 'pause', nodes: ['redis-node4'], byMs: 0, forMs: 5000 }), { kind: 'pause' })
  for (const fault of ['pause', 'stall', 'network']) {
    const healed = insteadOfPause({ fault, nodes: ['redis-node4'], byMs: -400, forMs: 300 })
    t.match(healed, { kind: 'unplanned', outcome: 'promoted', from: 'redis-node4' }, fault)
  }
})

t.test('a stall lasts until it is undone, which begins at once', async (t) => {
  const stall = { fault: 'stall', nodes: ['redis-node4'], byMs: 0, forMs: 1 }
  t.match(insteadOfPause({ ...stall, undoneWithinMs: 12_000 }), { kind: 'stall', outcome: 'promoted' })
})

t.test('a fault that leaves the master’s answers alone explains nothing, however long it lasts', async (t) => {
  const [byMs, forMs, nodes] = [-400, 20_000, ['redis-node4']]
  for (const fault of ['config', 'writes-refused', 'full-resync']) {
    t.match(insteadOfPause({ fault, nodes, byMs, forMs }), { kind: 'unplanned' }, fault)
  }
  t.match(insteadOfPause({ fault: 'stall', nodes, byMs, forMs }), { kind: 'stall' })
  const cuts: [string, string][] = [['redis-node1', 'redis-node4']]
  t.match(insteadOfPause({ fault: 'partition', nodes: ['redis-node1'], byMs, forMs, cuts }), { kind: 'unplanned' })
  const fromHeir: [string, string][] = [['redis-node5', 'redis-node4']]
  t.match(
    insteadOfPause({ fault: 'partition', nodes: ['redis-node5'], byMs, forMs, cuts: fromHeir }),
    { kind: 'partition' },
    'an heir that was cut off itself may have old reports',
  )
})

t.test('a master that is suspected and comes back before the others agree', async (t) => {
  const cut = (event: ScenarioEvent) => {
    if (event.type === 'failover-seen' && /node4|node5/.test(`${event.node}${event.about}`)) return undefined
    if (event.type !== 'view-seen') return event
    const view = event.view?.map((seen) => (/node[45]/.test(seen.name) ? original(seen.name, seen.failing) : seen))
    return view ? { ...event, view } : event
  }
  const original = (name: string, failing: 'fail?' | 'fail' | undefined) => ({
    ...(name === 'redis-node4'
      ? { name, role: 'master' as const, slots: '10923-16383' }
      : { name, role: 'replica' as const, of: 'redis-node4', slots: '' }),
    ...(failing === 'fail?' ? { failing } : {}),
  })
  const [failover] = otherwise(cut).filter(({ shard }) => shard === 3)
  t.match(failover, { outcome: 'not promoted', from: 'redis-node4', to: '', kind: 'pause', wanted: false })
  t.match(
    failover?.moments.map(({ name }) => name),
    ['fault', 'first error', 'suspected'],
  )
})

t.test('a record that breaks off tells what it has', async (t) => {
  const promoted = EVENTS.findIndex((event) => event.type === 'failover-seen' && event.moment === 'election won')
  const [first, second] = timelinesOf(EVENTS.slice(0, promoted + 1)) ?? []
  t.match(first, { outcome: 'promoted', to: 'redis-node1', clientsBack: false })
  t.equal(second, undefined)
  const delayed = EVENTS.findIndex((event) => event.type === 'failover-seen' && event.moment === 'election delayed')
  const before = timelinesOf(EVENTS.slice(0, delayed + 1)) ?? []
  t.match(before, [{ outcome: 'not promoted', from: 'redis-node0', to: 'redis-node1', kind: 'stop' }])
})

t.test('what comes after watching ended is the cleanup’s doing', async (t) => {
  const ended = EVENTS.find((event) => event.type === 'watch-ended')
  const late = EVENTS.find((event) => event.type === 'failover-seen' && event.moment === 'election won')
  if (!ended || late?.type !== 'failover-seen') throw new Error('the stored run has no end')
  t.equal(timelinesOf([...EVENTS, { ...late, node: 'redis-node3', seenMs: ended.atMs + 5 }])?.length, TRUTH.length)
})

t.test('events without any look at failovers, or without a cluster, are none of ours', async (t) => {
  const old = EVENTS.filter(({ type }) => !/-seen$/.test(type))
  t.equal(timelinesOf(old), undefined)
  t.equal(timelinesOf([]), undefined)
})

t.test('a replica that could not run is told of, with the reason', async (t) => {
  const delayed = EVENTS.find((event) => event.type === 'failover-seen' && event.moment === 'election delayed')
  if (delayed?.type !== 'failover-seen') throw new Error('the stored run has no election')
  const reason =
    "Disconnected from master for longer than allowed. Please check the 'cluster-replica-validity-factor' configuration option"
  const { delayMs: _d, rank: _r, offset: _o, ...line } = delayed
  const told = timelinesOf([
    ...EVENTS,
    { ...line, moment: 'cannot fail over', reason },
    { ...line, moment: 'cannot fail over', reason: 'Waiting the delay before I can start a new failover' },
    { ...line, moment: 'rank changed', rank: 1, delayMs: 1000 },
  ])
  t.strictSame(told?.[0]?.incidents, [
    `redis-node1 could not fail over: ${reason}`,
    'redis-node1 moved to rank 1, which changed its wait by +1.00 s: other replicas or shards go first',
  ])
  t.match(told?.[0], { rank: 1, expected: { election: { minMs: 1500 } } })
})
