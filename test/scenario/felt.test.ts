import t from 'tap'
import { explainScenario } from '../../runner/scenario/explain.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { loadText } from './load-text.ts'

const LOAD = 'workloads:\n  shop: { type: register }\n  cart: { type: counter, shards: 2 }\n'
const READERS = 'workloads: { readers: { type: register, read_from: replica } }\n'

/** What `explain` says below a step; empty if nothing. */
function felt(step: string, workloads = LOAD): string {
  const text = explainScenario(loadText(`title: A title\n${workloads}steps:\n  - ${step}\n`), verbByName)
  return /^1\. .*\n {3}(.*)$/m.exec(text)?.[1] ?? ''
}

const CASES: readonly [step: string, workloads: string | undefined, sentence: string][] = [
  [
    'network: { node: redis-node0, delay: 10ms }',
    undefined,
    'Clients of shop and cart do not feel this: only the links between nodes are worse.',
  ],
  [
    'network: { node: redis-node0, delay: 10ms, traffic: client }',
    undefined,
    'Clients of shop feel this in shard 1. Clients of cart do not feel this: they have no keys in shard 1.',
  ],
  [
    'network: { node: all nodes, delay: 10ms, traffic: bus }',
    READERS,
    'Clients of readers do not feel this: only the cluster bus is worse.',
  ],
  [
    'network: { node: redis-node0, delay: 10ms }',
    READERS,
    'Clients of readers do not feel this: only the links between nodes are worse.',
  ],
  [
    'network: { node: redis-node0, delay: 10ms }',
    'workloads: { payments: { type: register, wait: { replicas: 1 } } }\n',
    'Clients of payments feel it through replicas, which they wait for.',
  ],
  [
    'partition: { isolate: replica of shard 2 }',
    READERS,
    'Clients of readers feel only what follows from this: the links between nodes are cut, and not those to clients.',
  ],
  [
    'network: { node: redis-node0, delay: 10ms }',
    '',
    'Clients do not feel this: only the links between nodes are worse.',
  ],
  [
    'partition: { isolate: master of shard 2 }',
    undefined,
    'Clients of shop and cart feel only what follows from this: the links between nodes are cut, and not those to clients.',
  ],
  [
    'partition: { isolate: master of shard 2, clients: cut }',
    undefined,
    'Clients of shop and cart feel this in shard 2.',
  ],
  ['kill: random master', undefined, 'Clients of shop and cart feel this where it falls on their keys.'],
  ['kill: replica of shard 2', undefined, 'Clients of shop and cart do not feel this: they use masters alone.'],
  ['kill: replica of shard 2', READERS, 'Clients of readers feel this in shard 2.'],
  ['kill: master of shard 1', '', ''],
  ['lost-votes: redis-node1', undefined, 'Clients of shop and cart do not feel this: only the cluster bus is touched.'],
  ['failover: redis-node1', undefined, ''],
]

for (const [step, workloads, sentence] of CASES) {
  t.test(`clients beside ${step}${workloads ?? ''}`, async (t) => t.equal(felt(step, workloads), sentence))
}

t.test('what a platform must be able to do is told', async (t) => {
  const scenario = loadText(
    'title: A title\nrequires: { platform: docker, can: [delay, disk-full] }\nsteps: [{ wait: 1s }]\n',
  )
  t.match(
    explainScenario(scenario, verbByName),
    'Needs: docker, a platform that can bring about delay and disk-full; skipped elsewhere.',
  )
})
