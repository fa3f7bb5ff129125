import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { failOver } from '../../runner/cluster/failover.ts'
import { healthProblems } from '../../runner/cluster/health.ts'
import { type KeyedReply, sendByKey, spreadKeys } from '../../runner/cluster/key-routing.ts'
import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { slotOfKey } from '../../runner/cluster/slots.ts'
import { TargetResolver } from '../../runner/cluster/targets.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const skip = skipWithoutRedis()
const clock = systemClock

async function problemsOf(cluster: LiveCluster): Promise<string[]> {
  return healthProblems(await cluster.look(), { nodes: cluster.nodes.map((node) => node.name) })
}

/** Waits until one of the problems matches (or, without a pattern, until there is none). */
async function untilProblem(cluster: LiveCluster, pattern?: RegExp): Promise<string[]> {
  let problems: string[] = []
  const result = await poll(
    async () => {
      problems = await problemsOf(cluster)
      const ok = pattern ? problems.some((problem) => pattern.test(problem)) : problems.length === 0
      return { ok, seen: problems.join('; ') }
    },
    { clock, withinMs: 20_000, everyMs: 20 },
  )
  if (!result.ok) throw new Error(`waited 20 s for ${pattern ?? 'no problem'}; last seen: ${result.lastSeen}`)
  return problems
}

t.test('a cluster of 3 × 2', { skip }, async (t) => {
  const settings = { 'cluster-node-timeout': '1000' }
  const { cluster, servers } = await formedCluster(t, { shards: 3, replicas: 1, settings })
  const resolver = new TargetResolver(cluster, (n) => n - 1)

  t.test('targets', async (t) => {
    const expected: [string, string[]][] = [
      ['redis-node3', ['redis-node3']],
      ['master of shard 2', ['redis-node2']],
      ['replica of shard 2', ['redis-node3']],
      ['replica of redis-node4', ['redis-node5']],
      ['replicas of redis-node4', ['redis-node5']],
      ['master of redis-node1', ['redis-node0']],
      ['master of key aa', ['redis-node0']],
      ['replica of key "aa"', ['redis-node1']],
      ['master of slot 16383', ['redis-node4']],
      ['random master', ['redis-node4']],
      ['2 random replicas', ['redis-node3', 'redis-node5']],
      ['all masters', ['redis-node0', 'redis-node2', 'redis-node4']],
      ['all replicas', ['redis-node1', 'redis-node3', 'redis-node5']],
      ['all nodes', [0, 1, 2, 3, 4, 5].map((index) => `redis-node${index}`)],
      ['majority of masters', ['redis-node2', 'redis-node4']],
      ['minority of masters', ['redis-node4']],
    ]
    for (const [phrase, names] of expected) t.same(await resolver.resolve(phrase), names, phrase)
  })

  t.test('targets that stand for nothing', async (t) => {
    const expected: [string, string | RegExp][] = [
      ['master of shard 4', '"master of shard 4": there is no shard 4; there are 3 shards'],
      ['master of redis-node0', '"master of redis-node0" stands for no node: redis-node0 is a master itself'],
      [
        'replica of redis-node1',
        '"replica of redis-node1" stands for no node: redis-node1 is a replica itself, of redis-node0',
      ],
      [
        '4 random masters',
        '"4 random masters" needs 4 masters that answer, and there are only 3 (redis-node0, redis-node2, redis-node4)',
      ],
      ['redis-node9', /there is no node "redis-node9"; .*; did you mean "redis-node\d"\?/],
    ]
    for (const [phrase, message] of expected) {
      await t.rejects(resolver.resolve(phrase), { name: 'TargetError', message }, phrase)
    }
  })

  t.test('keys over all shards, each command at its master', async (t) => {
    const { agreed } = await cluster.look()
    const keys = [...spreadKeys('orders', 3000, agreed.shards)]
    t.equal(new Set(keys).size, 3000)
    const owners = new Map<string | undefined, number>()
    for (const key of keys) {
      const owner = agreed.ownerOf(slotOfKey(key))
      owners.set(owner, (owners.get(owner) ?? 0) + 1)
    }
    t.same([...owners.values()], [1000, 1000, 1000])
    const replies: KeyedReply[] = []
    const send = (command: (key: string) => [string, ...string[]]) =>
      sendByKey(
        cluster,
        agreed,
        keys.map((key) => ({ key, command: command(key) })),
        { onReply: (reply) => replies.push(reply) },
      )
    await send((key) => ['SET', key, `value of ${key}`])
    t.equal(replies.length, 3000)
    t.ok(replies.every(({ reply, attempts }) => reply === 'OK' && attempts === 1))
    replies.length = 0
    await send((key) => ['GET', key])
    t.ok(replies.every(({ key, reply }) => reply === `value of ${key}`))
    t.ok(replies.every(({ key, index, node }) => keys[index] === key && agreed.ownerOf(slotOfKey(key)) === node))
  })

  t.test('one MOVED is followed and counted', async (t) => {
    const { agreed } = await cluster.look()
    const replies: KeyedReply[] = []
    const stale = { ...agreed, ownerOf: () => 'redis-node2' }
    await sendByKey(cluster, stale, [{ key: 'aa', command: ['SET', 'aa', '1'] }], {
      onReply: (reply) => replies.push(reply),
    })
    t.same(replies, [{ index: 0, key: 'aa', node: 'redis-node0', attempts: 2, reply: 'OK' }])
    const none = { ...agreed, ownerOf: () => undefined }
    await sendByKey(cluster, none, [{ key: 'aa', command: ['GET', 'aa'] }], {
      onReply: (reply) => replies.push(reply),
    })
    t.match(replies[1], { attempts: 0, error: { class: 'other', indeterminate: false } })
  })

  t.test('an open slot', async (t) => {
    const { report } = await cluster.lookAt('redis-node2')
    await cluster.node('redis-node0').client.call('CLUSTER', 'SETSLOT', 77, 'MIGRATING', report.view.myId)
    t.same(await problemsOf(cluster), [
      'slot 77 is open on redis-node0 alone, migrating to redis-node2, where it is not being imported',
    ])
    await cluster.node('redis-node0').client.call('CLUSTER', 'SETSLOT', 77, 'STABLE')
    t.same(await problemsOf(cluster), [])
  })

  t.test('failover of a healthy shard; the shard keeps its number', async (t) => {
    const said: string[] = []
    const options = { clock, withinMs: 15_000, progress: (text: string) => said.push(text) }
    const done = await failOver(cluster, 'redis-node1', { mode: 'default', ...options })
    t.equal(done.tries[0]?.reply, 'OK')
    t.equal(said[0], 'CLUSTER FAILOVER on redis-node1: OK')
    await untilProblem(cluster)
    t.same(await resolver.resolve('master of shard 1'), ['redis-node1'])
    t.same(await resolver.resolve('replica of redis-node1'), ['redis-node0'])
    await t.rejects(failOver(cluster, 'redis-node1', { mode: 'default', ...options }), {
      name: 'FailoverError',
      message: 'redis-node1 is a master already: there is nothing to fail over',
    })
    await failOver(cluster, 'redis-node0', { mode: 'takeover', ...options })
    await untilProblem(cluster)
  })

  t.test('a replica whose link is down', async (t) => {
    await cluster.node('redis-node3').client.call('CONFIG', 'SET', 'masterauth', 'wrong')
    await cluster.node('redis-node2').client.call('CLIENT', 'KILL', 'TYPE', 'replica')
    const problems = await untilProblem(cluster, /link/)
    t.match(problems, ['redis-node3: link to its master redis-node2 is down'])
    await cluster.node('redis-node3').client.call('CONFIG', 'SET', 'masterauth', servers.password)
    await untilProblem(cluster)
  })

  t.test('a paused node: looks stay quick, keys for it are not sent again and again', async (t) => {
    const { agreed } = await cluster.look()
    servers.signal('redis-node4', 'SIGSTOP')
    t.teardown(() => servers.signal('redis-node4', 'SIGCONT'))
    const first = await cluster.look({ timeoutMs: 200 })
    t.match(first.unreachable.get('redis-node4'), /within 200 ms/)
    const replies: KeyedReply[] = []
    const commands = [...spreadKeys('paused', 300, agreed.shards)].map((key) => ({
      key,
      command: ['SET', key, '1'] as const,
    }))
    await sendByKey(cluster, agreed, commands, { onReply: (r) => replies.push(r), chunk: 10, timeoutMs: 200 })
    t.equal(replies.length, 300)
    const failed = replies.filter(({ error }) => error)
    t.equal(failed.length, 100)
    t.ok(failed.every(({ node, error }) => node === 'redis-node4' && error?.class === 'timeout'))
    t.ok(failed.every(({ attempts, error }) => attempts === 1 || error?.indeterminate === false))
    t.ok(failed.some(({ attempts }) => attempts === 0))
    const marked = await untilProblem(cluster, /redis-node4 is marked failing by/)
    t.match(marked[0], /^redis-node4 does not answer: /)
    t.same(await resolver.resolve('all masters').then((names) => names.includes('redis-node4')), false)
    servers.signal('redis-node4', 'SIGCONT')
    await untilProblem(cluster)
  })

  t.test('a killed master: its replica takes over', async (t) => {
    const before = (await cluster.look()).agreed.shardOf('redis-node0')?.master ?? ''
    t.equal(before, 'redis-node0')
    await servers.kill('redis-node0')
    t.same(await resolver.resolve('master of shard 1'), ['redis-node0'], 'the owner, although it is down')
    t.notOk((await resolver.resolve('all masters')).includes('redis-node0'))
    await untilProblem(cluster, /redis-node0 is marked failing by redis-node1, redis-node2/)
    const promoted = await poll(
      async () => ({ ok: (await resolver.resolve('master of shard 1'))[0] === 'redis-node1', seen: '' }),
      { clock, withinMs: 15_000, everyMs: 20 },
    )
    t.ok(promoted.ok)
    const problems = await problemsOf(cluster)
    t.match(problems[0], 'redis-node0 does not answer: connection refused')
    await servers.start('redis-node0')
    await untilProblem(cluster)
    t.same(await resolver.resolve('replica of redis-node1'), ['redis-node0'])
    await failOver(cluster, 'redis-node0', { mode: 'default', clock, withinMs: 20_000 })
    await untilProblem(cluster)
    t.same(await resolver.resolve('master of shard 1'), ['redis-node0'])
  })

  t.test('a failover without the master needs force, and every refusal is reported', async (t) => {
    await cluster.node('redis-node3').client.call('CONFIG', 'SET', 'cluster-replica-no-failover', 'yes')
    await servers.kill('redis-node2')
    await untilProblem(cluster, /redis-node2 is marked failing by .*redis-node3/)
    await t.rejects(failOver(cluster, 'redis-node3', { mode: 'default', clock, withinMs: 3000 }), {
      name: 'FailoverError',
      message:
        /^redis-node3 did not become master within 3\.00 s: it was last seen as replica, after \d+ tries of CLUSTER FAILOVER; the replies were "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE" \(\d+ times\)$/,
    })
    await failOver(cluster, 'redis-node3', { mode: 'force', clock, withinMs: 20_000 })
    const seen = await poll(
      async () => ({ ok: (await resolver.resolve('master of shard 2'))[0] === 'redis-node3', seen: '' }),
      { clock, withinMs: 10_000, everyMs: 20 },
    )
    t.ok(seen.ok)
  })

  t.test('nobody answers', async (t) => {
    for (const { name } of servers.nodes) await servers.kill(name)
    await t.rejects(resolver.resolve('random master'), { name: 'TargetError', message: /no node answers/ })
  })
})
