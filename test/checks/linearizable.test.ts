import t from 'tap'
import { Evidence } from '../../runner/checks/evidence.ts'
import { searchFairly } from '../../runner/checks/linearizable/fair-search.ts'
import { judgeLinearizability } from '../../runner/checks/linearizable/judge.ts'
import { IMPOSSIBLE, type Problem } from '../../runner/checks/linearizable/search.ts'
import { contradictingOperations } from '../../runner/checks/linearizable/shrink.ts'
import { KILL_FACTS, NO_FACTS } from '../support/facts.ts'
import { historyOf, type Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

const write = (a: number, startMs: number, endMs = startMs + 1, more: Partial<Op> = {}): Op => ({
  f: 'write',
  a,
  at: [startMs, endMs],
  ...more,
})
const read = (r: number | null, startMs: number, endMs = startMs + 1, more: Partial<Op> = {}): Op => ({
  f: 'read',
  r,
  at: [startMs, endMs],
  ...more,
})
const cas = (b: number | null, a: number, startMs: number, more: Partial<Op> = {}): Op => ({
  f: 'cas',
  b,
  a,
  at: [startMs, startMs + 1],
  ...more,
})

t.test('a violation is told by the few operations that contradict each other', async (t) => {
  const noise = Array.from({ length: 50 }, (_, n) => [
    write(100 + n, n * 10, n * 10 + 1),
    read(100 + n, n * 10 + 2),
  ]).flat()
  const ops = [...noise, write(1, 1000), write(2, 1010), read(1, 1020), read(2, 1030)]
  const outcome = judge('linearizable', true, { type: 'register', ops, slots: { k: 6000 } }, KILL_FACTS)
  t.match(outcome, { verdict: 'failed', value: '1 of 1 key not linearizable', amount: 1 })
  t.equal(
    outcome.explanation,
    '1 key (shard 2) is not linearizable. k: 1 was there by 1.00 s, before the last operation on 2 began (at 1.03 s), so 2 came later; but 2 was there ' +
      'by 1.01 s, before an operation began (at 1.02 s) that still saw 1: it came back after it had been replaced.',
  )
  t.strictSame(
    outcome.witness?.operations.map(({ text }) => text),
    ['write 1', 'write 2', 'read: 1', 'read: 2'],
  )
})

t.test('an empty key after a write', async (t) => {
  const outcome = judge('linearizable', true, { type: 'register', ops: [write(1, 0), read(null, 10)] })
  t.match(
    outcome.explanation,
    /1 was there by 1 ms, before an operation began \(at 10 ms\) that still saw nothing, the state of a key that nobody has written/,
  )
})

t.test('what compare-and-sets tell', async (t) => {
  const fails = (why: RegExp, ...ops: Op[]) =>
    t.match(judge('linearizable', true, { type: 'cas', ops }), { verdict: 'failed', explanation: why })
  fails(/two compare-and-sets replaced 1, which was there only once/, write(1, 0), cas(1, 2, 10), cas(1, 3, 20))
  fails(/a compare-and-set found 9, which nobody had written/, write(1, 0), cas(9, 2, 10))
  fails(/whose write had definitely failed/, write(1, 0, 1, { failed: 'READONLY' }), cas(1, 2, 10))
  fails(/succeeded although it found 7/, write(1, 0), cas(1, 2, 10, { r: 7 }))
  fails(/was refused although it found 1/, write(1, 0), cas(1, 2, 10, { r: 1, failed: 'mismatch' }))
  fails(/replaced each other in a circle/, cas(2, 1, 0), cas(1, 2, 0))
  fails(/put 2 behind 1, but 2 was there by/, write(1, 0), cas(1, 2, 10), read(1, 20))
  fails(
    /no order of its operations agrees/,
    write(1, 0),
    read(1, 5),
    cas(1, 2, 10, { failed: 'mismatch' }),
    read(1, 20),
  )
  t.match(
    judge('linearizable', true, {
      type: 'cas',
      ops: [write(1, 0), cas(1, 2, 10, { failed: 'mismatch' }), write(3, 9, 30)],
    }),
    { verdict: 'passed' },
  )
})

/** A register written to by so many operations without an answer that a search cannot try all their orders. */
function hard(operations: number): Op[] {
  const lost = Array.from({ length: operations }, (_, n): Op => write(n % 5, 0, 1, { lost: 'timeout' }))
  const reads = Array.from({ length: operations }, (_, n) => read((n * 7) % 5, 10 + n))
  return [...lost, ...reads, read(9, 1000, 1001)].map((op, client) => ({ ...op, client }))
}

t.test('a search that takes too long is told as undecided, and does not keep others from being judged', async (t) => {
  const keyed = (key: string, ops: readonly Op[]) => ops.map((op) => ({ ...op, key }))
  const easy = [write(1, 0), write(1, 10), read(1, 20)]
  const wrong = [write(1, 0), write(1, 10), read(2, 20)]
  const ops = [...keyed('hard', hard(40)), ...keyed('easy', easy), ...keyed('wrong', wrong)]
  const history = historyOf({ type: 'register', ops })
  const { violations, undecided } = judgeLinearizability(new Evidence(history, NO_FACTS), 20_000)
  t.strictSame(
    violations.map(({ key }) => history.keys[key]),
    ['wrong'],
  )
  t.strictSame(
    undecided.map((key) => history.keys[key]),
    ['hard'],
  )
})

/** A counter whose every operation adds one and tells the value after it. */
function counting(results: readonly number[], overlap: number): Problem {
  return {
    count: results.length,
    invokeMs: Float64Array.from(results, (_, n) => n * 10),
    completeMs: Float64Array.from(results, (_, n) => n * 10 + 5 + overlap * 10),
    initial: 0,
    isRead: () => false,
    step: (state, operation) => (results[operation] === state + 1 ? state + 1 : IMPOSSIBLE),
  }
}

t.test('a budget is shared fairly', async (t) => {
  const right = (count: number) =>
    counting(
      Array.from({ length: count }, (_, n) => n + 1),
      3,
    )
  const many = [right(2000), right(2000), ...Array.from({ length: 20 }, () => right(10))]
  t.strictSame(searchFairly(many, 1_000_000), { violated: [], undecided: [] })
  t.strictSame(searchFairly(many, 10_000).undecided, [0, 1], 'small ones are decided first')
  t.strictSame(searchFairly([counting([1, 3], 0)], 1000), { violated: [{ place: 0, obstacle: 1 }], undecided: [] })
})

t.test('of many operations, those that matter', async (t) => {
  const results = Array.from({ length: 60 }, (_, n) => n + 1)
  results[30] = 30
  const problem = counting(results, 0)
  const needed = contradictingOperations(problem, 30)
  t.ok(needed.includes(30) && needed.length <= 4, `${needed.join(', ')} contradict each other`)
})

t.test('lists, sets and counters say what contradicts what', async (t) => {
  const fails = (type: 'list' | 'set' | 'counter', why: RegExp, ...ops: Op[]) =>
    t.match(judge('linearizable', true, { type, ops }), { verdict: 'failed', explanation: why })
  const push = (a: number, startMs: number, more: Partial<Op> = {}): Op => ({
    f: 'push',
    a,
    at: [startMs, startMs + 1],
    ...more,
  })
  const lists = (r: number[], startMs: number): Op => ({ f: 'read', r, at: [startMs, startMs + 1] })
  fails('list', /two reads differ at place 1: 2 and 1/, push(1, 0), push(2, 0), lists([1, 2], 5), lists([2, 1], 9))
  fails('list', /1 was appended once and stands in the list twice/, push(1, 0), lists([1, 1], 5))
  fails('list', /the list had 0 elements|the list was empty/, push(1, 0), lists([], 5))
  fails(
    'list',
    /answered that the list then had 3 elements, but it stands at place 1/,
    push(1, 0, { r: 3 }),
    lists([1], 5),
  )
  fails('list', /more than were ever appended/, push(1, 0, { r: 2 }))
  fails('list', /which another append got too/, push(1, 0, { r: 1 }), push(2, 5, { r: 1 }))
  fails(
    'set',
    /neither can have come first/,
    { f: 'add', a: 1, at: [0, 1] },
    { f: 'add', a: 2, at: [0, 1] },
    lists([1], 5),
    lists([2], 9),
  )
  fails(
    'counter',
    /two increments both made it 1/,
    { f: 'add', a: 1, r: 1, at: [0, 1] },
    { f: 'add', a: 1, r: 1, at: [5, 6] },
  )
  fails(
    'counter',
    /more than all increments together can have made/,
    { f: 'add', a: 1, r: 1, at: [0, 1] },
    { f: 'read', r: 7, at: [5, 6] },
  )
  fails(
    'counter',
    /it showed more than could have been done by then: 1 too many/,
    { f: 'read', r: 1, at: [0, 1] },
    { f: 'add', a: 1, at: [5, 6], lost: 'timeout' },
  )
})

t.test('a group of keys is judged as one register', async (t) => {
  const groups = (r: number[]): Op => ({ f: 'read', r, at: [10, 11] })
  t.match(judge('linearizable', true, { type: 'transaction', ops: [write(1, 0), groups([1, 1])] }), {
    verdict: 'passed',
  })
  t.match(judge('linearizable', true, { type: 'transaction', ops: [write(1, 0), write(2, 5), groups([1, 2])] }), {
    verdict: 'failed',
    explanation: /different values/,
  })
})
