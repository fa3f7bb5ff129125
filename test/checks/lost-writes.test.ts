import t from 'tap'
import { FLAG } from '../../runner/record/history-codes.ts'
import type { RunFacts } from '../../runner/results/run-facts.ts'
import { KILL_FACTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

const write = (a: number, startMs: number, more: Partial<Op> = {}): Op => ({
  f: 'write',
  a,
  at: [startMs, startMs + 1],
  node: 'redis-node2',
  ...more,
})
const read = (r: number | string | null, startMs: number, more: Partial<Op> = {}): Op => ({
  f: 'read',
  r,
  at: [startMs, startMs + 1],
  node: 'redis-node3',
  ...more,
})
const final = (r: NonNullable<Op['r']> | null, more: Partial<Op> = {}): Op => ({
  f: 'read',
  r,
  at: [50_000, 50_001],
  node: 'redis-node3',
  flags: FLAG.final,
  ...more,
})
const slots = { k: 6000, j: 7000, i: 100 }
const lost = (ops: readonly Op[], limit: unknown = 0) =>
  judge('lost_writes', limit, { type: 'register', ops, slots }, KILL_FACTS)

t.test('all is told of what was lost: how much, where, when, and who had it', async (t) => {
  const outcome = lost([
    write(1, 1000),
    write(2, 9187),
    write(3, 9990),
    write(4, 9991, { key: 'j' }),
    final(1),
    final(null, { key: 'j' }),
  ])
  t.match(outcome, { verdict: 'failed', limit: '0', value: '3', amount: 3, samples: 4 })
  t.equal(
    outcome.explanation,
    '3 acknowledged writes on slots 5461–10922 (shard 2) were lost; the oldest was acknowledged 812 ms before `kill` in step 4; ' +
      'all were on redis-node2 and never reached redis-node3.',
  )
  t.strictSame(outcome.details, [
    'shard 2: 3 on 2 keys, slots 6000 and 7000; 3 acknowledged during step 3 (all is well); ' +
      'the newest was acknowledged 8 ms before `kill` in step 4; redis-node3 became master with epoch 7 at 16.40 s',
    'lost: k (2, 3), j (4)',
  ])
  t.match(outcome.witness, {
    more: 2,
    operations: [
      { text: 'write 2', node: 'redis-node2', key: 'k' },
      { text: 'read: 1', node: 'redis-node3' },
    ],
  })
})

t.test('one lost write, in a shard that no fault touched', async (t) => {
  const outcome = lost([
    write(1, 500, { key: 'i', node: 'redis-node0' }),
    final(null, { key: 'i', node: 'redis-node0' }),
  ])
  t.equal(
    outcome.explanation,
    '1 acknowledged write on slots 0–5460 (shard 1) was lost; it was acknowledged 501 ms after the start, in a shard that no fault touched; ' +
      'it was on redis-node0, which no longer has it.',
  )
})

t.test('a loss in a planned failover is told by the step that it fell into', async (t) => {
  const planned: RunFacts = {
    ...KILL_FACTS,
    faults: [],
    steps: [
      { path: '1', verb: 'wait', name: 'wait 2s', targets: [], startMs: 0, endMs: 2_000 },
      { path: '2', verb: 'failover', name: 'fail over to redis-node3', targets: [], startMs: 2_000, endMs: 2_100 },
      { path: '3', verb: 'wait', name: 'wait 1s', targets: [], startMs: 2_100, endMs: 3_000 },
    ],
    failovers: [
      {
        ...{ shard: 2, from: 'redis-node2', to: 'redis-node3', cause: 'failover in step 2', wanted: true },
        ...{ startMs: 2_001, totalMs: 50, clientsBack: true },
      },
    ],
  }
  const lostAt = (...times: number[]) =>
    judge(
      'lost_writes',
      0,
      {
        type: 'register',
        slots: { k: 6000 },
        ops: [...times.map((at, n) => write(n + 1, at)), final(null, { node: 'redis-node3' })],
      },
      planned,
    )
  const during = lostAt(2_010, 2_020)
  t.match(
    during.explanation,
    /were lost; the oldest was acknowledged 10 ms after `failover` in step 2 began; all were on/,
  )
  t.match(during.details, [/2 acknowledged during step 2 \(fail over to redis-node3\)/])
  t.match(lostAt(1_990).explanation, /was lost; it was acknowledged 10 ms before `failover` in step 2;/)
})

t.test('what may have been overwritten is not lost', async (t) => {
  t.match(lost([write(1, 0), write(2, 10), final(2)]), { verdict: 'passed', samples: 2 }, 'by a later write')
  t.match(lost([write(1, 0, { at: [0, 20] }), write(2, 10), final(1)]), { verdict: 'passed' }, 'by a concurrent one')
  const timedOut = write(1, 0, { lost: 'timeout' })
  t.match(lost([timedOut, write(2, 10), final(1)]), { verdict: 'passed' }, 'by one without an answer, however late')
  const seen = [timedOut, read(1, 5), write(2, 10), final(1)]
  t.match(lost(seen), { verdict: 'failed', amount: 1 }, 'but not by one that was there before')
  t.match(lost([write(1, 0, { failed: 'CLUSTERDOWN' }), write(2, 10, { lost: 'timeout' }), final(null)]), {
    verdict: 'not-evaluated',
  })
})

t.test('a value that nobody wrote has replaced what was there', async (t) => {
  t.match(lost([write(1, 0), write(2, 10), final('stranger')]), { verdict: 'failed', amount: 1 }, 'the last write')
})

t.test('writes that were rolled back and then overwritten are found in the reads', async (t) => {
  const rolledBack = [
    write(1, 0),
    write(2, 10),
    read(2, 15, { node: 'redis-node2' }),
    read(1, 20),
    write(3, 30, { node: 'redis-node3' }),
    final(3),
  ]
  t.match(lost(rolledBack), { verdict: 'failed', amount: 1 }, 'the new master went on with what it had')
  const stale = [write(1, 0), write(2, 10), read(1, 20), read(2, 30, { node: 'redis-node2' }), final(2)]
  t.match(lost(stale), { verdict: 'passed' }, 'it was there again: that was a stale read')
  const oldMaster = [
    write(1, 0),
    write(2, 10, { node: 'redis-node3' }),
    read(1, 20, { node: 'redis-node2' }),
    write(3, 30, { node: 'redis-node3' }),
    final(3),
  ]
  t.match(lost(oldMaster), { verdict: 'passed' }, 'an old master that did not know of it')
  const emptied = [write(1, 9000), read(null, 21_000, { node: 'redis-node2' }), write(3, 22_000), final(3)]
  t.match(lost(emptied), { verdict: 'failed', amount: 1 }, 'the same node has lost it in a fault')
  const lying = [write(1, 0), write(2, 10), read(1, 20, { node: 'redis-node2' }), write(3, 30), final(3)]
  t.match(lost(lying), { verdict: 'passed' }, 'nothing befell the node: that was a stale read')
  const replica = [
    write(1, 0),
    write(2, 10),
    read(1, 20, { flags: FLAG.replica }),
    write(3, 30, { node: 'redis-node3' }),
    final(3),
  ]
  t.match(lost(replica), { verdict: 'passed' }, 'a replica proves nothing')
  const nobody = [write(1, 0), write(2, 10), { f: 'read', r: 1, at: [20, 21] } as Op, write(3, 30), final(3)]
  t.match(lost(nobody), { verdict: 'passed' }, 'nor does a node that is not known')
})

t.test('a key that cannot be read back leaves the question open', async (t) => {
  const unread = lost([write(1, 0), write(1, 0, { key: 'j' }), final(1)])
  t.match(unread, { verdict: 'inconclusive', samples: 1 })
  t.match(unread.explanation, /1 key with acknowledged writes could not be read back from the masters \(j\)/)
  t.match(lost([write(1, 0)]), { verdict: 'not-evaluated', explanation: /no key could be read back after the run/ })
  t.match(lost([final(null)]), { verdict: 'not-evaluated', explanation: /there was no acknowledged write/ })
  t.match(
    lost([write(1, 0), write(1, 0, { key: 'j' }), final(null)]),
    { verdict: 'failed' },
    'what is known to be lost is lost',
  )
})

t.test('limits', async (t) => {
  const two = [write(1, 0), write(2, 9_995), write(3, 10_100, { phase: 'outage' }), final(1)]
  t.match(lost(two, { at_most: 2 }), { verdict: 'passed', limit: 'at most 2', explanation: /the limit allows it/ })
  t.match(lost(two, { at_most: 1 }), { verdict: 'failed', amount: 2 })
  t.match(lost(two, { at_most: 0, during: 'outage' }), {
    verdict: 'failed',
    amount: 1,
    limit: 'at most 0 during outage',
  })
  const kept = [write(1, 0, { phase: 'recovery' }), write(2, 9_995), write(3, 10_100), final(1)]
  t.match(lost(kept, { at_most: 0, during: 'recovery' }), { verdict: 'passed', amount: 0, samples: 1 })
  t.throws(() => lost(two, {}), /how many may be lost/)
  t.throws(() => lost(two, -1))
  t.throws(() => lost(two, { at_most: 1, shape: 'prefix' }))
})

t.test('shape: what is lost must be a tail of what one master acknowledged', async (t) => {
  const tail = [write(1, 0), write(2, 10, { key: 'j' }), write(3, 20), final(1), final(2, { key: 'j' })]
  t.match(lost(tail, { shape: 'suffix' }), {
    verdict: 'passed',
    explanation: /the tail of what the old master had acknowledged/,
  })
  const hole = [write(1, 0), write(2, 10), write(3, 20, { key: 'j' }), final(1), final(3, { key: 'j' })]
  const found = lost(hole, { at_most: 5, shape: 'suffix' })
  t.match(found, { verdict: 'failed', explanation: /What is lost is not a tail/ })
  t.strictSame(
    found.witness?.operations.map(({ text }) => text),
    ['write 2', 'write 3'],
  )
  t.match(lost(hole, { at_most: 0, shape: 'suffix' }), { verdict: 'failed', explanation: /was lost/ })
  const elsewhere = hole.map((op) => (op.key === 'j' ? { ...op, key: 'i', node: 'redis-node0' } : op))
  t.match(lost(elsewhere, { shape: 'suffix' }), { verdict: 'passed' }, 'another shard has an order of its own')
  const overlapping = [
    write(1, 0),
    write(2, 10, { at: [10, 30] }),
    write(3, 20, { key: 'j' }),
    final(1),
    final(3, { key: 'j' }),
  ]
  t.match(lost(overlapping, { shape: 'suffix' }), { verdict: 'passed' }, 'their order is not known')
  const successor = [
    write(1, 0),
    write(2, 10),
    write(3, 20, { key: 'j', node: 'redis-node3' }),
    final(1),
    final(3, { key: 'j' }),
  ]
  t.match(lost(successor, { shape: 'suffix' }), { verdict: 'passed' }, 'the survivor is of the new master')
  const restarted = [write(2, 9000), write(3, 21_000, { key: 'j' }), final(null), final(3, { key: 'j' })]
  t.match(lost(restarted, { shape: 'suffix' }), { verdict: 'passed' }, 'the master was killed in between')
  const nowhere = [{ f: 'write', a: 1, at: [0, 1] } as Op, final(null)]
  t.match(lost(nowhere, { shape: 'suffix' }), { verdict: 'inconclusive', explanation: /not known which node/ })
})

t.test('within: what is lost must have been acknowledged shortly before the fault', async (t) => {
  const tail = [write(1, 0), write(2, 9187), write(3, 9990), final(1)]
  t.match(lost(tail, { within: '2s' }), {
    verdict: 'passed',
    amount: 2,
    limit: 'only what was acknowledged within 2s before the fault',
    explanation: /acknowledged 812 ms before `kill` in step 4; .*the limit allows it/,
  })
  const found = lost(tail, { within: '500ms', shape: 'suffix' })
  t.match(found, {
    verdict: 'failed',
    explanation: /One was acknowledged 812 ms before the fault, and the limit is 500ms/,
  })
  t.equal(found.witness?.operations[0]?.text, 'write 2')
  t.match(lost(tail, { within: '2s', at_most: 1 }), { verdict: 'failed' }, 'and no more than so many')
  t.match(
    lost([write(1, 0), write(2, 9_999.5), final(1)], { within: '0ms' }),
    { verdict: 'passed' },
    'while it went on',
  )
  t.match(lost([write(1, 0), final(1)], { within: '2s' }), { verdict: 'passed', amount: 0 })
  const unexplained = [write(1, 0, { key: 'i' }), final(null, { key: 'i' })]
  t.match(lost(unexplained, { within: '2s' }), { verdict: 'failed', explanation: /no fault of its shard went on/ })
  t.throws(() => lost(tail, { within: 'soon' }), /is not a duration/)
})

t.test('members of sets and elements of lists', async (t) => {
  const add = (f: 'add' | 'push', a: number): Op => ({ f, a, at: [a * 10, a * 10 + 1], node: 'redis-node2' })
  for (const [type, f] of [
    ['set', 'add'],
    ['list', 'push'],
  ] as const) {
    const ops = [add(f, 1), add(f, 2), { ...add(f, 3), lost: 'timeout' as const }]
    t.match(judge('lost_writes', 0, { type, ops: [...ops, final([1, 2])], slots }), { verdict: 'passed', samples: 2 })
    t.match(judge('lost_writes', 0, { type, ops: [...ops, final([1])], slots }), { verdict: 'failed', amount: 1 })
  }
})

t.test('increments of counters', async (t) => {
  const add = (startMs: number, more: Partial<Op> = {}): Op => ({ f: 'add', a: 2, at: [startMs, startMs + 1], ...more })
  const counters = (...ops: Op[]) => judge('lost_writes', 0, { type: 'counter', ops, slots }, KILL_FACTS)
  t.match(counters(add(0), add(1), add(2, { lost: 'timeout' }), final(4)), { verdict: 'passed', samples: 2 })
  const short = counters(add(0), add(1), add(2), final(1))
  t.match(short, { verdict: 'failed', amount: 3 })
  t.equal(
    short.explanation,
    'at least 3 acknowledged increments of 1 counter on slots 5461–10922 (shard 2) were lost: k ended at 1.',
  )
  const phased = judge(
    'lost_writes',
    { at_most: 0, during: 'outage' },
    { type: 'counter', ops: [add(0, { phase: 'outage' }), final(0)], slots },
  )
  t.match(phased, { verdict: 'inconclusive', explanation: /nobody can say which increments/ })
  t.match(counters(add(0), final(null)), { verdict: 'failed', amount: 1, explanation: /k ended at nothing/ })
})

t.test('values with a TTL may be gone when it has passed, and not before', async (t) => {
  const set = (a: number, startMs: number, ttlMs: number | null): Op => ({
    f: 'write',
    a,
    b: ttlMs,
    at: [startMs, startMs + 1],
  })
  const judged = (...ops: Op[]) => judge('lost_writes', 0, { type: 'expiry', ops, slots })
  t.match(judged(set(1, 0, 1000), final(null)), { verdict: 'passed' })
  t.match(judged(set(1, 0, 60_000), final(null)), { verdict: 'failed', amount: 1 })
  t.match(judged(set(1, 0, null), final(null)), { verdict: 'failed', amount: 1 })
  t.match(judged(set(1, 0, 60_000), set(2, 10, 1000), final(null)), { verdict: 'passed' }, 'the last one has expired')
  t.match(
    judged(set(1, 0, 60_000), { ...set(2, 10, 1000), lost: 'timeout' }, final(null)),
    { verdict: 'passed' },
    'it may have been the last',
  )
})

t.test('a group of which one key is older has lost what the others show', async (t) => {
  const group = (r: number[]) =>
    judge('lost_writes', 0, { type: 'transaction', ops: [write(1, 0), write(2, 10), final(r)], slots })
  t.match(group([2, 2, 2]), { verdict: 'passed' })
  t.match(group([2, 1, 2]), { verdict: 'failed', amount: 1 })
})
