import t from 'tap'
import type { ServiceOutage } from '../../runner/results/clients/service-outages.ts'
import type { RunFacts } from '../../runner/results/run-facts.ts'
import { KILL_FACTS, NO_CLIENTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

/** In KILL_FACTS, slot 6000 is in shard 2, whose master is killed at 10 s, and slot 100 in shard 1. */
const slots = { two: 6000, one: 100 }

/** An operation each 20 ms of one client for a while, all with one fate. */
function stream(client: number, fromMs: number, toMs: number, more: Partial<Op> = {}): Op[] {
  const ops: Op[] = []
  for (let ms = fromMs; ms < toMs; ms += 20)
    ops.push({ f: 'write', a: ms, key: 'two', client, at: [ms, ms + 2], ...more })
  return ops
}

/** One client that is served, is not from the kill on, and is again from `backMs` on. */
const killed = (client: number, backMs: number): Op[] => [
  ...stream(client, 9_000, 10_000),
  ...stream(client, 10_000, backMs, { failed: 'CLUSTERDOWN' }),
  ...stream(client, backMs, 30_000),
]

/** The servers of shard 2 take no writes from the kill on, for 6.40 s. */
const DOWN: ServiceOutage = {
  ...{ shard: 2, startMs: 10_010, startErrorMs: 10, endMs: 16_400, endErrorMs: 10, ended: true },
}

const facts = (outages: readonly ServiceOutage[] = [DOWN], more: Partial<RunFacts> = {}): RunFacts => ({
  ...KILL_FACTS,
  ...more,
  clients: { ...NO_CLIENTS, probed: [1, 2, 3], outages },
})

const check = (name: string, limit: unknown, ops: readonly Op[], known: RunFacts = facts()) =>
  judge(name, limit, { type: 'register', ops, slots }, known)

t.test('client_outage: one client whose topology is stale is out when all others are served', async (t) => {
  const ops = [...killed(0, 16_400), ...killed(1, 26_400), ...killed(2, 16_400)]
  t.match(check('longest_outage', '8s', ops), { verdict: 'passed' }, 'clients as a whole are served')
  const outcome = check('client_outage', '8s', ops)
  t.match(outcome, { verdict: 'failed', limit: 'at most 8.00 s', value: '16.39 s ± 10 ms' })
  t.equal(
    outcome.explanation,
    'The longest was that of client 1 in shard 2: 16.39 s ± 10 ms, from 10.00 s on, 1 ms after `kill` in step 4 began; ' +
      '820 operations failed in it: 820 CLUSTERDOWN.',
  )
  t.strictSame(outcome.details, [
    'shard 2: 3 of 3 clients were out; client 1 longest, for 16.39 s ± 10 ms from 10.00 s',
  ])
  t.match(check('client_outage', '17s', ops), { verdict: 'passed' })
  t.match(check('client_outage', '16395ms', ops), { verdict: 'inconclusive', explanation: /its error does not tell/ })
})

t.test('client_outage counts in each shard for itself', async (t) => {
  const ops = [...killed(0, 16_400), ...stream(0, 9_005, 30_000, { key: 'one' })]
  const served = check('client_outage', { at_most: '10ms', shards: 'untouched' }, ops)
  t.match(served, { verdict: 'passed', value: 'none' })
  t.strictSame(served.details, ['shard 1: none of 1 client was out'])
  t.match(check('client_outage', { at_most: '10ms', shards: 'touched' }, ops), { verdict: 'failed' })
  t.match(check('client_outage', { at_most: '1s', during: 'recovery' }, killed(0, 21_500)), {
    verdict: 'failed',
    value: /^1\.49 s/,
  })
})

t.test(
  'client_outage: it counts from the fault where nobody asked before, and what waited is out as well',
  async (t) => {
    const rare = [
      { f: 'write', a: 1, key: 'two', at: [9_000, 9_002] },
      { f: 'write', a: 2, key: 'two', at: [11_000, 11_002], failed: 'refused' },
      { f: 'write', a: 3, key: 'two', at: [12_000, 12_002] },
    ] as const
    t.match(check('client_outage', '5s', rare), { value: '1.00 s ± 1.00 s' }, 'from 10.00–11.00 to 11.00–12.00')
    const waited = [...stream(0, 9_000, 10_000), { f: 'write', a: 1, key: 'two', at: [10_000, 16_450] } as Op]
    t.match(check('client_outage', '5s', [...waited, ...stream(0, 16_460, 17_000)]), {
      verdict: 'failed',
      value: '6.45 s ± 1 ms',
      explanation: /an operation waited through it, and none failed/,
    })
  },
)

t.test('no error is smaller than what is known of the moments', async (t) => {
  const waits = (fromMs: number) => [
    { f: 'write', a: 1, key: 'two', at: [9_000, 9_002] } as Op,
    { f: 'write', a: 2, key: 'two', at: [fromMs, 16_450] } as Op,
    ...stream(0, 16_460, 17_000),
  ]
  const calm = { ...facts([]), faults: [] }
  const unexplained = check('client_outage', '30s', waits(9_200), calm)
  t.match(unexplained, { value: '7.35 s ± 101 ms' }, 'it may have been out since it was served last')
  t.match(check('client_outage', '30s', waits(9_200)), { value: '7.25 s ± 1 ms' }, 'it was served before the fault')
  t.match(check('client_outage', '30s', waits(10_039)), { value: '6.43 s ± 20 ms' }, 'it may be out since the fault')
  const exact: ServiceOutage = { ...DOWN, startErrorMs: 0, endErrorMs: 0 }
  t.match(check('recovery_after_server', '1s', waits(10_000), facts([exact])), { value: '50 ms ± 1 ms' })
  t.match(check('recovery_after_server', '1s', killed(0, 16_360), facts([exact])), { value: /^0 ms ± [1-9]/ })
  const first = [...stream(0, 10_000, 16_400, { failed: 'refused' }), ...stream(0, 16_400, 17_000)]
  for (const name of ['client_outage', 'longest_outage', 'recovery_after_server'])
    t.notMatch(check(name, '30s', first, facts([exact])).value, /± 0(\.0)? ms/, name)
})

t.test('client_outage that had not ended, and what was never sent', async (t) => {
  const open = [...stream(0, 9_000, 10_000), ...stream(0, 10_000, 12_000, { lost: 'timeout' })]
  t.match(check('client_outage', '5s', open), { verdict: 'inconclusive', value: /^at least 1\.9\d s/ })
  t.match(check('client_outage', '1s', open), { verdict: 'failed' })
  const unsent = [...stream(0, 9_000, 10_000), ...stream(0, 10_000, 12_000, { failed: 'unsent' })]
  t.match(check('client_outage', '10ms', [...unsent, ...stream(0, 12_000, 13_000)]), { value: 'none' })
})

t.test('client_outage: an outage in the last moments of a load does not void what was seen before', async (t) => {
  const open = (client: number, fromMs: number): Op[] => [
    ...stream(client, 9_000, fromMs),
    { f: 'write', a: 1, key: 'two', client, at: [fromMs, 30_000], lost: 'timeout' },
  ]
  const outcome = check('client_outage', '20s', [...killed(0, 17_000), ...open(1, 29_000)])
  t.match(outcome, { verdict: 'passed', value: '6.99 s ± 10 ms' })
  t.match(
    outcome.explanation,
    /^The longest was that of client 0 .* 1 other had not ended when the recording did: client 1 in shard 2, out for at least 1\.01 s ± \d+ ms\.$/,
  )
  t.match(check('client_outage', '20s', open(1, 29_000)), { verdict: 'passed', value: /^at least 1\.01 s/ })
  t.match(check('client_outage', '1500ms', open(1, 29_000)), { verdict: 'inconclusive' }, 'it is near the limit')
  t.match(check('client_outage', '500ms', open(1, 29_000)), { verdict: 'failed' })
})

t.test('client_outage: a client that did not come back does not pass, and the longest is told', async (t) => {
  const gone = (client: number, fromMs: number): Op[] => [
    ...stream(client, 9_000, fromMs),
    ...stream(client, fromMs, 30_000, { lost: 'timeout' }),
  ]
  const ops = [...gone(0, 22_000), ...killed(1, 16_400), ...gone(2, 20_000)]
  const outcome = check('client_outage', '60s', ops)
  t.match(outcome, { verdict: 'inconclusive', value: /^at least 9\.9\d s/ }, 'though it is far from the limit')
  t.match(outcome.explanation, /^The longest was that of client 2 .*The limit is 60\.00 s, and it had not ended/)
  const beside = check('client_outage', '60s', [...killed(1, 20_500), ...gone(2, 20_000), ...gone(0, 22_000)])
  t.match(beside, { verdict: 'inconclusive', value: '10.49 s ± 10 ms' }, 'though another one was out for longer')
  t.match(
    beside.explanation,
    /^The longest was that of client 1 .*The limit is 60\.00 s, and that of client 2 in shard 2, at least 9\.9\d s .* had not ended when the recording did\. 1 other /,
  )
})

t.test('client_outage: of two that are too long the longer one is told', async (t) => {
  const ops = [
    ...killed(0, 17_000),
    ...stream(1, 9_000, 10_000),
    ...stream(1, 10_000, 16_000, { failed: 'refused' }),
    ...stream(1, 19_000, 20_000),
  ]
  t.match(check('client_outage', '1s', ops, facts([])), {
    verdict: 'failed',
    explanation: /^The longest was that of client 1 /,
  })
})

t.test('recovery_after_server: how long after the servers the slowest client was served', async (t) => {
  const ops = [...killed(0, 16_420), ...killed(1, 36_400 - 10_000)]
  const outcome = check('recovery_after_server', '1s', ops)
  t.match(outcome, { verdict: 'failed', value: '9.99 s ± 19 ms', samples: 2 })
  t.equal(
    outcome.explanation,
    'Client 1 in shard 2 was served again 9.99 s ± 19 ms after the servers: it was out for 16.39 s ± 10 ms from 10.00 s on, ' +
      'and the servers refused writes for 6.39 s ± 20 ms from 10.01 s on.',
  )
  t.match(check('recovery_after_server', '1s', killed(0, 16_420)), { verdict: 'passed' })
  t.match(check('recovery_after_server', '10ms', killed(0, 16_420)), { verdict: 'inconclusive' })
  const early = check('recovery_after_server', '100ms', killed(0, 16_380))
  t.match(early, { verdict: 'passed', value: /^0 ms ± / }, 'a client may be back before the probe sees it')
})

t.test('recovery_after_server: an operation that waits across the return of the servers tells of it', async (t) => {
  const short: ServiceOutage = { ...DOWN, startMs: 12_000, endMs: 12_300 }
  const ops = [
    ...stream(0, 9_000, 12_000),
    { f: 'write', a: 1, key: 'two', at: [12_000, 12_800] } as Op,
    ...stream(0, 12_820, 14_000),
  ]
  t.match(check('recovery_after_server', '100ms', ops, facts([short])), { verdict: 'failed', value: '500 ms ± 11 ms' })
})

/** The servers of shard 2 are out again, for 40 ms, shortly before a client comes back. */
const AGAIN: ServiceOutage = { ...DOWN, startMs: 26_300, endMs: 26_340 }

t.test(
  'recovery_after_server: all the time in which servers served counts, not that after their last outage',
  async (t) => {
    const outcome = check('recovery_after_server', '1s', killed(0, 26_400), facts([DOWN, AGAIN]))
    t.match(outcome, { verdict: 'failed', value: '9.95 s ± 39 ms' })
    t.equal(
      outcome.explanation,
      'Client 0 in shard 2 was not served for 9.95 s ± 39 ms in which its servers served again: it was out for 16.39 s ± 10 ms ' +
        'from 10.00 s on, and the servers refused writes for 6.39 s ± 20 ms from 10.01 s on and the servers refused writes ' +
        'for 40 ms ± 20 ms from 26.30 s on.',
    )
    t.strictSame(outcome.details, ['client 0 in shard 2: 9.95 s ± 39 ms while its servers served again'])
    t.match(check('recovery_after_server', '11s', killed(0, 26_400), facts([DOWN, AGAIN])), { verdict: 'passed' })
    const before = check('recovery_after_server', '1s', killed(0, 26_400), facts([AGAIN]))
    t.match(before, { verdict: 'inconclusive' }, 'it was out long before its servers were')
    t.match(before.explanation, /no outage of their servers was seen to end then, or only much later/)
  },
)

t.test('recovery_after_server: who was not asked between two outages of the servers may have been back', async (t) => {
  const ops = [
    ...stream(0, 9_000, 10_000),
    ...stream(0, 10_000, 16_000, { failed: 'CLUSTERDOWN' }),
    ...stream(0, 26_400, 30_000),
  ]
  const outcome = check('recovery_after_server', '1s', ops, facts([DOWN, AGAIN]))
  t.match(outcome, { verdict: 'inconclusive', value: '5.00 s ± 5.00 s' })
  const alone = check('client_outage', '7s', ops, facts([DOWN, AGAIN]))
  t.match(alone, { verdict: 'inconclusive' }, 'it may have been over when the servers were back at first')
})

t.test('recovery_after_server: a client that is out at the end has not recovered', async (t) => {
  const served = [...killed(0, 16_420), ...killed(1, 16_420)]
  const ops = [...served, ...stream(0, 30_000, 31_000, { failed: 'MOVED' }), ...stream(1, 30_000, 31_000)]
  const outcome = check('recovery_after_server', '3s', ops)
  t.match(outcome, { verdict: 'inconclusive', value: '16 ms ± 16 ms' })
  t.match(
    outcome.explanation,
    / Yet client 0 in shard 2 was out for at least 991 ms ± 12 ms from 29\.99 s on, when its servers were back, and that had not ended when the recording did: whether that is within the limit is not known\.$/,
  )
  t.match(outcome.details?.at(-1), /no server outage was seen; it had not ended when the recording did$/)
  const once = [...served, ...stream(0, 30_000, 30_010, { failed: 'MOVED' })]
  t.match(check('recovery_after_server', '3s', once), { verdict: 'passed' }, 'nobody tried again')
})

t.test('recovery_after_server is not guessed', async (t) => {
  const ops = killed(0, 16_420)
  const unseen = check('recovery_after_server', '1s', ops, facts([]))
  t.match(unseen, { verdict: 'inconclusive', explanation: /no outage of their servers was seen to end then, or/ })
  t.match(check('recovery_after_server', '10s', ops, facts([])), { verdict: 'not-evaluated' })
  t.match(check('recovery_after_server', '1s', ops, KILL_FACTS), {
    verdict: 'inconclusive',
    explanation: /nobody looked at whether the servers took writes/,
  })
  const never = check('recovery_after_server', '1s', killed(0, 30_000), facts([{ ...DOWN, ended: false }]))
  t.match(never, { verdict: 'inconclusive' }, 'the servers never came back')
  const calm = stream(0, 9_000, 30_000)
  t.match(check('recovery_after_server', '1s', calm, facts([])), {
    verdict: 'not-evaluated',
    explanation: /there was nothing to recover from/,
  })
  t.match(check('recovery_after_server', '1s', calm), { verdict: 'passed', explanation: /No client was out longer/ })
})

t.test('recovery_after_server: a failover whose pause no probe fell into is known by its moments', async (t) => {
  const [failover] = KILL_FACTS.failovers
  if (!failover) throw new Error('there is one')
  const moment = { errorMs: 5, source: 'log', text: '' } as const
  const moments = [
    { name: 'writes paused', atMs: 12_000, ...moment },
    { name: 'first write', atMs: 12_080, ...moment },
  ] as const
  const known = facts([], { faults: [], failovers: [{ ...failover, wanted: true, moments: [...moments] }] })
  const ops = [
    ...stream(0, 9_000, 12_000),
    ...stream(0, 12_000, 14_080, { failed: 'MOVED' }),
    ...stream(0, 14_080, 20_000),
  ]
  t.match(check('recovery_after_server', '1s', ops, known), {
    verdict: 'failed',
    value: '1.99 s ± 14 ms',
    explanation: /the failover paused writes for 80 ms ± 10 ms from 12\.00 s on/,
  })
})

t.test('errors_after_recovery: by class, from the grace on until the next thing that is done', async (t) => {
  const late = [
    ...killed(0, 16_420),
    ...stream(1, 19_000, 19_100, { failed: 'MOVED' }),
    ...stream(1, 21_000, 21_040, { lost: 'timeout' }),
  ]
  const outcome = check('errors_after_recovery', 0, late)
  t.match(outcome, { verdict: 'failed', limit: '0, from 2s on', value: '7' })
  t.match(outcome.explanation, /began more than 2\.00 s after their servers were back failed: 5 MOVED and 2 timeout; /)
  t.match(outcome.explanation, /the last one began at 21\.02 s/)
  t.strictSame(outcome.details, ['shard 2: judged from 18.41 s to 60.00 s'])
  t.match(check('errors_after_recovery', { at_most: 5, class: 'MOVED' }, late), { verdict: 'passed' })
  t.match(check('errors_after_recovery', { at_most: 0, class: 'ASK' }, late), {
    verdict: 'passed',
    explanation: /that began more than 2\.00 s after their servers were back failed with ASK\.$/,
  })
  t.match(check('errors_after_recovery', { at_most: 0, after: '5s' }, late), { verdict: 'passed' })
  t.match(check('errors_after_recovery', 0, killed(0, 17_000)), { verdict: 'passed' }, 'it is within the grace')
  t.match(check('errors_after_recovery', { at_most: 0, after: '100ms' }, killed(0, 17_000)), { verdict: 'failed' })
  const again: ServiceOutage = { ...DOWN, startMs: 18_500, endMs: 25_000 }
  t.match(check('errors_after_recovery', 0, late, facts([DOWN, again])), { verdict: 'passed' }, 'it was down again')
})

t.test('errors_after_recovery without a recovery, or without operations after it', async (t) => {
  t.match(check('errors_after_recovery', 0, killed(0, 16_420), facts([])), {
    verdict: 'not-evaluated',
    explanation: /No shard was seen to refuse writes/,
  })
  t.match(check('errors_after_recovery', 0, stream(0, 9_000, 17_000)), {
    verdict: 'not-evaluated',
    explanation: /let the load go on for longer/,
  })
})

t.test('what may be longer than a limit is not hidden by what is longer for certain', async (t) => {
  const rare = (client: number, backMs: number): Op[] => [
    ...stream(client, 9_000, 10_000),
    ...stream(client, 10_000, 10_100, { failed: 'CLUSTERDOWN' }),
    ...stream(client, backMs, backMs + 1000),
  ]
  const ops = [...killed(0, 16_400), ...rare(1, 17_400)]
  t.match(check('client_outage', '7s', ops), {
    verdict: 'inconclusive',
    explanation: /^The longest was that of client 1 .* more operations a second for each client would\.$/,
  })
  t.match(check('client_outage', '6s', ops), { verdict: 'failed', explanation: /that of client 1 in shard 2/ })
  t.match(check('client_outage', '8s', ops), { verdict: 'passed' })
  t.match(check('recovery_after_server', '500ms', ops), { verdict: 'inconclusive', value: '506 ms ± 506 ms' })
})
