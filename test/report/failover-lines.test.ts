import t from 'tap'
import type { RunEvent } from '../../runner/record/events.ts'
import { consoleReport } from '../../runner/report/console.ts'
import { allPhases } from '../../runner/report/failover-phases.ts'
import { verdictSection } from '../../runner/report/html/sections/verdict.ts'
import { reportJson } from '../../runner/report/index.ts'
import { markdownReport } from '../../runner/report/markdown.ts'
import { failoverSummary } from '../../runner/results/failovers/summary.ts'
import type { RefusedShard } from '../../runner/results/failovers/timeline.ts'
import type { FailoverReport } from '../../runner/results/report-model.ts'
import { reduceRun } from '../../runner/results/run-model.ts'
import { replay, storedRun } from '../support/replay-failovers.ts'

/** A stored run of five servers has the events of one: numbered as the only scenario. */
function runOf(name: string) {
  const { events } = storedRun(name)
  return reduceRun(events.map((event): RunEvent => ('scenario' in event ? { ...event, scenario: 0 } : event)))
}

const causes = runOf('causes-redis-7.0.15')
const troubles = runOf('troubles-redis-7.0.15')
const flat = (text: string) => text.replace(/\s+/g, ' ')

t.test('the console tells every failover: who, why, how long, and where the time went', async (t) => {
  const text = flat(consoleReport(causes))
  t.match(text, '6 failovers')
  t.match(text, 'shard 1: redis-node0 → redis-node1 · stop in step 2 · 5.13 s')
  t.match(
    text,
    'shutdown 1.0 s, detection 3.3 s (expected 2.0–4.0 s), election 841 ms (expected 500–1300 ms), clients back after 5.1 s; ' +
      'untouched shards 2, 3 were refused for 886 ms because `cluster-require-full-coverage` is yes; ' +
      'redis-node0 back as its replica after 5.2 s, in sync 14 ms later by a full resync',
  )
  t.match(text, 'shard 1: redis-node1 → redis-node0 · failover in step 6 · 8.9 ms')
  t.match(text, 'shard 2: redis-node3 → redis-node2 · failover (force) in step 12 · 113 ms')
  t.match(text, 'shard 3: redis-node5 → redis-node4 · failover (takeover) in step 18')
  t.match(text, 'no write was refused')
})

t.test('shards that were refused for very different times are told one by one', (t) => {
  const [failover] = replay(storedRun('causes-redis-7.0.15')).failovers
  if (failover === undefined) throw new Error('the stored run has no failover')
  const refused = (...otherShards: RefusedShard[]) => failoverSummary({ ...failover, otherShards })
  t.match(
    refused({ shard: 2, refusedMs: 700 }, { shard: 3, refusedMs: 886 }),
    'untouched shards 2, 3 were refused for 886 ms because',
  )
  const apart = refused({ shard: 2, refusedMs: 933 }, { shard: 3, refusedMs: 10_800, back: false })
  t.match(apart, 'untouched shards 2, 3 were refused for 933 ms and 10.8 s to the end because')
  t.match(
    refused({ shard: 3, refusedMs: 500, back: false }),
    'untouched shard 3 was refused for 500 ms to the end because',
  )
  t.end()
})

t.test('a shard whose slots are on the move is not untouched, and why it was refused is not known', (t) => {
  const [failover] = replay(storedRun('causes-redis-7.0.15')).failovers
  if (failover === undefined) throw new Error('the stored run has no failover')
  const undetected = { ...failover, moments: failover.moments.filter(({ name }) => name !== 'failed') }
  const refused = (...otherShards: RefusedShard[]) => failoverSummary({ ...undetected, wanted: false, otherShards })
  t.match(refused({ shard: 3, refusedMs: 500 }), 'untouched shard 3 was refused for 500 ms because no majority')
  t.match(
    refused({ shard: 2, refusedMs: 5600, back: false, moving: true }),
    'shard 2, with slots on the move, was refused for 5.6 s to the end with CLUSTERDOWN',
  )
  t.notMatch(refused({ shard: 2, refusedMs: 5600, moving: true }), 'untouched')
  t.match(
    refused({ shard: 2, refusedMs: 5600, moving: true }, { shard: 3, refusedMs: 500 }),
    'with CLUSTERDOWN; untouched shard 3 was refused for 500 ms with CLUSTERDOWN',
  )
  t.match(
    failoverSummary({ ...undetected, wanted: true, otherShards: [{ shard: 3, refusedMs: 500 }] }),
    'untouched shard 3 was refused for 500 ms with CLUSTERDOWN',
  )
  t.end()
})

t.test('a shard is on the move from the beginning of a move to or from it until its last slot is there', (t) => {
  const run = storedRun('causes-redis-7.0.15')
  const { events } = run
  const moving = (atMs: number, movedMs: number, name: string) => {
    const startMs = events.find(({ type }) => type === 'scenario-started')?.atMs ?? 0
    const at = { scenario: 0, seenMs: startMs + atMs, atMs: startMs + atMs }
    const moves = [{ slots: '5461-5462', from: name, to: 'redis-node0' }]
    const times = { fromMs: startMs + atMs, toMs: startMs + movedMs, atMs: startMs + movedMs }
    const moved = {
      type: 'slots-moved',
      scenario: 0,
      slots: '5461-5462',
      from: name,
      to: 'redis-node0',
      ...times,
    } as const
    const [failover] = replay({ ...run, events: [...events, { type: 'slots-moving', ...at, moves }, moved] }).failovers
    return failover?.otherShards.filter((one) => one.moving).map(({ shard }) => shard)
  }
  t.strictSame(moving(0, 1e6, 'redis-node2'), [2])
  t.strictSame(moving(0, 1, 'redis-node2'), [], 'over by then')
  t.strictSame(moving(1e6, 1e6, 'redis-node2'), [], 'not begun by then')
  t.end()
})

t.test('while a run is on, what has not happened has not happened yet', async (t) => {
  const { events } = storedRun('troubles-redis-7.0.15')
  const one = events.map((event): RunEvent => ('scenario' in event ? { ...event, scenario: 0 } : event))
  const startMs = one.find(({ type }) => type === 'scenario-started')?.atMs ?? 0
  const now = reduceRun(one.filter(({ atMs }) => atMs < startMs + 6700))
  const text = flat(consoleReport(now))
  t.match(text, 'shard 2: nobody has taken over from redis-node3 yet · kill in step 3')
  t.match(
    text,
    /no replica has taken over in 2\.\d s, suspected after 1\.3 s, and not yet agreed on, writes still refused/,
  )
  t.notMatch(text, /took over|never|to the end/)
  const [scenario] = now.scenarios
  t.match(scenario && verdictSection(now, scenario).text, 'not replaced yet')
  const [promoted, away] = scenario?.failovers ?? []
  t.equal(promoted?.open, undefined)
  t.equal(away?.open, true)
  t.equal(away && allPhases(away).at(-1)?.name, 'nobody yet')
  for (const whole of troubles.scenarios) t.ok(whole.failovers.every(({ open }) => open === undefined))
})

t.test('a failover whose promotions were undone before is told once', (t) => {
  const [scenario] = causes.scenarios
  const failover = scenario?.failovers.find(({ kind }) => kind === 'manual')
  if (scenario === undefined || failover === undefined) throw new Error('the stored run has no manual failover')
  const undone = (afterMs: number) =>
    ({ ...failover, outcome: 'undone', undone: { afterMs, to: failover.from }, summary: 'undone' }) as const
  const told = (...failovers: FailoverReport[]) => ({ ...causes, scenarios: [{ ...scenario, failovers }] })
  const text = flat(consoleReport(told(undone(48), undone(61), failover)))
  t.match(text, '1 failover, 2 promotions undone')
  t.equal(text.split(`· ${failover.cause} ·`).length - 1, 1)
  t.match(text, 'redis-node0 was promoted 2 times before, and gave in to redis-node1 after 48 ms to 61 ms')
  t.match(
    markdownReport(told(undone(48), failover)),
    'redis-node0 was promoted 1 time before, and gave in to redis-node1 after 48 ms',
  )
  t.match(flat(consoleReport(told(undone(48), undone(61)))), '0 failovers, 2 promotions undone')
  const other = { ...failover, cause: 'failover in step 26', askedBy: '26' }
  t.equal(flat(consoleReport(told(undone(48), other))).split(' · failover in step ').length - 1, 2, 'of another step')
  t.end()
})

t.test('what went wrong is named', async (t) => {
  const text = flat(consoleReport(troubles))
  t.match(text, '2 failovers, 1 CLUSTER FAILOVER given up, 1 master not replaced')
  t.match(text, 'redis-node4 lost its election for epoch 12: it got 1 of 2 votes in time')
  t.match(text, "redis-node6 refused redis-node1 its vote: can't vote about this master before 1964 milliseconds")
  t.match(text, 'shard 3: nobody took over from redis-node6 · pause in step 5 · 3.18 s')
  t.match(
    text,
    'redis-node3 and redis-node6 were down or cut off, which left 1 of 3 masters with slots to vote, and an election needs 2; no',
  )
  t.match(text, 'no replica took over in 3.2 s, suspected after 1.3 s, and never agreed on')
  t.match(text, 'shard 3: redis-node6 kept its shard · CLUSTER FAILOVER in step 12 · given up')
  t.match(text, 'redis-node7 gave a CLUSTER FAILOVER up: its master did not hand over in time')
})

t.test('Markdown has a table of them, JSON all there is', async (t) => {
  const markdown = markdownReport(troubles)
  t.match(markdown, /\| shard \| masters \| cause \| time \| what happened \|/)
  t.match(markdown, /\| 3 \| nobody took over from redis-node6 \| pause in step 5 \| not promoted \|/)
  const [scenario] = JSON.parse(reportJson(causes)).scenarios
  t.equal(scenario.failovers.length, 6)
  t.match(scenario.failovers[0], {
    kind: 'stop',
    cause: 'stop in step 2',
    wanted: false,
    resync: 'full',
    rank: 0,
    epoch: 7,
  })
  t.match(scenario.failovers[0].moments[0], { name: 'fault', source: 'run', node: 'redis-node0' })
})

t.test('a soak run does not bury the rest of the console', async (t) => {
  const [scenario] = causes.scenarios
  if (!scenario) throw new Error('no scenario')
  const failovers = Array.from({ length: 40 }, () => scenario.failovers)
    .flat()
    .slice(0, 100)
  const text = consoleReport({ ...causes, scenarios: [{ ...scenario, failovers }] })
  t.match(text, '100 failovers')
  t.match(text, '… and 88 more, in report.json')
})
