import t from 'tap'
import { clientMeasures, clientSummaries } from '../../runner/checks/client-summaries.ts'
import { KILL_FACTS, NO_CLIENTS } from '../support/facts.ts'
import { historyOf, type Op } from '../support/histories.ts'
import { passingRun } from '../support/sample-events.ts'

/** In KILL_FACTS, slot 6000 is in shard 2, whose master is killed at 10 s. */
const slots = { two: 6000 }

function stream(fromMs: number, toMs: number, more: Partial<Op> = {}): Op[] {
  const count = (toMs - fromMs) / 20
  return Array.from({ length: count }, (_, place): Op => {
    const ms = fromMs + place * 20
    return { f: 'write', a: ms, key: 'two', at: [ms, ms + 2], ...more }
  })
}

const OPS = [
  ...stream(9000, 10_000),
  ...stream(10_000, 17_000, { failed: 'CLUSTERDOWN' }),
  ...stream(17_000, 18_000, { lost: 'timeout' }),
  ...stream(18_000, 30_000),
]
const DOWN = { shard: 2, startMs: 10_010, startErrorMs: 10, endMs: 16_400, endErrorMs: 10, ended: true }

t.test('what came of a client: its outage, beside that of the servers, and its errors by class', async (t) => {
  const facts = { ...KILL_FACTS, clients: { ...NO_CLIENTS, probed: [1, 2, 3], outages: [DOWN] } }
  t.match(clientMeasures('w', historyOf({ type: 'register', ops: OPS, slots }), facts), {
    serverOutage: { text: '6.39 s ± 20 ms', amount: 6390 },
    clientOutage: { text: /^7\.99 s ± \d+ ms$/ },
    recovery: { text: /^1\.5\d s ± \d+ ms$/ },
    errors: { CLUSTERDOWN: 350, timeout: 50 },
    stuck: { text: 'not known' },
    reconnects: { text: /not/ },
  })
})

t.test('of outages the longest is told, whatever had not ended in the last moments of the load', async (t) => {
  const facts = { ...KILL_FACTS, clients: { ...NO_CLIENTS, probed: [1, 2, 3], outages: [DOWN] } }
  const open: Op = { f: 'write', a: 1, key: 'two', at: [30_000, 31_000], lost: 'timeout' }
  const again = { ...DOWN, startMs: 30_100, endMs: 30_300 }
  const both = { ...facts, clients: { ...facts.clients, outages: [DOWN, again] } }
  const history = historyOf({ type: 'register', ops: [...OPS, open], slots })
  t.match(clientMeasures('w', history, both), {
    clientOutage: { text: /^7\.99 s ± \d+ ms$/ },
    recovery: { text: /^1\.5\d s ± \d+ ms$/ },
  })
})

t.test('how long after its servers a client was served is not known where these never came back', async (t) => {
  const never = { ...DOWN, endMs: 30_000, endErrorMs: 0, ended: false }
  const facts = { ...KILL_FACTS, clients: { ...NO_CLIENTS, probed: [1, 2, 3], outages: [never] } }
  const ops = [...stream(9000, 10_000), ...stream(10_000, 30_000, { failed: 'CLUSTERDOWN' })]
  t.match(clientMeasures('w', historyOf({ type: 'register', ops, slots }), facts), {
    clientOutage: { text: /^at least 19\.9\d s/ },
    recovery: { text: 'not known' },
  })
})

t.test('operations that had not ended, and are too young to be called stuck, are no plain 0', async (t) => {
  const unanswered = (sinceMs: number, count: number) => {
    const operations = Array.from({ length: count }, (_, client) => ({ client, slot: 6000, sinceMs }))
    return { w: { workload: 'w', seenMs: 30_000, operations, count, late: 0, longestLateMs: 0 } }
  }
  const history = historyOf({ type: 'register', ops: OPS, slots })
  const stuckOf = (sinceMs: number, count: number) => {
    const clients = { ...NO_CLIENTS, unanswered: unanswered(sinceMs, count) }
    return clientMeasures('w', history, { ...KILL_FACTS, clients }).stuck
  }
  t.strictSame(stuckOf(25_000, 24), { text: '0, 24 open' })
  t.strictSame(stuckOf(12_000, 3), { text: '3', amount: 3 })
  t.strictSame(stuckOf(12_000, 0), { text: '0', amount: 0 })
})

t.test('a client that was never out has none, and nobody looked is no number', async (t) => {
  const history = historyOf({ type: 'register', ops: stream(9000, 30_000), slots })
  t.match(clientMeasures('w', history, KILL_FACTS), {
    serverOutage: { text: 'none' },
    clientOutage: { text: 'none', amount: 0 },
    errors: {},
  })
})

t.test('plain connections are no client library', async (t) => {
  t.same(clientSummaries(passingRun(), 0, '/nowhere'), [])
})
