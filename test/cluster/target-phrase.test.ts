import t from 'tap'
import { parseTarget, TARGET_EXAMPLES } from '../../runner/cluster/targets.ts'

const nodeNames = ['redis-node0', 'redis-node1']

t.test('all forms that are offered are understood', async (t) => {
  for (const phrase of TARGET_EXAMPLES) t.match(parseTarget(phrase, { nodeNames }), { target: Object }, phrase)
})

t.test('what phrases mean', async (t) => {
  const meanings: [string, object][] = [
    ['redis-node0', { kind: 'node', node: 'redis-node0' }],
    ['master of shard 1', { kind: 'related', role: 'master', anchor: { by: 'shard', shard: 1 } }],
    ['replicas of redis-node0', { kind: 'related', role: 'replicas', anchor: { by: 'node', node: 'redis-node0' } }],
    ['master of key aa', { kind: 'related', role: 'master', anchor: { by: 'key', key: 'aa' } }],
    ['replica of key "a b"', { kind: 'related', role: 'replica', anchor: { by: 'key', key: 'a b' } }],
    ["master of key 'a'", { kind: 'related', role: 'master', anchor: { by: 'key', key: 'a' } }],
    ['master of slot 16383', { kind: 'related', role: 'master', anchor: { by: 'slot', slot: 16383 } }],
    ['random master', { kind: 'random', count: 1, role: 'master' }],
    ['2 random replicas', { kind: 'random', count: 2, role: 'replica' }],
    ['all nodes', { kind: 'all', role: 'node' }],
    ['minority of masters', { kind: 'share', share: 'minority' }],
  ]
  for (const [phrase, target] of meanings) t.same(parseTarget(phrase), { target }, phrase)
})

t.test('what is wrong is said, with the nearest right phrase', async (t) => {
  const errors: [string, string, string | undefined][] = [
    ['master of shard 0', '"0" is not the number of a shard; shards are numbered from 1', undefined],
    ['master of slot 16384', '"16384" is not a slot; slots go from 0 to 16383', undefined],
    ['0 random replicas', '"0 random replicas" stands for no node at all; ask for at least 1', 'random replica'],
    ['random masters', '"random masters" does not say how many', '2 random masters'],
    ['redis-nod0', 'there is no node "redis-nod0"; the nodes are redis-node0, redis-node1', 'redis-node0'],
    [
      'replica of redis-nde1',
      'there is no node "redis-nde1"; the nodes are redis-node0, redis-node1',
      'replica of redis-node1',
    ],
  ]
  for (const [phrase, error, suggestion] of errors) {
    t.same(parseTarget(phrase, { nodeNames }), { error, ...(suggestion ? { suggestion } : {}) }, phrase)
  }
  const suggestions: [string, string][] = [
    ['mastr of shard 2', 'master of shard 2'],
    ['slave of redis-node0', 'replica of redis-node0'],
    ['all master', 'all masters'],
    ['majority of master', 'majority of masters'],
    ['2 random replcas', '2 random replicas'],
    ['ramdom replica', 'random replica'],
    ['masterof key aa', 'master of key aa'],
  ]
  for (const [phrase, suggestion] of suggestions)
    t.match(parseTarget(phrase), { error: /is no target/, suggestion }, phrase)
  t.notOk('suggestion' in parseTarget('the third server from the left, please'))
})

t.test('without names of nodes any word may be one', async (t) => {
  t.same(parseTarget('other-node7'), { target: { kind: 'node', node: 'other-node7' } })
  t.match(parseTarget('master'), { error: String })
  t.match(parseTarget(''), { error: String })
})
