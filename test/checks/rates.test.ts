import t from 'tap'
import { FLAG } from '../../runner/record/history-codes.ts'
import { KILL_FACTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

/** A hundred writes, one each 100 ms, of which the nth takes n ms. */
const HUNDRED = Array.from(
  { length: 100 },
  (_, n): Op => ({ f: 'write', a: n, at: [n * 100, n * 100 + n + 1], phase: n < 50 ? 'calm' : 'outage' }),
)
const final: Op = { f: 'read', r: 1, at: [50_000, 55_000], flags: FLAG.final }
const register = (name: string, limit: unknown, ops: readonly Op[]) =>
  judge(name, limit, { type: 'register', ops: [...ops, final] }, KILL_FACTS)

t.test('latencies: the smallest that so large a share does not exceed', async (t) => {
  const of = (name: string) => register(name, '1s', HUNDRED).amount
  t.strictSame(['p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'max'].map(of), [50, 75, 90, 95, 99, 100, 100])
  t.match(register('p99', '99ms', HUNDRED), { verdict: 'passed', value: '99 ms', samples: 100, limit: 'at most 99 ms' })
  t.match(register('p99', '98ms', HUNDRED), {
    verdict: 'failed',
    explanation: 'p99 of 100 operations was 99 ms; the slowest ended at 10.00 s.',
  })
  t.match(register('p50', { at_most: '1s', during: 'outage' }, HUNDRED), {
    value: '75 ms',
    samples: 50,
    limit: 'at most 1.00 s during outage',
  })
})

t.test('a limit on latencies that is broken for want of clients says so, and where they waited', async (t) => {
  const [slow, quick] = ['redis-node2', 'redis-node0']
  const sent = HUNDRED.map(
    (op, n): Op => (n % 2 ? { ...op, node: quick } : { ...op, at: [op.at[0], 20_000], node: slow }),
  )
  const unsent = HUNDRED.slice(0, 12).map((op): Op => ({ ...op, failed: 'unsent' }))
  t.match(
    register('p99', '98ms', [...sent, ...unsent]).explanation,
    /All clients were busy waiting, \d+% of their time for redis-node2, and only 89% of .* were sent; .* More `clients` would/,
  )
  t.notMatch(register('p99', '30s', [...sent, ...unsent]).explanation, 'busy', 'the limit holds')
  t.notMatch(register('p99', '98ms', sent).explanation, 'busy', 'all were sent')
})

t.test('latencies count from when operations were due, and time-outs as long as they were waited for', async (t) => {
  const late = HUNDRED.map((op): Op => ({ ...op, lateMs: 1000 }))
  t.equal(register('p50', '1s', late).amount, 1050)
  const lost: Op = { f: 'write', a: 1, at: [20_000, 25_000], lost: 'timeout' }
  t.match(register('max', '1s', [...HUNDRED, lost]), { amount: 5000, explanation: /1 without an answer count as long/ })
  const refused: Op = { f: 'write', a: 1, at: [20_000, 25_000], failed: 'refused' }
  t.match(register('max', '1s', [...HUNDRED, refused]), { amount: 100, samples: 100 }, 'a refusal is no answer')
  t.match(register('max', '1s', []), { verdict: 'not-evaluated' })
})

t.test('error_rate, by class', async (t) => {
  const ops = HUNDRED.map(
    (op, n): Op => (n < 3 ? { ...op, failed: 'CLUSTERDOWN' } : n < 5 ? { ...op, lost: 'timeout' } : op),
  )
  t.match(register('error_rate', '5%', ops), {
    verdict: 'passed',
    value: '5%',
    samples: 100,
  })
  t.notOk(register('error_rate', '4.9%', ops).details, 'its explanation has the classes already')
  t.match(register('error_rate', '4.9%', ops), {
    verdict: 'failed',
    explanation:
      '5 of 100 operations failed or got no answer (5%); 3 CLUSTERDOWN and 2 timeout; of 2 nobody knows whether they were carried out.',
  })
  t.match(register('error_rate', { at_most: '2%', class: 'timeout' }, ops), {
    verdict: 'passed',
    limit: 'at most 2% timeout',
  })
  t.match(register('error_rate', { at_most: '0%', during: 'outage' }, ops), { verdict: 'passed', samples: 50 })
  t.match(register('error_rate', '0%', HUNDRED), { verdict: 'passed', value: '0%' })
  const mismatch: Op = { f: 'cas', a: 9, b: 8, r: 7, at: [0, 1], failed: 'mismatch' }
  t.match(judge('error_rate', '0%', { type: 'cas', ops: [mismatch] }), { verdict: 'passed' }, 'it was answered')
})

t.test('throughput', async (t) => {
  t.match(register('throughput', '9/s', HUNDRED), { verdict: 'passed', value: '10/s', samples: 100 })
  t.match(register('throughput', '11/s', HUNDRED), { verdict: 'failed', limit: 'at least 11/s' })
  t.match(register('throughput', '600/m', HUNDRED), { verdict: 'passed' })
  const inPhases = [
    ...HUNDRED,
    ...HUNDRED.map(({ at: [from, to], ...op }): Op => ({ ...op, at: [from + 10_000, to + 10_000] })),
  ]
  t.match(register('throughput', { at_least: '10/s', during: 'outage' }, inPhases), { verdict: 'passed' })
  t.match(
    register('throughput', { at_least: '1/s', during: 'recovery' }, HUNDRED),
    { verdict: 'failed', value: '0/s' },
    'nothing was served',
  )
  t.match(register('throughput', { at_least: '1/s', during: 'never' }, HUNDRED), { verdict: 'not-evaluated' })
})
