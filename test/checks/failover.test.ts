import t from 'tap'
import { judgeFailovers } from '../../runner/checks/index.ts'
import type { FailoverFact } from '../../runner/results/run-facts.ts'
import { KILL_FACTS } from '../support/facts.ts'

const killed: FailoverFact = {
  shard: 2,
  from: 'redis-node2',
  to: 'redis-node3',
  kind: 'kill',
  cause: 'kill in step 4',
  outcome: 'promoted',
  wanted: false,
  startMs: 10_000,
  totalMs: 6_400,
  detectionMs: 5_300,
  electionMs: 1_100,
  clientOutageMs: 6_700,
  clientsBack: true,
}
const asked: FailoverFact = {
  shard: 2,
  from: 'redis-node3',
  to: 'redis-node2',
  kind: 'manual',
  cause: 'failover in step 9',
  outcome: 'promoted',
  wanted: true,
  startMs: 40_000,
  totalMs: 90,
  electionMs: 2,
  clientOutageMs: 0,
}
const never: FailoverFact = {
  shard: 1,
  from: 'redis-node0',
  to: '',
  kind: 'kill',
  cause: 'kill in step 2',
  outcome: 'not promoted',
  wanted: false,
  startMs: 0,
  totalMs: 30_000,
  detectionMs: 5_100,
  clientOutageMs: 29_000,
  clientsBack: false,
}
const givenUp: FailoverFact = {
  shard: 3,
  from: 'redis-node4',
  to: 'redis-node5',
  kind: 'manual',
  cause: 'failover in step 3',
  outcome: 'given up',
  wanted: true,
  startMs: 5_000,
  totalMs: 5_050,
  clientOutageMs: 5_000,
  clientsBack: true,
}
function without(failover: FailoverFact, part: 'detectionMs' | 'electionMs' | 'clientOutageMs'): FailoverFact {
  const { [part]: _, ...rest } = failover
  return rest
}

const judge = (limits: Record<string, unknown>, ...failovers: FailoverFact[]) =>
  judgeFailovers(limits, { ...KILL_FACTS, failovers })

t.test('clients that never came back are not taken for back in time', async (t) => {
  const lost = { ...killed, clientsBack: false }
  const [outcome] = judge({ client_outage: '10s' }, lost, asked)
  t.match(outcome, { verdict: 'inconclusive', value: 'at least 6.70 s', amount: 6_700, samples: 2 })
  t.match(judge({ client_outage: '6s' }, lost, asked), [{ verdict: 'failed', value: 'at least 6.70 s' }])
  const longer = { ...killed, clientOutageMs: 9_000 }
  t.match(judge({ client_outage: '10s' }, lost, longer), [{ verdict: 'inconclusive', value: 'at least 6.70 s' }])
  t.match(judge({ client_outage: '8s' }, lost, longer), [{ verdict: 'failed', value: '9.00 s' }])
  t.equal(
    outcome?.explanation,
    'Writes to shard 2 were refused for 6.70 s, and still were when watching ended, caused by kill in step 4: redis-node3 became master in the place of redis-node2 at 16.40 s. The limit is 10.00 s.',
  )
  t.match(judge({ client_outage: '10s' }, killed, asked), [{ verdict: 'passed', value: '6.70 s', samples: 2 }])
})

t.test('nobody is said to have become master where nobody did', async (t) => {
  const [outcome] = judge({ client_outage: '10s' }, never)
  t.match(outcome, { verdict: 'failed', value: 'at least 29.00 s', explanation: /nobody took over from redis-node0/ })
  t.notMatch(outcome?.explanation, /became master/)
  t.match(judge({ time: '60s' }, killed, never), [
    { verdict: 'failed', value: 'at least 30.00 s', explanation: /No replica took over in shard 1 within 30\.00 s/ },
  ])
  t.match(judge({ client_outage: { at_most: '1s', shards: [3] } }, killed, givenUp), [
    { verdict: 'failed', value: '5.00 s', explanation: /redis-node5 gave it up/ },
  ])
  t.match(judge({ time: '60s' }, killed, givenUp), [{ verdict: 'passed', samples: 1 }], 'it took over from nobody')
})

t.test('a part that one failover lacks does not count against it', async (t) => {
  t.match(judge({ detection: '6s' }, killed, asked), [{ verdict: 'passed', samples: 1 }], 'nothing is to be detected')
  t.match(judge({ election: '2s' }, killed, never), [{ verdict: 'passed', samples: 1 }], 'none was won')
  const takeover = { ...without(asked, 'electionMs'), kind: 'takeover' }
  t.match(judge({ election: '2s' }, takeover), [{ verdict: 'passed', value: '0 ms', samples: 1 }])
})

t.test('what nobody saw is not taken for kept', async (t) => {
  const blind = { ...without(killed, 'detectionMs'), startMs: 30_000 }
  t.match(judge({ detection: '6s' }, killed, blind), [
    {
      verdict: 'inconclusive',
      value: '5.30 s',
      samples: 1,
      explanation: /It is not known when the majority agreed that the master had failed.*shard 2.*kill in step 4/,
    },
  ])
  t.match(judge({ detection: '5s' }, killed, blind), [{ verdict: 'failed' }])
  t.match(judge({ detection: '6s' }, blind), [{ verdict: 'not-evaluated', value: 'none', samples: 0 }])
  t.match(judge({ client_outage: '6s' }, without(killed, 'clientOutageMs')), [
    { verdict: 'not-evaluated', explanation: /no write was tried on its shard/i },
  ])
})

const expected = {
  nodeTimeoutMs: 5_000,
  detection: { minMs: 5_000, maxMs: 10_000 },
  election: { minMs: 500, maxMs: 1_300 },
  time: { minMs: 5_500, maxMs: 11_300 },
  clientOutage: { minMs: 0, maxMs: 11_500 },
}
const wantedExpected = {
  nodeTimeoutMs: 5_000,
  time: { minMs: 0, maxMs: 5_000 },
  clientOutage: { minMs: 0, maxMs: 5_200 },
}

t.test('expected holds each failover against what its own settings allow', async (t) => {
  const all = { time: 'expected', detection: 'expected', election: 'expected', client_outage: 'expected' }
  const [own, other] = [
    { ...killed, expected },
    { ...asked, expected: wantedExpected },
  ]
  t.match(judge(all, own, other), [
    { name: 'time', verdict: 'passed', limit: 'as expected', samples: 2 },
    { name: 'detection', verdict: 'passed', samples: 1 },
    { name: 'election', verdict: 'passed', value: '1.10 s', samples: 1, explanation: /\(expected 500–1300 ms\)/ },
    { name: 'client_outage', verdict: 'passed', samples: 2 },
  ])
  const slow = { ...own, electionMs: 4_100 }
  t.match(judge({ election: 'expected' }, own, slow), [
    {
      verdict: 'failed',
      value: '4.10 s',
      explanation:
        /took 4\.10 s, the longest of 2, in shard 2, where the cluster's settings and version allow 500–1300 ms/,
    },
  ])
  const late = { ...other, totalMs: 5_400 }
  t.match(
    judge({ time: { at_most: 'expected', wanted: true } }, own, late),
    [{ verdict: 'failed', value: '5.40 s', limit: 'as expected, of those asked for' }],
    'a shorter time than that of another failover, against a limit of its own',
  )
})

t.test('expected says so where nothing can be expected', async (t) => {
  t.match(judge({ time: 'expected' }, killed), [
    { verdict: 'not-evaluated', explanation: /^It is not known what to expect: no node told the cluster's settings/ },
  ])
  t.match(judge({ time: 'expected' }, killed, { ...killed, expected }), [{ verdict: 'inconclusive', samples: 1 }])
  t.match(judge({ election: 'expected' }, { ...asked, expected: wantedExpected }), [{ verdict: 'not-evaluated' }])
})

t.test('clients that are refused after the promotion, until watching ends, were out that long', async (t) => {
  const promotedInVain = { ...killed, expected, clientOutageMs: 20_000, clientsBack: false }
  t.match(judge({ time: 'expected', client_outage: 'expected' }, promotedInVain), [
    { name: 'time', verdict: 'passed' },
    {
      name: 'client_outage',
      verdict: 'failed',
      value: 'at least 20.00 s',
      explanation: /still were when watching ended/,
    },
  ])
})

t.test('a failing that nobody agreed on has lasted at least as long as the master was away', async (t) => {
  const unnoticed = without(never, 'detectionMs')
  t.match(judge({ detection: '15s' }, unnoticed), [
    {
      verdict: 'failed',
      value: 'at least 30.00 s',
      explanation: /^No majority agreed within 30\.00 s that the master of shard 1 had failed/,
    },
  ])
  t.match(judge({ detection: '40s' }, unnoticed), [{ verdict: 'inconclusive' }])
})

t.test('a failover may have to take some time', async (t) => {
  const quick = { ...killed, shard: 1, totalMs: 5_200, electionMs: 40 }
  t.match(judge({ time: { at_least: '5s' } }, killed, quick), [{ verdict: 'passed', value: '5.20 s', samples: 2 }])
  t.match(judge({ election: { at_least: '500ms', wanted: false } }, killed, quick, asked), [
    {
      verdict: 'failed',
      limit: 'at least 500 ms, of those not asked for',
      value: '40 ms',
      amount: 40,
      explanation: 'The election took 40 ms, the shortest of 2, in shard 1, caused by kill in step 4, until 15.20 s.',
    },
  ])
  t.match(judge({ election: [{ at_least: '500ms' }, { at_most: '2s' }] }, killed), [
    { verdict: 'passed', value: '1.10 s' },
    { verdict: 'passed', value: '1.10 s' },
  ])
  t.match(judge({ time: { at_least: '40s' } }, never), [{ verdict: 'inconclusive', value: 'at least 30.00 s' }])
  t.match(judge({ time: { at_least: '20s' } }, never), [{ verdict: 'passed' }])
  t.match(judge({ election: { at_least: '500ms' } }), [
    { verdict: 'not-evaluated', explanation: 'No election was seen.' },
  ])
  t.match(judge({ election: { at_least: '500ms' } }, killed, without(quick, 'electionMs')), [
    { verdict: 'inconclusive', explanation: 'It is not known when the election was set up.' },
  ])
  t.throws(() => judge({ time: { at_least: '1s', at_most: '2s' } }, killed), /give `at_most` or `at_least`/)
})
