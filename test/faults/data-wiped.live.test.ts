import { onEachPlatform } from '../support/each-platform.ts'
import { step } from '../support/fake-stage.ts'
import type { LiveStage } from '../support/live-stage.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const

function ask({ cluster }: LiveStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  return cluster
    .node(node)
    .data.callWithin(10_000, ...words)
    .catch((error: Error) => error.message)
}

onEachPlatform('a server whose data is wiped', async (t, on) => {
  const stage = await on.cluster({ settings: { save: '3600 1' } })
  const healthy = () => stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 15_000 }))
  for (let i = 0; i < 20; i += 1) await ask(stage, MASTER, 'SET', `key${i}`, 'value')
  await ask(stage, REPLICA, 'BGSAVE')

  await t.test('a replica comes back as the node that it was, and gets everything again from its master', async (t) => {
    const id = await ask(stage, REPLICA, 'CLUSTER', 'MYID')
    t.match(await stage.play(step('data-wiped', REPLICA)), {
      verdict: 'passed',
      proof:
        /^redis-node1: started anew(, empty: redis-node0 has given it \d+ keys since| with 0 keys, of 20 before .*); it is the node that it was; redis-node1: it runs and answers$/,
    })
    t.equal(await ask(stage, REPLICA, 'CLUSTER', 'MYID'), id)
    t.match(await healthy(), { verdict: 'passed' })
    t.equal(await ask(stage, REPLICA, 'DBSIZE'), 20)
    t.same(stage.faults.active, [])
  })

  await t.test('a master that is quicker than its failover takes the data of its replica along', async (t) => {
    t.match(await stage.play(step('data-wiped', { node: MASTER, identity: 'kept' })), {
      verdict: 'passed',
      proof: /^redis-node0: started anew with 0 keys, of 20 before/,
    })
    t.match(await healthy(), { verdict: 'passed' })
    t.equal(await ask(stage, MASTER, 'DBSIZE'), 0)
    t.equal(await ask(stage, REPLICA, 'DBSIZE'), 0, 'it has synchronized with the empty master')
  })

  await t.test('what it writes afterwards is kept', async (t) => {
    t.equal(await ask(stage, MASTER, 'SET', 'kept', 'value'), 'OK')
    await stage.servers.restart(MASTER, 10_000)
    await healthy()
    t.equal(await ask(stage, MASTER, 'GET', 'kept'), 'value')
  })

  await t.test('one whose identity is lost comes back as a node that nobody knows', async (t) => {
    const id = await ask(stage, REPLICA, 'CLUSTER', 'MYID')
    t.match(await stage.play(step('data-wiped', { node: REPLICA, identity: 'lost' })), {
      verdict: 'passed',
      proof: /^redis-node1: started anew with 0 keys, of 1 before .*; it is a node that nobody knows/,
    })
    t.not(await ask(stage, REPLICA, 'CLUSTER', 'MYID'), id)
    t.match(await ask(stage, REPLICA, 'CLUSTER', 'INFO'), /cluster_known_nodes:1\r/)
  })

  await t.test('must be running', async (t) => {
    await stage.servers.stop(REPLICA, 10_000)
    t.match(await stage.play(step('data-wiped', REPLICA)), {
      verdict: 'failed',
      error: { message: /data-wiped needs nodes that are running: redis-node1 is stopped/ },
    })
    t.match(await stage.servers.state(REPLICA), { status: 'stopped' })
  })
  t.same(stage.bugs, [])
})
