import t from 'tap'
import type { ConnectionsObservation, UnansweredObservation } from '../../runner/record/client-observations.ts'
import { KILL_FACTS, NO_CLIENTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

const ops = Array.from({ length: 8 }, (_, client): Op => ({ f: 'write', a: client, client, at: [client, client + 1] }))

const judged = (
  name: string,
  limit: unknown,
  seen: { connections?: ConnectionsObservation[]; unanswered?: UnansweredObservation; pools?: string[] },
) =>
  judge(
    name,
    limit,
    { type: 'register', ops, slots: { k: 6000 } },
    {
      ...KILL_FACTS,
      clients: {
        ...NO_CLIENTS,
        connections: seen.connections ?? [],
        unanswered: seen.unanswered ? { w: seen.unanswered } : {},
        ...(seen.pools && { pools: seen.pools }),
      },
    },
  )

const unanswered = (more: Partial<UnansweredObservation>): UnansweredObservation => ({
  ...{ workload: 'w', seenMs: 40_000, operations: [], count: 0, late: 0, longestLateMs: 0, ...more },
})

t.test('stuck_clients: an operation that hangs for ever on a silent peer', async (t) => {
  const operations = [
    { client: 3, slot: 6000, sinceMs: 12_000 },
    { client: 3, slot: 6001, sinceMs: 13_000 },
    { client: 5, slot: 100, sinceMs: 14_000 },
    { client: 6, slot: 100, sinceMs: 39_000 },
  ]
  const seen = unanswered({ operations, count: 4 })
  const outcome = judged('stuck_clients', 0, { unanswered: seen })
  t.match(outcome, { verdict: 'failed', limit: '0, after 10s', value: '2', samples: 8 })
  t.equal(
    outcome.explanation,
    '2 of 8 clients had an operation that was never ended: client 3 since 12.00 s, in shard 2 and client 5 since 14.00 s, in shard 1. ' +
      'Nobody waited for them any more: a caller without a limit of its own would hang for ever.',
  )
  t.match(judged('stuck_clients', 2, { unanswered: seen }), { verdict: 'passed' })
  t.match(judged('stuck_clients', { at_most: 2, after: '1s' }, { unanswered: seen }), { verdict: 'failed', value: '3' })
})

t.test('stuck_clients: answered late is not stuck, and what nobody recorded is not known', async (t) => {
  const late = unanswered({ late: 4, longestLateMs: 19_000 })
  t.match(judged('stuck_clients', 0, { unanswered: late }), {
    verdict: 'passed',
    explanation: /4 operations ended only after nobody waited any more, the longest after 19\.00 s\.$/,
  })
  t.match(judged('stuck_clients', 0, {}), { verdict: 'inconclusive', value: 'not known' })
})

/** Served up to a moment, and then never again. */
const hung = (fromMs: number): Op[] =>
  Array.from({ length: 800 }, (_, place): Op => {
    const ms = place * 20
    return {
      f: 'write',
      a: ms,
      key: 'k',
      client: place % 4,
      at: [ms, ms + 2],
      ...(ms >= fromMs && { lost: 'timeout' }),
    }
  })

const hungFrom = (name: string, limit: unknown, fromMs: number) => {
  const silent = { driver: 'redis-py 4.3.4', sinceMs: fromMs, lastWords: '' }
  const operations = [{ client: 1, slot: 6000, sinceMs: fromMs + 20 }]
  const seen = unanswered({ seenMs: 16_000, operations, count: 1, silent })
  return judge(
    name,
    limit,
    { type: 'register', ops: hung(fromMs), slots: { k: 6000 } },
    { ...KILL_FACTS, clients: { ...NO_CLIENTS, unanswered: { w: seen } } },
  )
}

t.test('a driver that falls silent when nothing was done to the servers says nothing of them', async (t) => {
  t.match(hungFrom('client_outage', '1s', 3000), {
    verdict: 'inconclusive',
    explanation: /Yet its driver answered nothing any more from 3\.00 s on, without a reason that the servers gave\.$/,
  })
  t.match(hungFrom('longest_outage', '1s', 3000), { verdict: 'inconclusive' })
  t.match(hungFrom('stuck_clients', 0, 3000), {
    verdict: 'failed',
    explanation: /Its driver answered nothing any more from 3\.00 s on, to no client of it\.$/,
  })
})

t.test('a client that hangs once a master was killed is out', async (t) => {
  t.match(hungFrom('client_outage', '1s', 9000), { verdict: 'failed' })
  t.match(hungFrom('stuck_clients', { at_most: 0, after: '3s' }, 9000), { verdict: 'failed' })
})

t.test('what was not sent for want of a driver is put down to that', async (t) => {
  const misdeed = { workload: 'w', driver: 'x 1', seenMs: 160, text: 'ended with exit code 7', lastWords: '' }
  const facts = { ...KILL_FACTS, clients: { ...NO_CLIENTS, misdeeds: { w: misdeed } } }
  const unsent = Array.from({ length: 40 }, (_, i): Op => ({ f: 'write', a: i + 8, at: [200, 201], failed: 'unsent' }))
  const { explanation } = judge(
    'client_outage',
    '1s',
    { type: 'register', ops: [...ops, ...unsent], slots: { k: 6000 } },
    facts,
  )
  t.match(explanation, /^Every client was served without a break until its driver ended with exit code 7, at 160 ms: /)
  t.match(explanation, /\(`min_sent`\); its driver ended with exit code 7, at 160 ms\.$/)
  const flooded = { ...KILL_FACTS, clients: { ...NO_CLIENTS, unanswered: { w: unanswered({ flooded: 64_000_000 }) } } }
  const told = judge('client_outage', '1s', { type: 'register', ops: [...ops, ...unsent], slots: { k: 6000 } }, flooded)
  t.match(told.explanation, /its driver wrote 64 MB on stderr, which takes its time/)
})

t.test('what could not be judged because of a driver is told as that, and fails nothing', async (t) => {
  const misdeed = { workload: 'w', driver: 'x 1', seenMs: 160, text: 'wrote what is no message', lastWords: '' }
  const connections = [
    ...looks('redis-node0', { at: 0, open: 0 }, { at: 30_000, moment: 'end' }),
    ...looks('redis-node2', { at: 0, open: 0 }, { at: 30_000, moment: 'end' }),
  ]
  const clients = { ...NO_CLIENTS, connections, unanswered: { w: unanswered({}) }, misdeeds: { w: misdeed } }
  const never = [{ f: 'write', a: 1, at: [150, Infinity], lost: 'unfinished' } as const]
  for (const [name, limit] of [
    ['lost_writes', 0] as const,
    ['client_outage', '30s'] as const,
    ['stuck_clients', 0] as const,
  ])
    t.match(judge(name, limit, { type: 'register', ops: never, slots: { k: 6000 } }, { ...KILL_FACTS, clients }), {
      verdict: 'inconclusive',
      value: 'not known',
      explanation: 'There is nothing to judge by: its driver wrote what is no message, at 160 ms.',
    })
  t.match(judge('reconnects', 0, { type: 'register', ops: never, slots: { k: 6000 } }, { ...KILL_FACTS, clients }), {
    explanation:
      'No server had a connection of the user that the workload was given; yet its driver wrote what is no message, at 160 ms.',
  })
})

const NODES = ['redis-node0', 'redis-node2']

interface Look extends Partial<ConnectionsObservation> {
  at: number
}

/** Looks at one node, from the connections that are open. */
function looks(node: string, ...seen: Look[]): ConnectionsObservation[] {
  let before = 0
  return seen.map(({ at, ...look }, index) => {
    const open = look.open ?? before
    const moment = index === 0 ? ({ moment: 'begin' } as const) : {}
    const one = {
      workload: 'w',
      node,
      seenMs: at,
      opened: Math.max(open - before, 0),
      closed: Math.max(before - open, 0),
    }
    before = open
    return { ...one, open, ...moment, ...look }
  })
}

const inOrder = (all: ConnectionsObservation[][]) => all.flat().sort((a, b) => a.seenMs - b.seenMs)

t.test('reconnects: connections in place of others that ended, on whichever server', async (t) => {
  const connections = inOrder([
    looks(NODES[0] ?? '', { at: 0, open: 4 }, { at: 16_000, open: 8 }, { at: 30_000, moment: 'end' }),
    looks(
      NODES[1] ?? '',
      { at: 0, open: 4 },
      { at: 10_500, silent: true },
      { at: 21_000, open: 4, opened: 4, closed: 4 },
      { at: 30_000, moment: 'end' },
    ),
  ])
  const outcome = judged('reconnects', 3, { connections })
  t.match(outcome, { verdict: 'failed', value: '4' })
  t.equal(
    outcome.explanation,
    '4 connections took the place of others that had ended. 4 others came without one that had ended before. ' +
      'What came and went between two looks, a second apart, is not seen.',
  )
  t.match(judged('reconnects', 4, { connections }), { verdict: 'passed' })
})

t.test('reconnects: a server that was only silent lost none, and one seen in the same look did', async (t) => {
  const silent = looks('n', { at: 0, open: 4 }, { at: 5000, silent: true }, { at: 9000 }, { at: 12_000, moment: 'end' })
  t.match(judged('reconnects', 0, { connections: silent }), { verdict: 'passed', value: '0' })
  const ahead = inOrder([
    looks('m', { at: 0, open: 2 }, { at: 5000, open: 6 }, { at: 12_000, moment: 'end' }),
    looks('n', { at: 0, open: 4 }, { at: 5020, open: 0 }, { at: 12_000, moment: 'end' }),
  ])
  t.match(judged('reconnects', 0, { connections: ahead }), { verdict: 'failed', value: '4' })
})

t.test('reconnects: what was opened before others ended took the place of none', async (t) => {
  const before = inOrder([
    looks('m', { at: 0, open: 2 }, { at: 5000, open: 6 }, { at: 12_000, moment: 'end' }),
    looks('n', { at: 0, open: 4 }, { at: 6000, open: 0 }, { at: 12_000, moment: 'end' }),
  ])
  const outcome = judged('reconnects', 0, { connections: before })
  t.match(outcome, { verdict: 'passed', value: '0' })
  t.match(outcome.explanation, /4 connections ended and were not replaced/)
  // A driver that dies early: its client opened all that it has as the load began.
  const died = inOrder([
    looks('m', { at: 0, open: 0 }, { at: 1000, open: 16 }, { at: 2000, open: 0 }, { at: 12_000, moment: 'end' }),
    looks('n', { at: 0, open: 0 }, { at: 2010, open: 4 }, { at: 12_000, moment: 'end' }),
  ])
  t.match(judged('reconnects', 0, { connections: died }), { verdict: 'passed', value: '0' })
  const anew = inOrder([
    looks('m', { at: 0, open: 4 }, { at: 1000, open: 0 }, { at: 12_000, moment: 'end' }),
    looks('n', { at: 0, open: 0 }, { at: 2010, open: 4 }, { at: 12_000, moment: 'end' }),
  ])
  t.match(judged('reconnects', 0, { connections: anew }), { verdict: 'failed', value: '4' }, 'opened after the end')
})

t.test('connections_leaked: a connection a second', async (t) => {
  const leak = Array.from({ length: 28 }, (_, n): Look => ({ at: 1000 * (n + 1), open: 4 + n }))
  const connections = inOrder([
    looks('redis-node0', { at: 0, open: 4 }, ...leak, { at: 30_000, moment: 'end' }),
    looks('redis-node2', { at: 0, open: 4 }, { at: 30_000, moment: 'end' }),
  ])
  const outcome = judged('connections_leaked', 2, { connections })
  t.match(outcome, { verdict: 'failed', limit: '2', value: '26', samples: 2 })
  t.equal(
    outcome.explanation,
    '26 connections more than at the start were open at the end, before the client was closed: redis-node0 had 31 at the end and 5 at the start.',
  )
  t.match(judged('reconnects', 0, { connections }), { verdict: 'passed' }, 'none of them took the place of another')
})

t.test('connections_leaked: what a load needs where it comes to later is no leak', async (t) => {
  const connections = inOrder([
    looks('redis-node0', { at: 0, open: 4 }, { at: 30_000, moment: 'end' }),
    looks('redis-node1', { at: 0, open: 0 }, { at: 16_000, open: 4 }, { at: 30_000, moment: 'end' }),
    looks('redis-node2', { at: 0, open: 4 }, { at: 10_000, silent: true }, { at: 30_000, silent: true, moment: 'end' }),
  ])
  const outcome = judged('connections_leaked', 0, { connections })
  t.match(outcome, { verdict: 'passed', value: '0' })
  t.match(outcome.explanation, /redis-node2 gave no answer at the end and is left out\./)
  t.strictSame(outcome.details, [
    'redis-node0 had 4 at the end and 4 at the start',
    'redis-node1 had 4 at the end and 0 at the start (4 allowed: another server had as many at the start)',
  ])
})

t.test('connections_leaked: a pool may have one for each client to each server', async (t) => {
  const grown = (open: number) =>
    inOrder([
      looks('redis-node0', { at: 0, open: 1 }, { at: 9_000, open: 8 }, { at: 30_000, moment: 'end' }),
      looks('redis-node1', { at: 0, open: 0 }, { at: 9_000, open }, { at: 30_000, moment: 'end' }),
    ])
  const [full, over] = [grown(8), grown(11)]
  t.match(judged('connections_leaked', 0, { connections: full, pools: ['w'] }), {
    verdict: 'passed',
    value: '0',
    explanation: 'No server had more connections of it at the end than its pool may have: one for each client.',
    details: [
      'redis-node0 had 8 at the end and 1 at the start (8 allowed: one for each client, in a pool)',
      /8 allowed/,
    ],
  })
  t.match(judged('connections_leaked', 2, { connections: over, pools: ['w'] }), { verdict: 'failed', value: '3' })
  for (const pools of [undefined, ['another']])
    t.match(judged('connections_leaked', 2, { connections: full, ...(pools && { pools }) }), {
      verdict: 'failed',
      value: '14',
    })
})

/** One connection for each client at node0, of which `first` are there at the start, and `extra` that no client needs. */
const grown = (first: number, clients: number, extra = 0) =>
  inOrder([
    looks('redis-node0', { at: 0, open: 0 }, { at: 1500, open: first }, { at: 9000, open: clients + extra }, END),
    looks('redis-node2', { at: 0, open: 0 }, { at: 1500, open: 1 }, END),
  ])
const END: Look = { at: 30_000, moment: 'end' }

t.test('connections_leaked: a client that comes to a server only later opens its connection then', async (t) => {
  const lazily = (extra: number, lateFrom: number) => {
    const came = Array.from({ length: 8 }, (_, client): Op => {
      const ms = client < lateFrom ? 100 : 5000 + client
      return { f: 'write', a: client, client, at: [ms, ms + 1] }
    })
    const spec = { type: 'register' as const, ops: came, slots: { k: 100 } }
    const connections = grown(4, 8, extra)
    return judge('connections_leaked', 0, spec, { ...KILL_FACTS, clients: { ...NO_CLIENTS, connections } })
  }
  t.match(lazily(0, 4), {
    verdict: 'passed',
    value: '0',
    explanation: /than at the start, but for those of clients that came there only later\.$/,
    details: [
      'redis-node0 had 8 at the end and 4 at the start (8 allowed: clients that came there only later opened theirs then)',
      /redis-node2/,
    ],
  })
  t.match(lazily(2, 4), { verdict: 'failed', value: '2' }, 'more than one for each client')
  t.match(lazily(0, 8), { verdict: 'failed', value: '4' }, 'every client had been there at the start')
  t.match(lazily(0, 6), { verdict: 'failed', value: '2' }, 'more than came later')
})

t.test('connections_leaked: an application may have one for each request at a time to each server', async (t) => {
  const ofApp = (extra: number) => {
    const spec = { type: 'register' as const, ops, slots: { k: 100 }, options: { type: 'http' } }
    const connections = grown(1, 8, extra)
    return judge('connections_leaked', 0, spec, { ...KILL_FACTS, clients: { ...NO_CLIENTS, connections } })
  }
  t.match(ofApp(0), {
    verdict: 'passed',
    explanation: /than its pool may have: one for each request that its users may have open at a time\.$/,
    details: [/8 allowed: one for each request that its users may have open at a time/, /redis-node2/],
  })
  t.match(ofApp(3), { verdict: 'failed', value: '3' })
})

t.test('connections_leaked: each server is told in plain words, and how many more there are', async (t) => {
  const NODE = (place: number) => `redis-node${place}`
  const more = [1, 2, 3, 4].map((place) => looks(NODE(place), { at: 0, open: 0 }, { at: 9_000, open: 2 + place }))
  const ended = more.map((all, place) => [
    ...all,
    ...looks(NODE(place + 1), { at: 30_000, moment: 'end', open: 3 + place, opened: 0, closed: 0 }),
  ])
  const first = looks(NODE(0), { at: 0, open: 2 }, { at: 30_000, moment: 'end' })
  const { explanation } = judged('connections_leaked', 0, { connections: inOrder([first, ...ended]) })
  const allowed = '(2 allowed: another server had as many at the start)'
  t.equal(
    explanation,
    '10 connections more than at the start were open at the end, before the client was closed: ' +
      `redis-node4 had 6 at the end and 0 at the start ${allowed}; redis-node3 had 5 at the end and 0 at the start ${allowed}; ` +
      `redis-node2 had 4 at the end and 0 at the start ${allowed}; 1 other server had more, too.`,
  )
})

t.test('connections that nobody could tell apart', async (t) => {
  const none = looks('redis-node0', { at: 0, open: 0 }, { at: 30_000, moment: 'end' })
  for (const name of ['reconnects', 'connections_leaked']) {
    t.match(judged(name, 0, { connections: none }), {
      verdict: 'inconclusive',
      explanation: /No server had a connection of the user that the workload was given/,
    })
    t.match(judged(name, 0, {}), { verdict: 'not-evaluated', explanation: /No server was asked/ })
  }
})
