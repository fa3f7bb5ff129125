import t from 'tap'
import { FLAG } from '../../runner/record/history-codes.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

const write = (a: number, startMs: number, more: Partial<Op> = {}): Op => ({
  f: 'write',
  a,
  at: [startMs, startMs + 1],
  node: 'redis-node0',
  ...more,
})
const read = (r: NonNullable<Op['r']> | null, startMs: number, more: Partial<Op> = {}): Op => ({
  f: 'read',
  r,
  at: [startMs, startMs + 1],
  node: 'redis-node0',
  ...more,
})
const register = (name: string, limit: unknown, ...ops: Op[]) => judge(name, limit, { type: 'register', ops })

t.test('stale_reads: how many, how old, and from which nodes', async (t) => {
  const ops = [
    write(1, 0),
    write(2, 10),
    read(1, 31, { node: 'redis-node1', flags: FLAG.replica }),
    read(1, 21),
    read(2, 40),
  ]
  const outcome = register('stale_reads', 0, ...ops)
  t.match(outcome, { verdict: 'failed', value: '2, up to 20 ms old', amount: 2, samples: 3 })
  t.equal(
    outcome.explanation,
    '2 reads were stale, 1 of them from replicas: older than what had been acknowledged before. The oldest, of k from redis-node1 at 32 ms, ' +
      'returned what had been replaced 20 ms before it was sent.',
  )
  t.strictSame(outcome.details, [
    'redis-node0: 1 stale read of k, up to 10 ms old',
    'redis-node1: 1 stale read of k, up to 20 ms old',
  ])
  t.strictSame(
    outcome.witness?.operations.map(({ text }) => text),
    ['write 2', 'read: 1'],
  )
  t.match(register('stale_reads', { max_age: '20ms' }, ...ops), { verdict: 'passed', limit: 'none older than 20 ms' })
  t.match(register('stale_reads', { max_age: '19ms' }, ...ops), { verdict: 'failed' })
  t.match(register('stale_reads', { at_most: 1, max_age: '1s' }, ...ops), { verdict: 'failed' })
  t.throws(() => register('stale_reads', {}, ...ops), /how many reads may be stale/)
})

t.test('stale_reads: what is not certainly older is not stale', async (t) => {
  const passes = (...ops: Op[]) => t.match(register('stale_reads', 0, ...ops), { verdict: 'passed' })
  passes(write(1, 0), write(2, 10), read(1, 10.5))
  passes(write(1, 0, { at: [0, 50] }), write(2, 10), read(1, 60))
  passes(write(1, 0, { lost: 'timeout' }), write(2, 10), read(1, 60))
  passes(write(1, 0), write(2, 10, { lost: 'timeout' }), read(1, 60))
  const seen = [write(1, 0), write(2, 10, { lost: 'timeout' }), read(2, 20), read(1, 60)]
  t.match(
    register('stale_reads', 0, ...seen),
    { verdict: 'failed', value: '1, up to 39 ms old' },
    'its answer is lost, but it was read',
  )
  t.match(
    register('stale_reads', 0, write(1, 0), read(null, 5)),
    { verdict: 'failed' },
    'the key is older than its first value',
  )
  t.match(register('stale_reads', 0, write(1, 0)), { verdict: 'not-evaluated', samples: 0 })
})

t.test('stale_reads by phase', async (t) => {
  const ops = [write(1, 0), write(2, 10), read(1, 20, { phase: 'outage' }), read(2, 30, { phase: 'recovery' })]
  t.match(register('stale_reads', { at_most: 0, during: 'recovery' }, ...ops), {
    verdict: 'passed',
    samples: 1,
    explanation:
      'None of 1 read is known to have returned something older than what had been acknowledged before it began.',
  })
  t.match(register('stale_reads', 0, write(1, 0), read('bogus', 20), read(1, 30, { flags: FLAG.final })), {
    verdict: 'passed',
    explanation: /^None of 2 reads, 1 of them after the load, is known to have returned something older/,
  })
  t.match(register('stale_reads', { at_most: 0, during: 'outage' }, ...ops), { verdict: 'failed' })
  t.match(register('stale_reads', { at_most: 0, during: 'never' }, ...ops), { verdict: 'not-evaluated' })
})

t.test('resurrected: a value comes back after a newer one had been read', async (t) => {
  const back = [write(1, 0), write(2, 10), read(2, 20), read(1, 30, { node: 'redis-node1' }), read(1, 40)]
  const outcome = register('resurrected', 0, ...back)
  t.match(outcome, { verdict: 'failed', amount: 1, samples: 3 })
  t.equal(
    outcome.explanation,
    '1 value came back after a newer value, or its end, had been read: 1 of k was read from redis-node1 at 31 ms.',
  )
  t.strictSame(
    outcome.witness?.operations.map(({ text }) => text),
    ['write 1', 'read: 2', 'read: 1'],
  )
  t.match(
    register('resurrected', 0, write(1, 0), write(2, 10), read(1, 30)),
    { verdict: 'passed' },
    'nobody had seen it gone',
  )
  t.match(
    register(
      'resurrected',
      0,
      ...back.map((op) => ({ ...op, flags: op.f === 'read' && op.r === 1 ? FLAG.replica : 0 })),
    ),
    { verdict: 'passed' },
    'replicas lag',
  )
  t.match(register('resurrected', { at_most: 1 }, ...back), { verdict: 'passed' })
})

t.test('resurrected: a value with a TTL comes back after it was seen gone', async (t) => {
  const set: Op = { f: 'write', a: 1, b: 10, at: [0, 1] }
  const judged = (...ops: Op[]) => judge('resurrected', 0, { type: 'expiry', ops })
  t.match(judged(set, read(null, 20), read(1, 30)), { verdict: 'failed', amount: 1 })
  t.match(judged(read(null, -5), set, read(1, 5), read(null, 20)), { verdict: 'passed' })
  t.match(
    judged(set, read(null, 20), { f: 'write', a: 2, b: 10, at: [30, 31] }, read(2, 35)),
    { verdict: 'passed' },
    'written anew',
  )
})

t.test('unexpected: what nobody wrote, what failed, what had not begun', async (t) => {
  const foreign = register('unexpected', 0, write(1, 0), read('xyz', 10), read(7, 12))
  t.match(foreign, { verdict: 'failed', amount: 2, samples: 2 })
  t.equal(
    foreign.explanation,
    '2 reads showed what cannot have been there: "xyz" in k from redis-node0 at 11 ms, which nobody wrote to it and ' +
      '7 in k from redis-node0 at 13 ms, which nobody wrote to it.',
  )
  t.match(register('unexpected', 0, write(1, 0, { failed: 'READONLY' }), read(1, 10)), {
    verdict: 'failed',
    explanation: /whose write had definitely failed/,
  })
  t.match(register('unexpected', 0, write(1, 10), read(1, 5)), {
    verdict: 'failed',
    explanation: /before its write had begun/,
  })
  t.match(register('unexpected', 0, write(1, 0, { lost: 'timeout' }), read(1, 10), read(null, 20)), {
    verdict: 'passed',
    samples: 2,
  })
  const elsewhere = register('unexpected', 0, write(1, 0), read(1, 10, { key: 'other' }))
  t.match(elsewhere, { verdict: 'failed' }, "another key's value")
})

t.test('unexpected in sets, lists and groups', async (t) => {
  const add: Op = { f: 'add', a: 1, at: [0, 1] }
  t.match(
    judge('unexpected', 0, { type: 'set', ops: [add, read([1, 2], 5), read([1, 2], 9)] }),
    { verdict: 'failed', amount: 1 },
    'each member once',
  )
  t.match(judge('unexpected', 0, { type: 'set', ops: [add, read([1], 5)] }), { verdict: 'passed' })
  const push: Op = { f: 'push', a: 1, at: [0, 1], failed: 'CLUSTERDOWN' }
  t.match(judge('unexpected', 0, { type: 'list', ops: [push, read([1], 5)] }), {
    verdict: 'failed',
    explanation: /definitely failed/,
  })
  t.match(judge('unexpected', 0, { type: 'transaction', ops: [write(1, 0), read([1, 'x'], 5)] }), {
    verdict: 'failed',
    amount: 1,
  })
})

t.test('duplicates in lists and counters', async (t) => {
  const push = (a: number, startMs: number): Op => ({ f: 'push', a, at: [startMs, startMs + 1] })
  const twice = judge('duplicates', 0, {
    type: 'list',
    ops: [push(1, 0), push(2, 5), read([1, 2, 1, 1], 10), read([1, 2, 1, 1], 20)],
  })
  t.match(twice, { verdict: 'failed', amount: 2, explanation: '2 duplicates: 1 stands in k 3 times.' })
  t.match(judge('duplicates', 0, { type: 'list', ops: [push(1, 0), read([1], 10)] }), { verdict: 'passed', samples: 1 })
  const add = (startMs: number, more: Partial<Op> = {}): Op => ({ f: 'add', a: 2, at: [startMs, startMs + 1], ...more })
  const counted = (r: number) =>
    judge('duplicates', 0, {
      type: 'counter',
      ops: [add(0), add(2, { lost: 'timeout' }), add(4, { failed: 'ASK' }), read(r, 10)],
    })
  t.match(counted(4), { verdict: 'passed' })
  t.match(counted(6), { verdict: 'failed', amount: 2, explanation: /although all increments together make 4/ })
})

t.test('counter: bounds of every value told', async (t) => {
  const add = (startMs: number, more: Partial<Op> = {}): Op => ({ f: 'add', a: 1, at: [startMs, startMs + 1], ...more })
  const counter = (...ops: Op[]) => judge('counter', true, { type: 'counter', ops })
  t.match(counter(add(0, { r: 1 }), add(5, { r: 2 }), read(2, 10)), { verdict: 'passed', samples: 3 })
  t.match(counter(add(0), add(5), read(1, 10)), {
    verdict: 'failed',
    explanation: /k was 1 at 11 ms, although at least 2 had been acknowledged before/,
  })
  t.match(counter(add(0), add(5), read(3, 10)), {
    verdict: 'failed',
    explanation: /increments begun by then make at most 2/,
  })
  t.match(counter(add(0), add(10), read(2, 10)), { verdict: 'passed' }, 'under way')
  t.match(counter(add(0), add(5, { a: -1 }), read(0, 10)), { verdict: 'passed' })
  t.match(
    counter(add(0), add(5, { a: -1, lost: 'timeout' }), read(0, 10)),
    { verdict: 'passed' },
    'may have been taken away',
  )
  t.match(counter(add(0), add(5, { a: -1 }), read(-1, 10)), { verdict: 'failed' })
  t.match(counter(add(0, { r: 1 }), add(5, { r: 1 })), { verdict: 'failed' }, 'an increment that does not count')
  t.match(counter(read(null, 0)), { verdict: 'passed' }, 'a missing counter is 0')
})

t.test('set: what every read must hold', async (t) => {
  const add = (a: number, startMs: number, more: Partial<Op> = {}): Op => ({
    f: 'add',
    a,
    at: [startMs, startMs + 1],
    ...more,
  })
  const set = (...ops: Op[]) => judge('set', true, { type: 'set', ops })
  t.match(set(add(1, 0), add(2, 5, { lost: 'timeout' }), read([1], 10), read([1, 2], 20)), {
    verdict: 'passed',
    samples: 2,
  })
  t.match(set(add(1, 0), read([], 10)), { verdict: 'failed', explanation: /k at 11 ms lacked 1, acknowledged before/ })
  t.match(set(read([1], 0), add(1, 5)), { verdict: 'failed', explanation: /which nobody had begun to add/ })
  t.match(set(add(1, 0, { failed: 'MOVED' }), read([1], 5)), { verdict: 'failed' })
  t.match(judge('stale_reads', 0, { type: 'set', ops: [add(1, 0), read([], 10)] }), {
    verdict: 'failed',
    value: '1, up to 9 ms old',
  })
})

t.test('list_order: by time, and between reads; what is lost does not count', async (t) => {
  const push = (a: number, startMs: number, more: Partial<Op> = {}): Op => ({
    f: 'push',
    a,
    at: [startMs, startMs + 1],
    ...more,
  })
  const order = (...ops: Op[]) => judge('list_order', true, { type: 'list', ops })
  t.match(order(push(1, 0), push(2, 5), push(3, 10), read([1, 3], 20)), { verdict: 'passed' })
  t.match(order(push(1, 0), push(2, 5), read([2, 1], 20)), {
    verdict: 'failed',
    explanation: /2 stood before 1 in k at 21 ms, although its append began after/,
  })
  const overlapping = [push(1, 0, { at: [0, 10] }), push(2, 5)]
  t.match(order(...overlapping, read([2, 1], 20)), { verdict: 'passed' })
  t.match(order(...overlapping, read([2, 1], 20), read([1, 2], 30)), {
    verdict: 'failed',
    explanation: /and behind it in another read/,
  })
})

t.test('isolation: groups are read whole', async (t) => {
  const groups = (...ops: Op[]) => judge('isolation', true, { type: 'transaction', ops })
  t.match(groups(write(1, 0), read([1, 1], 5), read([1, 1], 9)), { verdict: 'passed', samples: 2 })
  const torn = groups(write(1, 0), write(2, 3), read([1, 2], 5))
  t.match(torn, {
    verdict: 'failed',
    value: '1 of 1 reads torn',
    explanation: /the group k held 1 and 2 at once at 6 ms/,
  })
  t.strictSame(
    torn.witness?.operations.map(({ text }) => text),
    ['write 1', 'write 2', 'read: [1 and 2]'],
  )
  t.match(judge('isolation', { during: 'outage' }, { type: 'transaction', ops: [read([1, 2], 5)] }), {
    verdict: 'not-evaluated',
  })
})
