import t from 'tap'
import { FLAG } from '../../runner/record/history-codes.ts'
import type { ServiceOutage } from '../../runner/results/clients/service-outages.ts'
import type { RunFacts } from '../../runner/results/run-facts.ts'
import { KILL_FACTS, NO_CLIENTS } from '../support/facts.ts'
import type { Op } from '../support/histories.ts'
import { judge } from '../support/judge.ts'

/** In KILL_FACTS, slot 6000 is in shard 2, whose master is killed at 10 s, and slot 100 in shard 1. */
const slots = { two: 6000, one: 100 }
const DOWN: ServiceOutage = {
  ...{ shard: 2, startMs: 10_010, startErrorMs: 10, endMs: 16_400, endErrorMs: 10, ended: true },
}
const FACTS = { ...KILL_FACTS, clients: { ...NO_CLIENTS, probed: [1, 2, 3], outages: [DOWN] } }

const write = (key: string, a: number, ms: number, more: Partial<Op> = {}): Op => ({
  ...{ f: 'write', key, a, at: [ms, ms + 1], ...more },
})
const final = (key: string, r: number | null): Op => ({ f: 'read', key, r, at: [50_000, 50_001], flags: FLAG.final })

const judged = (name: string, ops: readonly Op[], facts: RunFacts = FACTS) =>
  judge(name, 0, { type: 'register', ops, slots }, facts)

t.test('lost_writes names a client that swallows errors', async (t) => {
  const ops = [write('two', 1, 9_000), write('two', 2, 12_000), write('two', 3, 13_000), final('two', 1)]
  t.match(judged('lost_writes', ops), {
    verdict: 'failed',
    explanation:
      / All of them were acknowledged while the servers refused every write of the runner to that shard, the first at 12\.00 s: the client calls carried out what was refused\.$/,
  })
  const known = ops.map((op): Op => ({ ...op, node: 'redis-node2' }))
  t.notMatch(judged('lost_writes', known).explanation, /the client calls/, 'a client that tells where is believed')
})

t.test('lost_writes names a client that acknowledges what it never sent', async (t) => {
  const ops = [write('one', 1, 9_000), write('one', 2, 30_000), final('one', 1)]
  t.match(judged('lost_writes', ops), {
    verdict: 'failed',
    explanation: / Nothing was done to the servers that could have lost any of them: /,
  })
  const later = [write('two', 1, 9_000), write('two', 2, 18_000), final('two', 1)]
  t.match(judged('lost_writes', later).explanation, /the client calls/, 'the master that was killed is none any more')
  const frozen = { ...FACTS, faults: FACTS.faults.map((fault) => ({ ...fault, verb: 'pause' })) }
  t.notMatch(judged('lost_writes', later, frozen).explanation, /the client calls/, 'a frozen one wakes up as a master')
  const failedOver = [write('two', 1, 9_000), write('two', 2, 9_999), final('two', 1)]
  t.notMatch(judged('lost_writes', failedOver).explanation, /the client calls/, 'a failover may have lost it')
})

t.test('stale_reads names a client that answers from a cache', async (t) => {
  const ops = [write('one', 1, 1000), write('one', 2, 2000), { f: 'read', key: 'one', r: 1, at: [3000, 3001] } as Op]
  t.match(judged('stale_reads', ops), {
    verdict: 'failed',
    explanation: / It was answered when nothing had been done to the master that had the newer value: /,
  })
  const known = ops.map((op): Op => ({ ...op, node: 'redis-node0' }))
  t.notMatch(judged('stale_reads', known).explanation, /the client answers/)
  const replica = ops.map((op): Op => (op.f === 'read' ? { ...op, flags: FLAG.replica } : op))
  t.notMatch(judged('stale_reads', replica).explanation, /the client answers/)
})

t.test('stale_reads does not call a client that swallows errors a cache', async (t) => {
  // Shard 1, to which nothing is done: it refuses because the slots of shard 2 are served by nobody.
  const outages = [{ ...DOWN, shard: 1, startMs: 12_500, endMs: 13_500 }]
  const facts = { ...FACTS, clients: { ...FACTS.clients, outages } }
  const read: Op = { f: 'read', key: 'one', r: 1, at: [15_000, 15_001] }
  const at = (ms: number, more: Op[] = []) =>
    judged('stale_reads', [write('one', 1, 1000), write('one', 2, ms), read, ...more], facts).explanation
  t.match(
    at(13_000),
    / It was older than a write that was acknowledged while the servers refused every write of the runner to that shard, the first at 13\.00 s: the client calls carried out what was refused\.$/,
  )
  t.notMatch(at(12_495), /the client/, 'it may have been refused')
  t.notMatch(at(12_000, [final('one', 1)]), /the client answers/, 'the servers do not have it either')
  t.match(at(12_000, [final('one', 2)]), /the client answers from something it keeps, as a cache\.$/)
})

t.test('what an application answers is not taken for what the servers have', async (t) => {
  const ops = [write('one', 1, 1000), write('one', 2, 2000), { ...final('one', 1), at: [3000, 3001] as const }]
  const told = (name: string, of: readonly Op[]) =>
    judge(name, 0, { type: 'register', ops: of, slots, options: { type: 'http' } }, FACTS).explanation
  t.match(
    told('lost_writes', ops),
    / Nothing was done to the servers that could have lost any of them: they were read back through the application, which answers wrongly or never stored them\.$/,
  )
  t.match(
    told('lost_writes', [write('one', 1, 1000), write('two', 7, 1000), final('one', 1)]),
    /1 key with acknowledged writes could not be read back through the application/,
  )
  const stale = ops.map((op): Op => (op.f === 'read' ? { ...op, flags: 0 } : op))
  t.match(told('stale_reads', stale), /: the application answers wrongly, or from something it keeps, as a cache\.$/)
})

t.test('unexpected names a client that calls failed what an earlier try had carried out', async (t) => {
  const ops = [write('one', 1, 1000, { failed: 'MOVED' }), { f: 'read', key: 'one', r: 1, at: [3000, 3001] } as Op]
  t.match(judged('unexpected', ops), {
    verdict: 'failed',
    explanation: / a client that tries again by itself tells of its last try alone/,
  })
})

t.test('too little load names operations that the client never ended', async (t) => {
  const unanswered = {
    w: { workload: 'w', seenMs: 40_000, operations: [], count: 7, late: 0, longestLateMs: 0 },
  }
  const ops = [write('one', 1, 1000), ...[2, 3, 4].map((n) => write('one', n, 2000, { failed: 'unsent' }))]
  const facts = { ...FACTS, clients: { ...FACTS.clients, unanswered } }
  const outcome = judge('error_rate', '100%', { type: 'register', ops, slots }, facts)
  t.match(outcome, {
    verdict: 'inconclusive',
    explanation: /; the client had not ended 7 operations when the load was over \(`stuck_clients`\)/,
  })
})
