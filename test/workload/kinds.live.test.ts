import t from 'tap'
import { sharedNowMs } from '../../runner/base/clock.ts'
import { checksFor, judgeWorkload } from '../../runner/checks/index.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import type { History } from '../../runner/record/history.ts'
import { FLAG, type FunctionName, functionName, OUTCOME_OK, outcomeClass } from '../../runner/record/history-codes.ts'
import { readHistory } from '../../runner/record/history-reader.ts'
import type { LoadSeries } from '../../runner/record/load-series.ts'
import type { RunFacts } from '../../runner/results/run-facts.ts'
import { workloadKindByName } from '../../runner/workload/index.ts'
import { Load } from '../../runner/workload/load.ts'
import { resolveOptions } from '../../runner/workload/options.ts'
import type { LoadRequest } from '../../runner/workload/thread/request.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { leasePort } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const SHARDS = 2
const RUN_MS = 2000
const LATENCIES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'max']

/** What runs side by side on one quiet cluster, and the functions that each must have carried out. */
const WORKLOADS: Record<string, { written: Record<string, unknown>; does: FunctionName[] }> = {
  register: { written: { type: 'register', value_size: 50 }, does: ['read', 'write'] },
  waiting: { written: { type: 'register', wait: { replicas: 1, timeout: '20s' }, mix: { write: 1 } }, does: ['write'] },
  replicas: { written: { type: 'register', read_from: 'replica' }, does: ['read', 'write'] },
  aimed: { written: { type: 'register', shards: 2, keys: 20, distribution: 'zipf' }, does: ['read', 'write'] },
  application: { written: { type: 'register', client: 'ioredis' }, does: ['read', 'write'] },
  script: { written: { type: 'cas', keys: 10 }, does: ['read', 'write', 'cas'] },
  watch: { written: { type: 'cas', keys: 10, via: 'watch' }, does: ['read', 'write', 'cas'] },
  counter: { written: { type: 'counter' }, does: ['read', 'add'] },
  set: { written: { type: 'set' }, does: ['read', 'add'] },
  list: { written: { type: 'list' }, does: ['read', 'push'] },
  transaction: { written: { type: 'transaction' }, does: ['read', 'write'] },
  'app-transaction': { written: { type: 'transaction', client: 'ioredis' }, does: ['read', 'write'] },
  pubsub: { written: { type: 'pubsub' }, does: ['publish', 'deliver', 'subscribe', 'unsubscribe'] },
  sharded: { written: { type: 'pubsub', sharded: true }, does: ['publish', 'deliver', 'subscribe', 'unsubscribe'] },
  expiry: { written: { type: 'expiry', ttl: '400ms', mix: { read: 3, write: 1 } }, does: ['read', 'write'] },
}

const facts: RunFacts = { durationMs: 10_000, phases: [], steps: [], faults: [], shards: [], failovers: [] }

t.test(
  'every type of workload on a quiet cluster: all is carried out, and all its checks hold',
  { skip: skipWithoutRedis() },
  async (t) => {
    const { servers } = await formedCluster(t, { shards: SHARDS, replicas: 1 })
    const folder = t.testdir()
    const series = new Map<string, LoadSeries[]>()
    const load = new Load((workload, one) => series.set(workload, [...(series.get(workload) ?? []), one]))
    t.teardown(() => load.close())
    const request: LoadRequest = {
      workloads: Object.entries(WORKLOADS).map(([name, { written }]) => {
        const kind = workloadKindByName.get(String(written.type))
        if (!kind) throw new Error(`no workload of type ${written.type}`)
        const options = resolveOptions(
          kind.schema.parse({ rate: '150/s', clients: 4, timeout: '20s', ...written }),
          kind,
        )
        return { name, options, file: `${folder}/${name}.history` }
      }),
      nodes: servers.nodes,
      password: servers.password,
      shards: evenSplit(SHARDS),
      seed: 1,
      originMs: sharedNowMs(),
      startWallMs: Date.now(),
    }
    await load.open(request)
    await load.begin()
    await new Promise((resolve) => setTimeout(resolve, RUN_MS))
    await load.stop()
    const unread = await load.readFinals(30_000)
    t.ok(
      Object.values(unread).every((count) => count === 0),
      'everything was read back',
    )
    t.strictSame(await load.close(), [])
    t.strictSame(await load.close(), [], 'closing again is harmless')

    for (const [name, { does }] of Object.entries(WORKLOADS)) {
      t.test(name, async (t) => {
        const history = readHistory(`${folder}/${name}.history`)
        t.ok(history.complete)
        t.strictSame(failuresOf(history), [])
        t.strictSame(functionsOf(history).sort(), [...does].sort())
        t.ok(
          (series.get(name) ?? []).some(({ ok }) => ok.some((count) => count > 0)),
          'there are bins',
        )
        const measured = checksFor(history.type).filter((check) => !LATENCIES.includes(check.name))
        const limits = Object.fromEntries(
          measured.flatMap((check) => (limitOf(check.name) === undefined ? [] : [[check.name, limitOf(check.name)]])),
        )
        // A replica may be behind its master: there, old values are no fault.
        if (name === 'replicas') for (const check of ['linearizable', 'stale_reads']) delete limits[check]
        for (const outcome of judgeWorkload({ on: name, limits, history, facts })) {
          t.equal(outcome.verdict, 'passed', `${outcome.name}: ${outcome.explanation}`)
        }
        if (name === 'aimed')
          t.ok(
            history.slots.every((slot) => slot >= 8192),
            'all keys are in the second shard',
          )
        const fromReplica = rowsOf(history).some((row) => ((history.ops.flags[row] ?? 0) & FLAG.replica) !== 0)
        t.equal(fromReplica, name === 'replicas')
      })
    }
  },
)

t.test('a thread that is told nothing ends when it is told to', async (t) => {
  const load = new Load(() => undefined)
  t.strictSame(await load.close(), [])
  await t.rejects(load.begin(), /the load is closed/)
})

t.test(
  'servers that cannot be reached refuse nothing: the load opens, and its operations fail',
  { skip: skipWithoutRedis() },
  async (t) => {
    const folder = t.testdir()
    const load = new Load(() => undefined)
    t.teardown(() => load.close())
    const kind = workloadKindByName.get('register')
    if (!kind) throw new Error('no registers')
    const options = resolveOptions(kind.schema.parse({ type: 'register', rate: '100/s' }), kind)
    const port = await leasePort()
    const node = { name: 'redis-node0', host: '127.0.0.1', port, peerHost: '127.0.0.1', peerPort: port }
    await load.open({
      workloads: [{ name: 'a', options, file: `${folder}/a.history` }],
      ...{
        nodes: [node],
        password: '',
        shards: evenSplit(1),
        seed: 1,
        originMs: sharedNowMs(),
        startWallMs: Date.now(),
      },
    })
    await load.begin()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await load.stop()
    t.match(await load.readFinals(100), { a: 1000 })
    await load.close()
    t.match([...new Set(failuresOf(readHistory(`${folder}/a.history`)))], ['unserved'])
  },
)

function rowsOf({ rows }: History): number[] {
  return Array.from({ length: rows }, (_, row) => row)
}

/** The classes of what failed; a compare-and-set that found another value has not. */
function failuresOf(history: History): string[] {
  return rowsOf(history)
    .map((row) => history.ops.outcome[row] ?? OUTCOME_OK)
    .filter((outcome) => outcome !== OUTCOME_OK && outcomeClass(outcome) !== 'mismatch')
    .map((outcome) => outcomeClass(outcome))
}

function functionsOf(history: History): string[] {
  const ofClients = rowsOf(history).filter((row) => ((history.ops.flags[row] ?? 0) & FLAG.final) === 0)
  return [...new Set(ofClients.map((row) => functionName(history.ops.fn[row] ?? 0)))]
}

/** About time, or about what nobody looks at here: the servers and their connections. */
const NOT_HERE = [
  ...['outages', 'longest_outage', 'throughput', 'client_outage', 'recovery_after_server', 'errors_after_recovery'],
  ...['stuck_clients', 'reconnects', 'connections_leaked'],
]

/** The strictest limit of a check that is not about time. */
function limitOf(name: string): unknown {
  if (NOT_HERE.includes(name)) return undefined
  if (['linearizable', 'counter', 'set', 'list_order', 'isolation', 'expiry'].includes(name)) return true
  return name === 'error_rate' ? '0%' : 0
}
