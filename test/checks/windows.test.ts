import t from 'tap'
import { judgeWorkload } from '../../runner/checks/index.ts'
import { FLAG } from '../../runner/record/history-codes.ts'
import { KILL_FACTS, NO_FACTS } from '../support/facts.ts'
import { historyOf, type Op } from '../support/histories.ts'

/** In KILL_FACTS, slot 6000 is in shard 2, which fails over from 10.00 s to 16.40 s, and slot 100 in shard 1. */
const SLOTS = { failing: 6000, calm: 100 }

let last = 0
/** Writes of ever new values, one each ms from `fromMs` on. */
const writes = (key: string, count: number, fromMs: number, phase?: string): Op[] =>
  Array.from({ length: count }, (_, n): Op => {
    last += 1
    return {
      f: 'write',
      a: last,
      key,
      at: [fromMs + n, fromMs + n + 0.5],
      node: 'redis-node2',
      ...(phase && { phase }),
    }
  })

/** Judges these, and a final read of the last write that was acknowledged. */
function judged(ops: readonly Op[], limits: Record<string, unknown>, facts = KILL_FACTS) {
  const newest = ops.findLast(({ f, failed, lost }) => f === 'write' && failed === undefined && lost === undefined)
  const final: Op = { f: 'read', key: newest?.key ?? '', r: newest?.a ?? null, at: [50_000, 50_001], flags: FLAG.final }
  const history = historyOf({ type: 'register', ops: [...ops, final], slots: SLOTS })
  return judgeWorkload({ on: 'checkout', limits, history, facts })
}

t.test('that nothing was lost in a failover needs writes right before it', async (t) => {
  const long = writes('failing', 200, 1_000)
  const [thin] = judged([...long, ...writes('failing', 9, 9_500)], { lost_writes: 0 })
  t.match(thin, { verdict: 'inconclusive', samples: 209 })
  t.match(
    thin?.explanation,
    'Yet only 9 writes were acknowledged in shard 2 around its failover (kill in step 4), between 9.00 s and 16.40 s: what went wrong there would hardly have been seen; at least 10 are wanted (`min_in_window`). A `wait: 2s` before what causes it, or a higher rate, would show more.',
  )
  const enough = [...writes('failing', 200, 1_000), ...writes('failing', 10, 9_500)]
  t.match(judged(enough, { lost_writes: 0 }), [{ verdict: 'passed' }])
  t.match(judged(enough, { lost_writes: 0, min_in_window: 11 }), [{ verdict: 'inconclusive' }])
  t.match(judged(long, { lost_writes: 0, min_in_window: 0 }), [{ verdict: 'passed' }])
})

t.test('what to do follows from why writes before it were not acknowledged', async (t) => {
  const [long, before] = [writes('failing', 200, 1_000), writes('failing', 50, 9_500)]
  const told = (ops: readonly Op[]) => judged([...long, ...ops], { lost_writes: 0 })[0]?.explanation
  t.match(
    told(before.map((op): Op => ({ ...op, lost: 'unreplicated' }))),
    '50 writes that were due before it were not acknowledged: 50 unreplicated. Too few replicas had them in time: a longer `timeout` in its `wait`,',
  )
  t.match(
    told(before.map((op): Op => ({ ...op, failed: 'unsent' }))),
    'No client was free to send them: more `clients`',
  )
  const mixed = before.map((op, n): Op => (n < 20 ? { ...op, failed: 'CLUSTERDOWN' } : { ...op, lost: 'timeout' }))
  t.match(told(mixed), 'not acknowledged: 30 timeout and 20 CLUSTERDOWN. A longer `timeout` of the workload')
  t.match(told(before.map((op): Op => ({ ...op, failed: 'CLUSTERDOWN' }))), 'Look at what kept them from that.')
  const busy = before.map((op, n): Op => (n < 12 ? { ...op, lost: 'unreplicated' } : { ...op, failed: 'unsent' }))
  t.match(
    told(busy),
    'not acknowledged: 38 unsent and 12 unreplicated. Too few replicas had them',
    'these kept them busy',
  )
  const after = before.map((op): Op => ({ ...op, at: [op.at[0] + 1000, op.at[1] + 1000], failed: 'CLUSTERDOWN' }))
  t.match(told(after), 'A `wait: 2s` before what causes it', 'nothing is acknowledged in the outage itself')
})

t.test('where a cut went before it, what was acknowledged before the cut counts', async (t) => {
  const cut = { step: '3', verb: 'partition', nodes: ['redis-node2'], shards: [2], startMs: 8_000, endMs: 20_000 }
  const cutFacts = { ...KILL_FACTS, faults: [cut, ...KILL_FACTS.faults] }
  const ops = [...writes('failing', 200, 1_000), ...writes('failing', 10, 7_500)]
  t.match(judged(ops, { lost_writes: 0 }, cutFacts), [{ verdict: 'passed' }])
  const healed = { ...cutFacts, faults: [{ ...cut, endMs: 9_900 }] }
  t.match(judged(ops, { lost_writes: 0 }, healed), [{ verdict: 'inconclusive' }])
})

t.test('where its master hands over as it is stopped, what was acknowledged before the stop counts', async (t) => {
  const [failover] = KILL_FACTS.failovers
  if (!failover) throw new Error('there is none')
  const stop = { step: '3', verb: 'stop', nodes: [failover.from], shards: [2], startMs: 8_000, endMs: 20_000 }
  const ops = [...writes('failing', 200, 1_000), ...writes('failing', 10, 7_500)]
  t.match(judged(ops, { lost_writes: 0 }, { ...KILL_FACTS, faults: [stop] }), [{ verdict: 'passed' }])
  const another = { ...stop, nodes: ['redis-node5'] }
  t.match(judged(ops, { lost_writes: 0 }, { ...KILL_FACTS, faults: [another] }), [{ verdict: 'inconclusive' }])
})

t.test('writes after it, and those that were refused, are not among them', async (t) => {
  const refused = writes('failing', 50, 9_500).map((op): Op => ({ ...op, failed: 'CLUSTERDOWN' }))
  const lost = writes('failing', 50, 9_600).map((op): Op => ({ ...op, lost: 'timeout' }))
  const ops = [...writes('failing', 200, 1_000), ...refused, ...lost, ...writes('failing', 50, 16_500)]
  t.match(judged(ops, { lost_writes: 0 }), [
    { verdict: 'inconclusive', explanation: /Yet no write was acknowledged in shard 2 around its failover/ },
  ])
})

t.test('a failover of a shard that the load never touched is none of its claims', async (t) => {
  t.match(judged(writes('calm', 200, 1_000), { lost_writes: 0 }), [{ verdict: 'passed' }])
  const [failover] = KILL_FACTS.failovers
  if (!failover) throw new Error('there is none')
  const undone = { ...KILL_FACTS, failovers: [{ ...failover, outcome: 'not promoted' as const }] }
  t.match(judged(writes('failing', 200, 1_000), { lost_writes: 0 }, undone), [{ verdict: 'passed' }])
  t.match(judged(writes('failing', 200, 1_000), { lost_writes: 0 }, NO_FACTS), [{ verdict: 'passed' }])
})

t.test('reads count for what is judged by reads', async (t) => {
  const ops = writes('failing', 200, 1_000)
  const reads = Array.from(
    { length: 10 },
    (_, n): Op => ({
      ...{ f: 'read', key: 'failing', r: last, node: 'redis-node2', at: [9_500 + n, 9_500.5 + n] },
    }),
  )
  t.match(judged([...ops, ...reads], { lost_writes: 0, linearizable: true }), [
    { name: 'lost_writes', verdict: 'inconclusive' },
    { name: 'linearizable', verdict: 'passed' },
  ])
})

t.test('that nobody was out needs operations around a failover of the shards that are asked for', async (t) => {
  t.match(
    judged(writes('failing', 200, 1_000), {
      longest_outage: ['1s', { at_most: '1s', shards: 'untouched' }, { at_most: '1s', shards: [2] }],
      outages: 0,
    }).map(({ name, verdict }) => `${name} ${verdict}`),
    [
      'longest_outage inconclusive',
      'longest_outage not-evaluated',
      'longest_outage inconclusive',
      'outages inconclusive',
    ],
  )
  const enough = writes('failing', 8_510, 1_000)
  t.match(judged(enough, { longest_outage: '1s' }), [{ verdict: 'passed', value: 'none' }])
})

t.test('what is measured of the whole run is no claim about the failover', async (t) => {
  t.match(judged(writes('failing', 200, 1_000), { p99: '1s', error_rate: '0%', throughput: '1/s' }), [
    { verdict: 'passed' },
    { verdict: 'passed' },
    { verdict: 'passed' },
  ])
})

t.test('a claim about a phase needs operations in that phase', async (t) => {
  const calm = writes('calm', 200, 1_000)
  const few = judged([...calm, ...writes('calm', 9, 21_000, 'recovery')], {
    lost_writes: { at_most: 0, during: 'recovery' },
    error_rate: { at_most: '0%', during: 'recovery' },
    p99: { at_most: '1s', during: 'recovery' },
    outages: { at_most: 0, during: 'recovery' },
  })
  t.match(few, Array(4).fill({ verdict: 'inconclusive', samples: 9 }))
  t.match(
    few[1]?.explanation,
    'Yet only 9 of what it judges lie in the phase recovery (20.00 s to 60.00 s): at least 10 are wanted (`min_in_window`).',
  )
  const enough = [...writes('calm', 200, 1_000), ...writes('calm', 10, 21_000, 'recovery')]
  t.match(judged(enough, { error_rate: { at_most: '0%', during: 'recovery' } }), [{ verdict: 'passed' }])
  t.match(judged(calm, { error_rate: { at_most: '0%', during: 'recovery' } }), [{ verdict: 'not-evaluated' }])
})

t.test('an outage and a rate tell of themselves, however few operations show them', async (t) => {
  const out: Op = { f: 'write', a: 9_001, key: 'calm', at: [12_000, 12_001], failed: 'CLUSTERDOWN', phase: 'outage' }
  const back: Op = { f: 'write', a: 9_002, key: 'calm', at: [12_050, 12_051], phase: 'outage' }
  t.match(
    judged([...writes('calm', 200, 11_700, 'outage').slice(0, 5), ...writes('calm', 200, 1_000), out, back], {
      longest_outage: { at_most: '15s', during: 'outage' },
      throughput: { at_least: '0.1/s', during: 'outage' },
    }),
    [{ verdict: 'passed' }, { verdict: 'passed' }],
  )
})
