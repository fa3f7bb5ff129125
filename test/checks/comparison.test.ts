import t from 'tap'
import { judgeWorkload } from '../../runner/checks/index.ts'
import type { History } from '../../runner/record/history.ts'
import { FLAG } from '../../runner/record/history-codes.ts'
import { NO_FACTS } from '../support/facts.ts'
import { historyOf, type Op } from '../support/histories.ts'

/** A history of 200 writes of which the last `lost` are gone. */
function losing(lost: number): History {
  const writes = Array.from({ length: 200 }, (_, n): Op => ({ f: 'write', a: n + 1, at: [n, n + 0.5] }))
  const final: Op = { f: 'read', r: 200 - lost, at: [1000, 1001], flags: FLAG.final }
  return historyOf({ type: 'register', ops: [...writes, final] })
}

const compared = (own: number, other: History | undefined, atMost = 0) =>
  judgeWorkload({
    ...{ on: 'safe', history: losing(own), facts: NO_FACTS },
    limits: { lost_writes: { at_most: atMost, against: 'plain', must: 'differ' } },
    others: (name) => (name === 'plain' ? other : undefined),
  })[0]

t.test('the other one lost writes: the difference is shown', async (t) => {
  const outcome = compared(0, losing(37))
  t.match(outcome, { verdict: 'passed', limit: 'at most 0, fewer than plain', value: '0' })
  t.equal(
    outcome?.explanation,
    'All 200 acknowledged writes were there after the run, or had been overwritten by later ones. The workload plain, which it is compared with, has more (37, judged by 200 samples).',
  )
})

t.test('without a difference, nothing is shown', async (t) => {
  const outcome = compared(0, losing(0))
  t.match(outcome, { verdict: 'inconclusive' })
  t.match(
    outcome?.explanation,
    'Yet the workload plain, which it is compared with, has no more (0, judged by 200 samples): so this run does not show that what sets the two apart makes a difference (`must: differ`).',
  )
  t.match(compared(3, losing(2), 5), { verdict: 'inconclusive' }, 'a difference the wrong way round')
})

t.test('a limit that is broken is broken, whatever the other one did', async (t) => {
  t.match(compared(1, losing(37)), { verdict: 'failed' })
  t.match(compared(1, losing(0)), { verdict: 'failed' })
})

t.test('an other one of which nothing is known shows nothing', async (t) => {
  t.match(compared(0, undefined), {
    verdict: 'inconclusive',
    explanation: /Yet nothing could be judged of the workload plain/,
  })
  t.match(compared(0, historyOf({ type: 'register', ops: [] })), { verdict: 'inconclusive' })
})

t.test('half a comparison is refused', async (t) => {
  const judge = (limit: unknown) =>
    judgeWorkload({ on: 'safe', history: losing(0), facts: NO_FACTS, limits: { lost_writes: limit } })
  for (const half of [
    { at_most: 0, against: 'plain' },
    { at_most: 0, must: 'differ' },
  ])
    t.throws(() => judge(half), /say both what to compare with \(against\) and that it must have more/)
})

t.test('other counts compare, too', async (t) => {
  const limits = {
    resurrected: { at_most: 0, against: 'plain', must: 'differ' },
    stale_reads: { at_most: 0, against: 'plain', must: 'differ' },
    outages: { at_most: 0, against: 'plain', must: 'differ' },
  }
  const read: Op = { f: 'read', r: 200, at: [300, 300.5] }
  const reading = historyOf({
    type: 'register',
    ops: [...Array.from({ length: 200 }, (_, n): Op => ({ f: 'write', a: n + 1, at: [n, n + 0.5] })), read],
  })
  const stale = historyOf({
    type: 'register',
    ops: [
      ...Array.from({ length: 200 }, (_, n): Op => ({ f: 'write', a: n + 1, at: [n, n + 0.5] })),
      { ...read, r: 100 },
    ],
  })
  t.match(
    judgeWorkload({ on: 'safe', history: reading, facts: NO_FACTS, limits, others: () => stale }).map(
      ({ name, verdict }) => `${name} ${verdict}`,
    ),
    ['resurrected inconclusive', 'stale_reads passed', 'outages inconclusive'],
  )
})
