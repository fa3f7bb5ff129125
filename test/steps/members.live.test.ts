import t from 'tap'
import { healthProblems } from '../../runner/cluster/health.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'

t.test('members of a cluster of 2 × 2 come and go', async (t) => {
  const settings = { 'cluster-node-timeout': '2000', 'repl-diskless-sync-delay': '0' }
  const { cluster, servers, play } = await liveStage(t, { shards: 2, replicas: 1, spares: 2, settings })
  const problems = async () => {
    const nodes = cluster.members.map(({ name }) => name)
    return healthProblems(await cluster.look(), { nodes })
  }
  const healthy = async (t: { equal: (a: unknown, b: unknown, message: string) => void }) => {
    const outcome = await play(step('expect', { cluster: 'healthy' }, { withinMs: 20_000 }))
    t.equal(outcome.verdict, 'passed', outcome.lastSeen ?? 'healthy')
  }
  const masterOf = async (name: string) => (await cluster.look()).agreed.masterOf(name)
  const [first] = cluster.nodes
  if (first === undefined) throw new Error('there is no node')
  await first.client.call('FUNCTION', 'LOAD', "#!lua name=own\nredis.register_function('one', function() return 1 end)")

  await t.test('a new master: known to all, without slots, with the functions of the others', async (t) => {
    const outcome = await play(step('add-node', 'master', { extras: { as: 'fresh' } }))
    t.match(outcome, { verdict: 'passed', note: 'redis-node4 is a master without slots', targets: ['redis-node4'] })
    const { reports } = await cluster.look()
    t.equal(reports.get('redis-node4')?.info.state, 'ok', 'slots can be moved to it at once')
    t.same(
      [...reports.values()].map(({ view }) => view.nodes.length),
      [5, 5, 5, 5, 5],
    )
    t.match(await cluster.node('redis-node4').client.call('FUNCTION', 'LIST'), [['library_name', 'own']])
    await healthy(t)
  })

  await t.test('its name stands for it among weights, too', async (t) => {
    const outcome = await play(step('rebalance', { weights: { $fresh: 0 } }))
    t.match(outcome, { verdict: 'passed', proof: /there was nothing to move/ })
    t.match(await play(step('rebalance', { weights: { $nobody: 1 } })), {
      ...{ verdict: 'failed', error: { message: /\$nobody is not defined/ } },
    })
  })

  await t.test('refused before a server is started: a replica of a replica', async (t) => {
    const outcome = await play(step('add-node', 'replica of redis-node1'))
    t.match(outcome, {
      verdict: 'failed',
      error: { message: /redis-node1 can have no replicas: it is a replica of redis-node0/ },
    })
    t.equal(servers.spares.length, 1)
  })

  await t.test('a new replica of it, by its name: in sync', async (t) => {
    const outcome = await play(step('add-node', 'replica of $fresh', { extras: { as: 'second' } }))
    t.match(outcome, { verdict: 'passed', proof: /it is in sync with redis-node4/ })
    t.equal(await masterOf('redis-node5'), 'redis-node4')
    await healthy(t)
  })

  await t.test('refused with the words of the server, or ours, and nothing is touched', async (t) => {
    const refused = async (verb: string, arg: unknown, message: RegExp) =>
      t.match(await play(step(verb, arg)), { verdict: 'failed', error: { message } }, `${verb} ${JSON.stringify(arg)}`)
    await refused(
      'replicate',
      { node: 'redis-node0', of: 'redis-node2' },
      /redis-node0 cannot become a replica: it is not empty, it owns slots 0-8191/,
    )
    await refused(
      'replicate',
      { node: 'redis-node5', of: 'redis-node1' },
      /redis-node1 can have no replicas: it is a replica of redis-node0/,
    )
    await refused(
      'remove-node',
      { node: 'redis-node0', slots: 'refuse' },
      /redis-node0 is not empty: it owns slots 0-8191/,
    )
    await refused('forget', { node: 'redis-node0', by: 'redis-node1' }, /redis-node1 is a replica of redis-node0/)
    await refused('forget', { node: 'redis-node0', by: 'redis-node0' }, /redis-node0 cannot forget itself/)
    await refused('meet', { node: 'redis-node0', with: 'redis-node0' }, /redis-node0 cannot meet itself/)
    await refused('replicate', { node: 'redis-node0', of: 'redis-node0' }, /redis-node0 cannot replicate itself/)
    await play(step('write', { keys: 20, as: 'some' }))
    await refused('reset', 'redis-node0', /CLUSTER RESET can't be called with master nodes containing keys/)
    t.same(await problems(), [])
  })

  await t.test(
    'a master without slots and its replica leave: the replica goes to the master with the fewest',
    async (t) => {
      const outcome = await play(step('remove-node', '$fresh'))
      t.match(outcome, { verdict: 'passed', proof: /know it no more, and it knows nobody/ })
      t.equal(await masterOf('redis-node5'), 'redis-node0')
      t.same(
        cluster.members.map(({ name }) => name),
        [0, 1, 2, 3, 5].map((index) => `redis-node${index}`),
      )
      t.match(await servers.state('redis-node4'), { status: 'running' }, 'its server goes on')
      await healthy(t)
    },
  )

  await t.test('one that is down is forgotten by all, and missed by nobody', async (t) => {
    await play(step('kill', '$second'))
    t.match(await play(step('forget', { node: '$second' })), { verdict: 'passed' })
    await healthy(t)
    t.same(await problems(), [])
  })

  await t.test('it comes back, is reset under a new id, meets the others and is healthy with them', async (t) => {
    await play(step('start', '$second'))
    t.match(await play(step('reset', { node: '$second', mode: 'hard' })), { verdict: 'passed' })
    await healthy(t)
    await play(step('pause', 'redis-node3'))
    const inVain = await play(step('meet', { node: '$second', with: 'redis-node3' }, { withinMs: 300 }))
    t.match(inVain, { verdict: 'failed', error: { message: /none of the others answers/ } })
    await play(step('unpause', 'redis-node3'))
    t.equal(cluster.members.length, 4, 'who met nobody is no member')
    t.match(await play(step('meet', { node: '$second' })), { verdict: 'passed' })
    t.equal(cluster.members.length, 5)
    await healthy(t)
  })

  await t.test('who does not answer could not forget: refused', async (t) => {
    await play(step('pause', 'redis-node3'))
    const outcome = await play(step('remove-node', '$second'))
    t.match(outcome, { verdict: 'failed', error: { message: /redis-node3 does not answer .*all others must forget/ } })
    await play(step('unpause', 'redis-node3'))
  })

  await t.test('a master that is down leaves once a replica has taken over its slots, and not before', async (t) => {
    await play(step('kill', 'redis-node2'))
    t.match(await play(step('remove-node', 'redis-node2', { withinMs: 300 })), {
      verdict: 'failed',
      error: {
        message: /redis-node2 does not answer, and its replica redis-node3 has not taken over its 8192 slots/,
        hint: /failover: { node: redis-node3, mode: takeover }/,
      },
    })
    const leaving = play(step('remove-node', 'redis-node2'))
    t.match(await play(step('failover', { node: 'redis-node3', mode: 'takeover' })), { verdict: 'passed' })
    t.match(await leaving, { verdict: 'passed', proof: /redis-node3 had taken over its slots/ })
    await healthy(t)
  })

  await t.test('a master with slots leaves: they go to the others with their keys', async (t) => {
    const outcome = await play(step('remove-node', 'redis-node3'))
    t.equal(outcome.error?.message, undefined)
    t.match(outcome, { verdict: 'passed', note: /8192 slots with \d+ keys moved/ })
    t.match(await play(step('verify', 'some')), { verdict: 'passed' })
    const { agreed } = await cluster.look()
    t.match(agreed.shards, [{ master: 'redis-node0', slots: [[0, 16383]] }])
    await healthy(t)
  })

  await t.test('the last master stays', async (t) => {
    const outcome = await play(step('remove-node', 'redis-node0'))
    t.match(outcome, { verdict: 'failed', error: { message: 'redis-node0 is the last master of the cluster' } })
    t.same(await problems(), [])
  })
})
