import t from 'tap'
import { parseInfo } from '../../runner/cluster/node-report.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA, OTHER] = ['redis-node0', 'redis-node1', 'redis-node2'] as const

t.test('a lost replication history', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { replicas: 2, needs: { debug: true } })
  const stats = async () => parseInfo(String(await stage.cluster.node(MASTER).client.call('INFO', 'stats')))
  const full = async () => Number((await stats()).get('sync_full'))
  const size = async (node: string) => Number(await stage.cluster.node(node).client.call('DBSIZE'))
  for (let i = 0; i < 100; i += 1) await stage.cluster.node(MASTER).client.call('SET', `key:${i}`, 'x'.repeat(1000))

  await t.test('makes every replica take all data anew, and nothing is lost', async (t) => {
    const before = await full()
    t.match(await stage.play(step('full-resync', MASTER)), {
      verdict: 'passed',
      proof: /redis-node0 gave 2 of 2 full synchronizations; redis-node1, redis-node2 linked/,
    })
    t.equal(await full(), before + 2)
    for (const node of [REPLICA, OTHER]) {
      t.equal((await stage.cluster.lookAt(node)).report.replication.masterLink, 'up')
      t.equal(await size(node), 100)
    }
    t.same(stage.faults.active, [])
  })

  await t.test('is no fault when only the connection is cut: a replica then goes on where it was', async (t) => {
    const before = await full()
    await stage.cluster.node(MASTER).client.call('CLIENT', 'KILL', 'TYPE', 'replica')
    const expectUp = { node: REPLICA, link: 'up', lag: { at_most: 0 } }
    t.match(await stage.play(step('expect', expectUp, { withinMs: 10_000 })), { verdict: 'passed' })
    t.equal(await full(), before)
  })

  await t.test('waits for no replica that is down', async (t) => {
    const playing = stage.play(step('full-resync', MASTER))
    while (stage.faults.active.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const killing = stage.servers.kill(REPLICA)
    const outcome = await playing
    await killing
    // Whether both were served before the kill is chance; that no fault is left is not.
    t.match(outcome.verdict, /passed|inconclusive/)
    await stage.faults.endAll(new AbortController().signal)
    t.same(stage.faults.active, [])
    t.match(await stage.play(step('start', REPLICA)), { verdict: 'passed' })
  })

  await t.test('needs a master, and a replica of it', async (t) => {
    const fails = async (node: string, message: RegExp) =>
      t.match(await stage.play(step('full-resync', node)), { verdict: 'failed', error: { message } })
    await fails(REPLICA, /redis-node1 is a replica/)
    await stage.servers.kill(REPLICA)
    await stage.servers.kill(OTHER)
    const alone = { node: MASTER, replicas: 0 }
    t.match(await stage.play(step('expect', alone, { withinMs: 5000 })), { verdict: 'passed' })
    await fails(MASTER, /redis-node0 has no replica online/)
  })
  t.same(stage.bugs, [])
})
