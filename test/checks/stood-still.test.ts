import t from 'tap'
import { judgeFailovers } from '../../runner/checks/index.ts'
import type { RunEvent, ScenarioEvent } from '../../runner/record/events.ts'
import { FLAG } from '../../runner/record/history-codes.ts'
import { runFacts } from '../../runner/results/run-facts.ts'
import { scenarioResults } from '../../runner/results/scenario-results.ts'
import { loadStalls } from '../../runner/results/stalls.ts'
import { KILL_FACTS, NO_FACTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

const slots = { two: 6000 }

/** An operation each 10 ms for a while, all with one fate. */
function stream(fromMs: number, toMs: number, more: Partial<Op> = {}): Op[] {
  const ops: Op[] = []
  for (let ms = fromMs; ms < toMs; ms += 10) ops.push({ f: 'write', a: ms, key: 'two', at: [ms, ms + 2], ...more })
  return ops
}

/** Clients that stood still from 2 s to 10 s, with an operation under way; `together`: the servers did so too. */
function stalled(name: string, limit: unknown, together: boolean, ops: readonly Op[]) {
  const stalls = [{ startMs: 2000, endMs: 10_000, together }]
  return judge(name, limit, { type: 'register', ops, slots }, { ...KILL_FACTS, stalls })
}

const underWay: Op = { f: 'write', a: 7, key: 'two', at: [1998, 10_001] }
const calm = [...stream(0, 1990), underWay, ...stream(10_010, 12_000)]

t.test('an operation that waited for its own client met no outage', async (t) => {
  t.match(stalled('longest_outage', '9s', false, calm), { verdict: 'passed', value: 'none' })
  t.match(stalled('outages', { at_most: 0, longer_than: '9s' }, false, calm), { verdict: 'passed' })
})

t.test('no claim over a time in which nobody looked and the servers may have gone on', async (t) => {
  const outcome = stalled('longest_outage', '3s', false, calm)
  t.match(outcome, { verdict: 'inconclusive', value: 'none seen' })
  t.match(outcome.explanation, /the load stood still with this runner for 8\.00 s from 2\.00 s on/)
  t.match(stalled('outages', 0, false, calm), { verdict: 'inconclusive', explanation: /stood still/ })
})

t.test('no time passed for anybody where the servers stood still as well', async (t) => {
  t.match(stalled('longest_outage', '3s', true, calm), { verdict: 'passed', value: 'none' })
  t.match(stalled('outages', 0, true, calm), { verdict: 'passed' })
})

t.test('an outage is shorter by a stall of all, and less certain by one of its clients', async (t) => {
  const down = [
    ...stream(0, 1500),
    ...stream(1500, 2000, { failed: 'CLUSTERDOWN' }),
    ...stream(10_000, 10_500, { failed: 'CLUSTERDOWN' }),
    ...stream(10_500, 12_000),
  ]
  const all = stalled('longest_outage', '3s', true, down)
  t.match(all, { verdict: 'passed', value: /^1\.00 s ± / })
  const clients = stalled('longest_outage', '6s', false, down)
  t.match(clients, { verdict: 'inconclusive', value: /^5\.00 s ± 4\.0/ }, 'from 1 s, if it was served between, to 9 s')
  t.match(stalled('longest_outage', '900ms', false, down), { verdict: 'failed' })
})

t.test('latency and throughput leave out the time in which clients stood still', async (t) => {
  t.match(stalled('max', '100ms', false, calm), { verdict: 'passed', amount: 3 })
  t.match(stalled('throughput', '90/s', false, calm), { verdict: 'passed' })
})

/** All stood still from 5 s to 13 s, and the servers may take each other for failed until 33 s. */
const shakes = [{ startMs: 5000, stoodStillMs: 8000, untilMs: 33_000 }]
const stalls = [{ startMs: 5000, endMs: 13_000, together: true }]

/** Clients that were refused in this time alone, in a run of 60 s with the gap in it. */
function shaken(name: string, limit: unknown, fromMs: number, toMs: number) {
  const ops = [
    ...stream(0, Math.min(fromMs, 5000)),
    ...(fromMs < 5000 ? stream(fromMs, Math.min(toMs, 5000), { failed: 'CLUSTERDOWN' }) : []),
    ...(fromMs > 13_000 ? stream(13_000, fromMs) : []),
    ...(toMs > 13_000 ? stream(Math.max(fromMs, 13_000), toMs, { failed: 'CLUSTERDOWN' }) : []),
    ...stream(Math.max(toMs, 13_000), 60_000),
  ]
  return judge(name, limit, { type: 'register', ops, slots }, { ...KILL_FACTS, stalls, shakes })
}

const OF_SERVICE: readonly [string, unknown][] = [
  ['longest_outage', '2s'],
  ['outages', 0],
  ['error_rate', '0%'],
  ['throughput', '99/s'],
]

t.test('what servers that stood still may have brought about shows nothing, and names the gap', async (t) => {
  for (const [name, limit] of OF_SERVICE) {
    const after = shaken(name, limit, 14_000, 20_000)
    t.match(after, { verdict: 'inconclusive' }, name)
    t.match(after.explanation, /Yet the servers stood still with this runner for 8\.00 s from 5\.00 s on, long enough/)
    t.match(shaken(name, limit, 5000, 5000), { verdict: 'passed' }, `${name}, and nothing was wrong`)
  }
})

t.test('what was wrong before a gap, or long after it, is no doing of it', async (t) => {
  for (const [name, limit] of OF_SERVICE) {
    t.match(shaken(name, limit, 1000, 4500), { verdict: 'failed' }, `${name}, before`)
    t.match(shaken(name, limit, 40_000, 46_000), { verdict: 'failed' }, `${name}, long after`)
  }
  t.match(shaken('longest_outage', '2s', 30_000, 36_000), { verdict: 'failed' }, 'it went on too long after that time')
  t.match(shaken('longest_outage', '4s', 30_000, 36_000), { verdict: 'inconclusive' })
})

t.test('a lost write is a lost write, gap or not', async (t) => {
  const write: Op = { f: 'write', a: 7, key: 'two', at: [14_000, 14_001] }
  const read: Op = { f: 'read', key: 'two', r: null, at: [50_000, 50_001], flags: FLAG.final }
  const facts = { ...NO_FACTS, stalls, shakes }
  t.match(judge('lost_writes', 0, { type: 'register', ops: [write, read], slots }, facts), { verdict: 'failed' })
})

t.test('a failover that a gap made longer is not timed, one that was too slow without it is', async (t) => {
  const timed = (startMs: number, totalMs: number, limit: unknown) => {
    const failovers = KILL_FACTS.failovers.map((one) => ({ ...one, startMs, totalMs }))
    return judgeFailovers({ time: limit }, { ...KILL_FACTS, failovers, shakes })[0]
  }
  t.match(timed(4000, 16_000, '12s'), { verdict: 'inconclusive', explanation: /Yet the servers stood still/ })
  t.match(timed(4000, 10_000, '12s'), { verdict: 'passed' })
  t.match(timed(0, 11_000, '4s'), { verdict: 'failed' }, 'the 5 s before the gap were too long')
  t.match(timed(40_000, 16_000, '12s'), { verdict: 'failed' })
})

t.test('when clients were served again is not known of a time in which the runner did not look', async (t) => {
  const judged = (metric: string, together: boolean) => {
    const failovers = KILL_FACTS.failovers.map((one) => ({ ...one, detectionMs: 13_000, clientOutageMs: 13_000 }))
    const runnerStalls = [{ startMs: 12_000, endMs: 20_000, together }]
    return judgeFailovers({ [metric]: '8s' }, { ...KILL_FACTS, failovers, runnerStalls })[0]
  }
  t.match(judged('client_outage', false), {
    verdict: 'inconclusive',
    explanation: /Yet this runner stood still for 8\.00 s from 12\.0+ s on\.$/,
  })
  t.match(judged('detection', false), { verdict: 'failed' }, 'the servers went on, and logged it')
  t.match(judged('detection', true), {
    verdict: 'inconclusive',
    explanation: /the servers stood still with this runner/,
  })
})

t.test('clients may have been refused before the runner looked again', async (t) => {
  const judged = (stallFromMs: number, stallMs: number, errorMs: number | undefined, together = false) => {
    const at = { errorMs: 0, source: 'run', node: '', text: '' } as const
    const moments = [
      ...(errorMs === undefined ? [] : [{ ...at, name: 'first error' as const, atMs: errorMs }]),
      { ...at, name: 'first write' as const, atMs: 11_000 },
    ]
    const clientOutageMs = errorMs === undefined ? 0 : 11_000 - errorMs
    const failovers = KILL_FACTS.failovers.map((one) => ({
      ...one,
      startMs: 4000,
      totalMs: 6000,
      clientOutageMs,
      moments,
    }))
    const runnerStalls = [{ startMs: stallFromMs, endMs: stallFromMs + stallMs, together }]
    return judgeFailovers({ client_outage: '5s' }, { ...KILL_FACTS, failovers, runnerStalls })[0]
  }
  const unknown = { verdict: 'inconclusive', explanation: /Yet this runner stood still for 6\.\d+ s/ }
  t.match(judged(4010, 6900, 10_950), unknown, 'the first refusal was seen after it')
  t.match(judged(4010, 6900, undefined), unknown, 'none was seen')
  t.match(judged(4010, 900, 10_000), { verdict: 'passed' }, 'it was too short for that')
  t.match(judged(8000, 2900, 7000), { verdict: 'passed' }, 'they were refused all that time, which counts')
  t.match(judged(4010, 6900, 10_950, true), { verdict: 'passed' }, 'nobody was refused while all stood still')
})

t.test('only servers that stood still long enough to take each other for failed are shaken', async (t) => {
  const base = { atMs: 0, type: 'stall-seen', scenario: 0, who: 'runner' } as const
  const seen = (events: readonly ScenarioEvent[]) => runFacts(scenarioResults(events)).shakes
  t.equal(seen([{ ...base, fromMs: 1000, toMs: 3400, servers: 'stood-still' }]), undefined, 'half a node time-out')
  t.equal(seen([{ ...base, fromMs: 1000, toMs: 9000, servers: 'ran' }]), undefined, 'the runner alone')
  t.strictSame(seen([{ ...base, fromMs: 1000, toMs: 9000, servers: 'stood-still' }]), [
    { startMs: 1000, stoodStillMs: 8000, untilMs: 29_000 },
  ])
  const sleep = { atMs: 0, type: 'clock-stepped', scenario: 0, seenMs: 4000, byMs: 60_000 } as const
  t.strictSame(seen([{ ...sleep, slept: true }]), [{ startMs: 4000, stoodStillMs: 60_000, untilMs: 24_000 }])
  t.equal(seen([sleep]), undefined, 'a clock that was set')
})

/** Operations on two ranges of slots for 60 s, of which one has a hole. */
function holed(name: string, limit: unknown, fromMs: number, toMs: number, more: readonly Op[] = []) {
  const calm = stream(0, 60_000, { key: 'one' })
  const ops = [...calm, ...stream(0, fromMs), ...stream(toMs, 60_000), ...more]
  return judge(name, limit, { type: 'register', ops, slots: { one: 100, two: 6000 } }, KILL_FACTS)
}

t.test('nobody was out in a time without operations: nobody knows', async (t) => {
  const outcome = holed('longest_outage', '3s', 20_000, 26_000)
  t.match(outcome, { verdict: 'inconclusive', value: 'none seen' })
  t.match(
    outcome.explanation,
    /but slots 5461–10922 \(shard 2\) had no operation for 6\.0\d s from 19\.99 s on, and nobody knows whether clients were served then/,
  )
  t.match(holed('longest_outage', '7s', 20_000, 26_000), { verdict: 'passed', value: 'none' })
  t.match(holed('outages', 0, 20_000, 26_000), { verdict: 'inconclusive' })
  t.match(holed('outages', { at_most: 0, longer_than: '7s' }, 20_000, 26_000), { verdict: 'passed' })
  t.match(holed('outages', 0, 20_000, 20_900), { verdict: 'passed' }, 'as short as a latency')
})

t.test('it may be where operations begin or end, or in a phase', async (t) => {
  t.match(holed('longest_outage', '3s', 0, 6000), { verdict: 'inconclusive' }, 'the first of that range came late')
  t.match(holed('longest_outage', '3s', 50_000, 60_000), { verdict: 'inconclusive' }, 'and the last early')
  const inPhase = { at_most: '3s', during: 'outage' }
  t.match(holed('longest_outage', inPhase, 12_000, 18_000), { verdict: 'inconclusive' })
  t.match(holed('longest_outage', inPhase, 9000, 21_000), { verdict: 'inconclusive' }, 'all of it')
  t.match(holed('longest_outage', inPhase, 30_000, 36_000), { verdict: 'passed' }, 'in another phase')
})

t.test('an operation that waited is no hole, and what was seen to be too long stays so', async (t) => {
  const waited: Op = { f: 'write', a: 1, key: 'two', at: [20_500, 25_800] }
  t.match(holed('longest_outage', '6s', 20_000, 26_000, [waited]), { verdict: 'passed', value: /^5\.\d+ s/ })
  const out = stream(40_000, 44_000, { failed: 'CLUSTERDOWN' })
  const both = [...stream(0, 20_000), ...stream(26_000, 40_000), ...out, ...stream(44_000, 60_000)]
  const judged = judge('longest_outage', '3s', { type: 'register', ops: both, slots }, KILL_FACTS)
  t.match(judged, { verdict: 'failed', value: /^4\.00 s/ })
})

t.test('what the servers did meanwhile is known from the stall of the runner', async (t) => {
  const base = { atMs: 0, type: 'stall-seen', scenario: 0 } as const
  const events: ScenarioEvent[] = [
    { ...base, who: 'load', fromMs: 5030, toMs: 9010 },
    { ...base, who: 'runner', fromMs: 5000, toMs: 9000, servers: 'stood-still' },
    { ...base, who: 'load', fromMs: 3000, toMs: 3800 },
  ] satisfies RunEvent[]
  t.strictSame(loadStalls(events, 1000), [
    { startMs: 2000, endMs: 2800, together: false },
    { startMs: 4030, endMs: 8010, together: true },
  ])
})
