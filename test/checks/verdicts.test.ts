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
import { WORKLOAD_TYPES } from '../../runner/record/history-codes.ts'
import { KILL_FACTS, NO_FACTS } from '../support/facts.ts'
import { historyOf, type Op } from '../support/histories.ts'

const writes = (count: number): Op[] =>
  Array.from({ length: count }, (_, n): Op => ({ f: 'write', a: n + 1, at: [n, n + 0.5] }))
const judged = (ops: readonly Op[], limits: Record<string, unknown>, complete = true) =>
  judgeWorkload({ on: 'checkout', limits, history: historyOf({ type: 'register', ops, complete }), facts: NO_FACTS })

t.test('too few operations show nothing, unless they show a violation', async (t) => {
  const [few] = judged(writes(99), { max: '1s' })
  t.match(few, { on: 'checkout', name: 'max', verdict: 'inconclusive' })
  t.match(few?.explanation, /Yet 99 operations are too few to judge by: at least 100 are wanted \(`min_operations`\)\./)
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
