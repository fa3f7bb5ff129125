import t from 'tap'
import type { RunEvent, ScenarioEvent } from '../../runner/record/events.ts'
import { loadStalls } from '../../runner/results/stalls.ts'
import { KILL_FACTS } from '../support/facts.ts'
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
