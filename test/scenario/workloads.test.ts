import t from 'tap'
import { checks, checksFor, failoverChecks, needKeys } from '../../runner/checks/index.ts'
import { WORKLOAD_TYPES } from '../../runner/record/history-codes.ts'
import { explainScenario } from '../../runner/scenario/explain.ts'
import { schemaFiles } from '../../runner/scenario/json-schema.ts'
import { verbByName, verbs } from '../../runner/steps/index.ts'
import { workloadKinds } from '../../runner/workload/index.ts'
import { loadText } from './load-text.ts'

const STEPS = 'steps:\n  - kill: redis-node0\n    phase: outage\n'

t.test('a workload of nothing but a type gets all its defaults', async (t) => {
  const { workloads, checks } = loadText(`title: A title\nworkloads: { checkout: { type: register } }\n${STEPS}`)
  t.strictSame(workloads, [
    {
      name: 'checkout',
      line: 2,
      options: {
        type: 'register',
        client: 'direct',
        ioredis: {},
        clients: 8,
        keys: 1000,
        mix: { read: 1, write: 1 },
        valueSize: 0,
        distribution: { kind: 'uniform' },
        readFrom: 'master',
        timeoutMs: 1000,
        own: { type: 'register' },
      },
    },
  ])
  t.strictSame(checks, [])
})

t.test('all options arrive, with params filled in', async (t) => {
  const { workloads } = loadText(`title: A title
params: { rate: 90/m, many: 16 }
workloads:
  a: { type: register, clients: $many, rate: $rate, keys: 50, mix: { write: 3 }, value_size: 100, read_from: replica, timeout: 2s, shards: 2 }
  b: { type: counter, wait: { replicas: 1 }, distribution: zipf, shards: [1, 3] }
  c: { type: set, durability: { replicas: 1, timeout: 100ms }, distribution: { hot: { keys: 2, share: 80 } } }
  d: { type: cas, client: ioredis, ioredis: { maxRedirections: 3 }, distribution: hot, keys: 500 }
  e: { type: pubsub, channels: 3, sharded: true }
${STEPS}`)
  const [a, b, c, d, e] = workloads.map(({ options }) => options)
  const more = { mix: { write: 3 }, valueSize: 100, readFrom: 'replica', timeoutMs: 2000, shards: [1] }
  t.match(a, { clients: 16, perSecond: 1.5, keys: 50, ...more })
  t.match(b, { wait: { replicas: 1, timeoutMs: 500 }, distribution: { kind: 'zipf', exponent: 0.99 }, shards: [0, 2] })
  t.match(c, {
    durability: { local: 1, replicas: 1, timeoutMs: 100 },
    distribution: { kind: 'hot', keys: 2, share: 0.8 },
  })
  t.match(d, { client: 'ioredis', ioredis: { maxRedirections: 3 }, distribution: { kind: 'hot', keys: 5, share: 0.9 } })
  t.match(e, { keys: 3, mix: { publish: 1 }, own: { sharded: true } })
})

t.test('checks arrive as they are written, in order', async (t) => {
  const { checks } = loadText(`title: A title
params: { most: 20ms }
workloads: { a: { type: register }, b: { type: counter } }
${STEPS}checks:
  b: { counter: true, min_operations: 5 }
  a: { p99: [{ at_most: $most, during: outage }, 1s], lost_writes: 0 }
  failover: { time: { at_most: 12s } }
`)
  t.strictSame(checks, [
    { on: 'b', limits: { counter: true, min_operations: 5 } },
    { on: 'a', limits: { p99: [{ at_most: '20ms', during: 'outage' }, '1s'], lost_writes: 0 } },
    { on: 'failover', limits: { time: { at_most: '12s' } } },
  ])
})

t.test('phases inside other steps can be named', async (t) => {
  const text = `title: A title
workloads: { a: { type: register } }
steps:
  - parallel:
      - { wait: 1s, phase: inside }
checks: { a: { p99: { at_most: 1s, during: inside } } }
`
  t.equal(loadText(text).checks.length, 1)
})

t.test('explain tells of load and checks', async (t) => {
  const scenario = loadText(`title: A title
workloads:
  checkout: { type: register, rate: 500/s, wait: { replicas: 1 }, shards: [2] }
${STEPS}checks:
  checkout: { lost_writes: 0, p99: { at_most: 20ms, during: outage } }
`)
  const text = explainScenario(scenario, verbByName)
  t.match(
    text,
    /checkout: register, 8 clients at 500\/s, 1000 keys of shard 2, each write on 1 replica within 500 ms, 1 s for/,
  )
  t.match(text, /Checked at the end:\n {2}checkout: lost_writes 0\n {2}checkout: p99 at most 20ms, during outage\n$/)
})

t.test('every type of workload of a history can be asked for, and answers a check', async (t) => {
  t.strictSame(workloadKinds.map(({ name }) => name).sort(), [...WORKLOAD_TYPES].sort())
  for (const { name } of workloadKinds) t.ok(checksFor(name).length > 0, name)
})

t.test('the schema for editors knows every type, its options, and every check', async (t) => {
  const { properties, $defs } = JSON.parse(schemaFiles(verbs)['scenario.schema.json'] ?? '')
  const definition = ({ $ref }: { $ref: string }) => $defs[$ref.replace('#/$defs/', '')]
  const kinds = properties.workloads.additionalProperties.anyOf.map(definition)
  t.strictSame(
    kinds.map(({ title }: { title: string }) => title),
    workloadKinds.map(({ name }) => `Workload ${name}`),
  )
  for (const kind of kinds) {
    t.strictSame(kind.required, ['type'])
    t.equal(kind.additionalProperties, false)
  }
  const limits = definition(properties.checks.additionalProperties).properties
  t.strictSame(Object.keys(limits).sort(), [...checks.map(({ name }) => name), ...Object.keys(needKeys)].sort())
  t.strictSame(
    Object.keys(properties.checks.properties.failover.properties),
    failoverChecks.map(({ name }) => name),
  )
})
