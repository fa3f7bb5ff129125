import t from 'tap'
import { KILL_FACTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

const publish = (a: number, startMs: number, more: Partial<Op> = {}): Op => ({
  f: 'publish',
  a,
  r: 1,
  at: [startMs, startMs + 1],
  client: 0,
  ...more,
})
const moment = (f: 'subscribe' | 'unsubscribe' | 'deliver', atMs: number, more: Partial<Op> = {}): Op => ({
  f,
  at: [atMs, atMs],
  client: 1,
  ...more,
})
const end = publish(99, 30_000)
const pubsub = (name: string, ops: readonly Op[], limit: unknown = 0) =>
  judge(name, limit, { type: 'pubsub', ops, slots: { k: 6000 } }, KILL_FACTS)

t.test('lost_messages: published while subscribed, and never delivered', async (t) => {
  const ops = [
    moment('subscribe', 0),
    publish(1, 100),
    moment('deliver', 102, { a: 1 }),
    publish(2, 9_099, { r: 0 }),
    publish(3, 9_300),
    end,
  ]
  const outcome = pubsub('lost_messages', ops)
  t.match(outcome, { verdict: 'failed', value: '2 of 3', amount: 2, samples: 3 })
  t.equal(
    outcome.explanation,
    '2 of 3 messages due to subscribers were never delivered, although they were subscribed from before the message was published; ' +
      'the first was published 900 ms before `kill` in step 4. Of 1 the server itself said that nobody received them.',
  )
  t.strictSame(outcome.details, ['k (slot 6000): 2: 2 to subscriber 1 and 3 to subscriber 1'])
  t.match(pubsub('lost_messages', ops, 2), { verdict: 'passed' })
})

t.test('lost_messages: only what was due', async (t) => {
  const passes = (...ops: Op[]) => t.match(pubsub('lost_messages', [...ops, end]), { verdict: 'passed', samples: 1 })
  const heard = [moment('subscribe', 0), publish(1, 100), moment('deliver', 102, { a: 1 })]
  passes(...heard, publish(2, 200, { lost: 'timeout' }))
  passes(...heard, publish(2, 200, { failed: 'MOVED' }))
  passes(...heard, moment('unsubscribe', 1500), publish(2, 1600), moment('subscribe', 1700))
  passes(...heard, moment('unsubscribe', 2500), publish(2, 2400))
  passes(...heard, publish(2, 29_500))
  t.match(pubsub('lost_messages', [publish(1, 0), end]), { verdict: 'not-evaluated' }, 'nobody was subscribed')
  const two = [...heard, moment('subscribe', 0, { client: 2 }), end]
  t.match(pubsub('lost_messages', two), { verdict: 'failed', value: '1 of 2' }, 'each subscriber counts')
})

t.test('duplicates and unexpected messages', async (t) => {
  const twice = [
    publish(1, 0),
    moment('deliver', 2, { a: 1 }),
    moment('deliver', 3, { a: 1 }),
    moment('deliver', 3, { a: 1, client: 2 }),
  ]
  t.match(pubsub('duplicates', twice), {
    verdict: 'failed',
    amount: 1,
    explanation: '1 duplicate: message 1 of k came to subscriber 1 2 times.',
  })
  t.match(pubsub('unexpected', [publish(1, 0), moment('deliver', 2, { a: 7 })]), { verdict: 'failed', amount: 1 })
  t.match(pubsub('unexpected', [publish(1, 0), moment('deliver', 2, { a: 1 })]), { verdict: 'passed', samples: 1 })
})

t.test('expiry: neither gone before its time nor there after it', async (t) => {
  const set = (a: number, startMs: number, ttlMs: number | null, more: Partial<Op> = {}): Op => ({
    f: 'write',
    a,
    b: ttlMs,
    at: [startMs, startMs + 1],
    ...more,
  })
  const read = (r: number | null, startMs: number): Op => ({
    f: 'read',
    r,
    at: [startMs, startMs + 1],
    node: 'redis-node1',
  })
  const expiry = (limit: unknown, ...ops: Op[]) => judge('expiry', limit, { type: 'expiry', ops })
  t.match(expiry(true, set(1, 0, 1000), read(1, 900), read(null, 1100)), { verdict: 'passed', samples: 2 })
  const early = expiry(true, set(1, 0, 1000), read(null, 500))
  t.match(early, { verdict: 'failed', limit: 'at most 100 ms early, 100 ms late' })
  t.equal(
    early.explanation,
    '1 read missed a key before its time, 0 reads found one after it: 1 of k was gone on redis-node1 at 501 ms, 499 ms before its time.',
  )
  t.match(expiry(true, set(1, 0, null), read(null, 500)), { verdict: 'failed', explanation: /although it has no TTL/ })
  t.match(expiry(true, set(1, 0, 1000), read(1, 1200)), {
    verdict: 'failed',
    explanation: /was there on redis-node1 at 1.20 s, 199 ms after its time/,
  })
  t.match(expiry({ late: '1s' }, set(1, 0, 1000), read(1, 1200)), { verdict: 'passed' })
  t.match(expiry({ early: '1s' }, set(1, 0, 1000), read(null, 500)), { verdict: 'passed' })
  t.match(expiry(true, read(null, 0), set(1, 5, 1000)), { verdict: 'passed' }, 'before the first write')
  t.match(
    expiry(true, set(1, 0, 10_000), set(2, 5, 100, { lost: 'timeout' }), read(null, 5000)),
    { verdict: 'passed' },
    'the second may have been the last',
  )
  t.match(
    expiry(true, set(1, 0, 10_000), set(2, 5, 100), read(2, 20), set(3, 30, 10_000), read(null, 5000)),
    { verdict: 'failed' },
    'the third was the last',
  )
  t.match(
    expiry(
      true,
      set(1, 0, 10_000),
      set(2, 5, 100, { lost: 'timeout' }),
      read(2, 20),
      set(3, 30, 10_000),
      read(null, 5000),
    ),
    { verdict: 'failed' },
    'what was read had come',
  )
})
