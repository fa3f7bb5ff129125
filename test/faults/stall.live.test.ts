import t from 'tap'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal

t.test('a stalled server', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { needs: { debug: true } })
  const stall = (node: unknown, time: string) => step('stall', { node, time })

  await t.test('answers nobody for its time, and then answers again', async (t) => {
    const client = stage.cluster.connect(MASTER)
    await client.call('PING')
    const startMs = performance.now()
    const stalling = stage.play(stall(MASTER, '800ms'))
    // As a client sees it: while it is stalled, one of its answers takes long.
    let longestMs = 0
    while (performance.now() - startMs < 1200) {
      const askedMs = performance.now()
      await client.callWithin(5000, 'PING')
      longestMs = Math.max(longestMs, performance.now() - askedMs)
    }
    t.ok(longestMs > 700, `the longest answer took ${longestMs} ms`)
    const outcome = await stalling
    t.match(outcome, {
      verdict: 'passed',
      proof: /redis-node0: process is running; no answer to PING; redis-node0 answers again/,
    })
    const [, counted = '', unit] =
      /having been blocked for ([\d.]+) (m?s) by its own count/.exec(outcome.proof ?? '') ?? []
    const countedMs = Number(counted) * (unit === 's' ? 1000 : 1)
    t.ok(countedMs >= 790 && countedMs <= performance.now() - startMs, `blocked for ${countedMs} ms by its own count`)
    t.same(stage.faults.active, [])
    t.equal((await stage.servers.state(MASTER)).status, 'running')
  })

  await t.test('is one of several at once', async (t) => {
    t.match(await stage.play(stall([MASTER, REPLICA], '600ms')), {
      verdict: 'passed',
      proof: /redis-node0: .*redis-node1: .*redis-node0 answers.*redis-node1 answers/,
    })
  })

  await t.test('passes by itself when its runner is gone', async (t) => {
    const controller = new AbortController()
    const stalling = stage.play(stall(MASTER, '1s'), controller.signal)
    while (stage.faults.active.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    setTimeout(() => controller.abort(new Error('the runner ends')), 300)
    await stalling
    const heir = stage.successor()
    t.match(await heir.faults.endAll(SIGNAL), [{ proof: /redis-node0 answers again/ }])
    await stage.faults.endAll(SIGNAL)
    stage.bugs.splice(0)
  })

  await t.test('is free of it when it was restarted meanwhile', async (t) => {
    const stalling = stage.play(stall(REPLICA, '20s'))
    while (stage.faults.active.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await stage.servers.kill(REPLICA)
    await stage.servers.start(REPLICA)
    const startMs = performance.now()
    const outcome = await stalling
    t.ok(performance.now() - startMs < 10_000, 'it is not waited for in vain')
    t.notMatch(outcome, { verdict: 'failed' })
    t.same(stage.faults.active, [])
  })
  t.same(stage.bugs, [])
})

t.test('where DEBUG commands are not allowed', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { replicas: 0 })
  t.match(await stage.play(step('stall', { node: MASTER, time: '600ms' })), {
    verdict: 'inconclusive',
    error: { message: /unsupported here: redis-node0 allows no DEBUG commands \(ERR DEBUG command not allowed/ },
  })
  t.equal(await stage.cluster.node(MASTER).client.call('PING'), 'PONG')
  t.same(stage.faults.active, [])
})
