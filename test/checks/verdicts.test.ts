import t from 'tap'
import { z } from 'zod'
import {
  cannotAnswer,
  checkNamed,
  checks,
  checksFor,
  FAILOVER,
  failoverChecks,
  judgeFailovers,
  judgeWorkload,
} from '../../runner/checks/index.ts'
import { FLAG, WORKLOAD_TYPES } from '../../runner/record/history-codes.ts'
import { loadLines } from '../../runner/results/load-sent.ts'
import { KILL_FACTS, NO_FACTS } from '../support/facts.ts'
import { historyOf, type Op } from '../support/histories.ts'

const writes = (count: number): Op[] =>
  Array.from({ length: count }, (_, n): Op => ({ f: 'write', a: n + 1, at: [n, n + 0.5] }))
const judged = (ops: readonly Op[], limits: Record<string, unknown>, complete = true) =>
  judgeWorkload({ on: 'checkout', limits, history: historyOf({ type: 'register', ops, complete }), facts: NO_FACTS })

t.test('too few operations show nothing, unless they show a violation', async (t) => {
  const [few] = judged(writes(99), { max: '1s' })
  t.match(few, { on: 'checkout', name: 'max', verdict: 'inconclusive' })
  t.match(
    few?.explanation,
    /Yet 99 operations with an outcome are too few to judge by: at least 100 are wanted \(`min_operations`\)\./,
  )
  t.match(judged(writes(100), { max: '1s' }), [{ verdict: 'passed' }])
  t.match(judged(writes(99), { max: '1s', min_operations: 99 }), [{ verdict: 'passed' }])
  t.match(judged(writes(500), { max: '1s', min_operations: 501 }), [{ verdict: 'inconclusive' }])
  t.match(judged(writes(5), { max: '0.1ms' }), [{ verdict: 'failed' }])
})

t.test('a history that breaks off shows no more than violations', async (t) => {
  t.match(judged(writes(200), { max: '1s' }, false), [
    { verdict: 'inconclusive', explanation: /the history breaks off/ },
  ])
  t.match(judged(writes(200), { max: '0.1ms' }, false), [{ verdict: 'failed' }])
})

t.test('nothing to judge is not evaluated', async (t) => {
  t.match(judged([], { max: '1s', linearizable: true, lost_writes: 0 }), [
    { verdict: 'not-evaluated' },
    { verdict: 'not-evaluated' },
    { verdict: 'not-evaluated' },
  ])
})

t.test('several limits of one check, each with a verdict of its own', async (t) => {
  const outcomes = judged(writes(200), { p99: ['1s', { at_most: '0.1ms' }] })
  t.match(outcomes, [
    { name: 'p99', verdict: 'passed' },
    { name: 'p99', verdict: 'failed' },
  ])
})

t.test('what a workload cannot answer', async (t) => {
  const linearizable = checkNamed('linearizable')
  if (!linearizable) throw new Error('it is gone')
  t.equal(
    cannotAnswer(linearizable, 'pubsub'),
    'a `pubsub` workload cannot answer `linearizable`; `register`, `cas`, `counter`, `set`, `list` and `transaction` can',
  )
  t.equal(cannotAnswer(linearizable, 'cas'), undefined)
  t.throws(() => judged([], { list_order: true }), /cannot answer `list_order`/)
  t.throws(() => judged([], { lost_write: 0 }), /there is no check `lost_write`/)
  t.throws(() => judged([], { p99: '20' }), /is not a duration; write it as 250ms, 15s or 2m/)
})

t.test('every type of workload has checks of what it is for, and of how it fared', async (t) => {
  for (const type of WORKLOAD_TYPES) {
    const names = checksFor(type).map(({ name }) => name)
    t.ok(
      ['longest_outage', 'error_rate', 'p99', 'max', 'throughput'].every((name) => names.includes(name)),
      type,
    )
    t.ok(names.length > 11, `${type}: ${names.join(', ')}`)
  }
  t.equal(new Set(checks.map(({ name }) => name)).size, checks.length, 'names are unique')
})

t.test('limits can be told to editors', async (t) => {
  for (const { name, limits, summary } of [...checks, ...failoverChecks]) {
    const schema = z.toJSONSchema(limits)
    t.ok(schema.anyOf, name)
    t.equal(schema.description, summary)
  }
})

t.test('failover: the longest counts, and its parts', async (t) => {
  const failed = judgeFailovers({ time: { at_most: '6s' } }, KILL_FACTS)
  t.match(failed, [
    { on: FAILOVER, name: 'time', verdict: 'failed', limit: 'at most 6.00 s', value: '6.40 s', samples: 1 },
  ])
  t.equal(
    failed[0]?.explanation,
    'The failover took 6.40 s in shard 2, caused by kill in step 4: redis-node3 became master in the place of redis-node2 at 16.40 s.',
  )
  t.match(judgeFailovers({ time: '7s', detection: '5s', election: '2s' }, KILL_FACTS), [
    { name: 'time', verdict: 'passed' },
    { name: 'detection', verdict: 'failed', value: '5.30 s' },
    { name: 'election', verdict: 'passed' },
  ])
  t.match(judgeFailovers({ client_outage: '1s' }, KILL_FACTS), [
    { verdict: 'not-evaluated', explanation: 'No write was tried on its shard: shard 2, kill in step 4.' },
  ])
  t.match(judgeFailovers({ time: '1s' }, NO_FACTS), [
    { verdict: 'not-evaluated', explanation: 'No failover was seen.' },
  ])
  t.match(judgeFailovers({ time: { at_most: '1s', shards: [1] } }, KILL_FACTS), [{ verdict: 'not-evaluated' }])
  t.match(judgeFailovers({ time: { at_most: '1s', wanted: true } }, KILL_FACTS), [{ verdict: 'not-evaluated' }])
  t.throws(() => judgeFailovers({ times: '1s' }, KILL_FACTS), /there is no check `times` of failovers/)
})

t.test('what was never sent is no evidence', async (t) => {
  const unsent = (count: number): Op[] =>
    Array.from({ length: count }, (_, n): Op => ({ f: 'write', a: 1000 + n, at: [9_000, 9_000], failed: 'unsent' }))
  const final: Op = { f: 'read', r: 27, at: [20_000, 20_001], flags: FLAG.final, node: 'redis-node0' }
  const lost = Array.from({ length: 13 }, (_, n): Op => ({ f: 'write', a: 100 + n, at: [100, 5_100], lost: 'timeout' }))
  const starved = [...writes(27), ...lost, ...unsent(410), final]
  const limits = { lost_writes: 0, error_rate: '50%', throughput: '1/s' }

  t.test('too little of what was due shows nothing', async (t) => {
    const outcomes = judged(starved, limits)
    t.match(outcomes, [
      { name: 'lost_writes', verdict: 'inconclusive', samples: 27, load: { due: 450, sent: 40 } },
      { name: 'error_rate', verdict: 'inconclusive', samples: 40, value: '32.5%' },
      { name: 'throughput', verdict: 'inconclusive' },
    ])
    t.match(
      outcomes[0]?.explanation,
      'Yet only 40 of the 450 operations that were due were sent (9%): the other 410 never left the client, so they show nothing; at least 50% are wanted (`min_sent`).',
    )
    t.strictSame(loadLines(outcomes), ['checkout sent 40 of 450 operations due (9%)'])
  })

  t.test('the scenario may say how much it wants', async (t) => {
    const enough = { min_sent: '8%', min_operations: 27 }
    t.match(judged(starved, { ...limits, ...enough }), Array(3).fill({ verdict: 'passed' }))
    t.match(judged(starved, { max: '10s', ...enough, min_operations: 28 }), [
      { verdict: 'inconclusive', explanation: /Yet 27 operations with an outcome are too few to judge by/ },
    ])
    t.throws(() => judged(starved, { max: '10s', min_sent: 'half' }), /is not a share; write it as 0% or 2.5%/)
  })

  t.test('it is no error, no outage and no end of the load', async (t) => {
    const ops = [...writes(200), ...unsent(100), final]
    t.match(judged(ops, { error_rate: '0%', longest_outage: '100ms', outages: 0, throughput: '900/s' }), [
      { verdict: 'passed', samples: 200, value: '0%' },
      { verdict: 'passed', value: 'none' },
      { verdict: 'passed' },
      { verdict: 'passed', load: { due: 300, sent: 200 } },
    ])
  })

  t.test('servers that served what they got are not to blame for the rest', async (t) => {
    t.match(judged(starved, { throughput: '1000/s' }), [
      { verdict: 'inconclusive', explanation: /5 a second\. Yet only 40 of the 450/ },
    ])
    const refused = lost.map(({ lost: _, ...op }): Op => ({ ...op, failed: 'CLUSTERDOWN' }))
    const mostlyRefused = [...writes(12), ...refused, ...unsent(410), final]
    t.match(judged(mostlyRefused, { throughput: '1000/s' }), [{ verdict: 'failed' }])
  })

  t.test('that nobody was known to serve it is an error of the cluster', async (t) => {
    const unserved = Array.from(
      { length: 50 },
      (_, n): Op => ({ f: 'write', a: 500 + n, at: [1_000 + n * 10, 1_000 + n * 10], failed: 'unserved' }),
    )
    const ops = [...writes(150), ...unserved, { f: 'write', a: 900, at: [2_000, 2_001] } as const, final]
    t.match(judged(ops, { error_rate: '20%', longest_outage: '100ms' }), [{ verdict: 'failed' }, { verdict: 'failed' }])
  })
})

t.test('a load without a rate owes nothing', async (t) => {
  const [outcome] = judged(writes(200), { max: '1s' })
  t.equal(outcome?.load, undefined)
  t.strictSame(loadLines(outcome ? [outcome] : []), [])
})
