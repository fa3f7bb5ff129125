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
    ['random replica of shard 2', { kind: 'random', count: 1, role: 'replica', of: { by: 'shard', shard: 2 } }],
    ['2 random nodes of slot 5', { kind: 'random', count: 2, role: 'node', of: { by: 'slot', slot: 5 } }],
    ['all nodes of shard 1', { kind: 'all', role: 'node', of: { by: 'shard', shard: 1 } }],
    ['all replicas of key a b', { kind: 'all', role: 'replica', of: { by: 'key', key: 'a b' } }],
    ['all masters except n1', { kind: 'all', role: 'master', except: [{ kind: 'node', node: 'n1' }] }],
    [
      'all nodes of n1 except n2, n3 and master of shard 1',
      {
        kind: 'all',
        role: 'node',
        of: { by: 'node', node: 'n1' },
        except: [
          { kind: 'node', node: 'n2' },
          { kind: 'node', node: 'n3' },
          { kind: 'related', role: 'master', anchor: { by: 'shard', shard: 1 } },
        ],
      },
    ],
    // What a name that stands for several becomes.
    [
      'random master except n1,n2',
      {
        kind: 'random',
        count: 1,
        role: 'master',
        except: [
          { kind: 'node', node: 'n1' },
          { kind: 'node', node: 'n2' },
        ],
      },
    ],
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
  errors.push(
    [
      'all nodes except redis-nod0 and redis-node1',
      'there is no node "redis-nod0"; the nodes are redis-node0, redis-node1',
      'all nodes except redis-node0 and redis-node1',
    ],
    ['random master of shard 1', '"random master of shard 1": of one shard there is one master', 'master of shard 1'],
    ['all nodes of shard 0', '"0" is not the number of a shard; shards are numbered from 1', undefined],
  )
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
    ['all masters but redis-node0', 'all masters except redis-node0'],
    ['all mastrs except redis-node0', 'all masters except redis-node0'],
    ['all nodes in shard 1', 'all nodes of shard 1'],
    ['random slave of shard 2', 'random replica of shard 2'],
    ['all nodes except mastr of shard 1', 'all nodes except master of shard 1'],
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
