import t from 'tap'
import { checksFor, judgeWorkload } from '../../runner/checks/index.ts'
import type { WorkloadType } from '../../runner/record/history-codes.ts'
import { NO_FACTS } from '../support/facts.ts'
import { correctRun } from '../support/generated-history.ts'
import { historyOf, type Op } from '../support/histories.ts'

const PHASES = [
  { name: 'first', startMs: 0, endMs: 1e6 },
  { name: 'second', startMs: 1e6, endMs: 2e6 },
]
const FACTS = { ...NO_FACTS, durationMs: 2e6, phases: PHASES }

/** A limit of each check on what happened during a phase. */
function limitsDuring(type: WorkloadType, during: string): Record<string, unknown> {
  const ofClients = [
    'recovery_after_server',
    'errors_after_recovery',
    'stuck_clients',
    'reconnects',
    'connections_leaked',
  ]
  const ofWhole = ['linearizable', 'unexpected', ...ofClients]
  const counts = ['lost_writes', 'resurrected', 'duplicates', 'stale_reads', 'lost_messages', 'outages']
  const properties = ['counter', 'set', 'list_order', 'isolation', 'expiry']
  const limitOf = (name: string): unknown => {
    if (counts.includes(name)) return { at_most: 0, during }
    if (properties.includes(name)) return { during }
    if (name === 'error_rate') return { at_most: '100%', during }
    return name === 'throughput' ? { at_least: '1/h', during } : { at_most: '1h', during }
  }
  const names = checksFor(type).map(({ name }) => name)
  return Object.fromEntries(names.filter((name) => !ofWhole.includes(name)).map((name) => [name, limitOf(name)]))
}

function verdicts(type: WorkloadType, ops: readonly Op[], during: string): Record<string, string> {
  const limits = { min_operations: 0, ...limitsDuring(type, during) }
  const outcomes = judgeWorkload({ on: 'w', limits, history: historyOf({ type, ops }), facts: FACTS })
  return Object.fromEntries(outcomes.map(({ name, verdict }) => [name, verdict]))
}

const PUBSUB: Op[] = [
  { f: 'subscribe', at: [0, 1], key: 'k0', client: 1, phase: 'first' },
  { f: 'publish', at: [10, 11], key: 'k0', a: 1, client: 0, phase: 'first' },
  { f: 'deliver', at: [12, 12], key: 'k0', a: 1, client: 1, phase: 'first' },
  { f: 'unsubscribe', at: [5000, 5001], key: 'k0', client: 1, phase: 'first' },
]

for (const type of ['register', 'cas', 'counter', 'set', 'list', 'transaction', 'pubsub', 'expiry'] as const) {
  t.test(`${type}: what was asked in a phase is what a limit on it counts`, async (t) => {
    const source = type === 'expiry' ? 'register' : type
    const ops =
      type === 'pubsub'
        ? PUBSUB
        : correctRun(source as Exclude<WorkloadType, 'pubsub'>, 1).map((op): Op => ({ ...op, phase: 'first' }))
    const first = Object.entries(verdicts(type, ops, 'first'))
    t.ok(first.length > 8, `${first.length} checks`)
    t.same(
      first.filter(([, verdict]) => verdict === 'not-evaluated'),
      [],
      'all have samples',
    )
    const second = Object.entries(verdicts(type, ops, 'second'))
    // Nothing in an hour is a throughput, of nothing.
    const expected = second.map(([name]) => [name, name === 'throughput' ? 'failed' : 'not-evaluated'])
    t.same(second, expected)
  })
}
