import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { mendCluster } from '../../runner/faults/mend-cluster.ts'
import { requireEngine } from '../support/docker.ts'
import { step } from '../support/fake-stage.ts'
import { liveStage } from '../support/live-stage.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const

t.test('server faults bite in containers, and heal', async (t) => {
  if (!(await requireEngine(t))) return
  const needs = { debug: true, protectedSettings: true } as const
  const stage = await liveStage(t, { needs, platform: 'docker' })
  const play = (verb: string, arg: unknown, more = {}) => stage.play(step(verb, arg, more))
  const call = (...words: [string, ...string[]]) => stage.cluster.node(MASTER).client.call(...words)
  const healed = async (kind: string, proof: RegExp) => t.match(await play('heal', kind), { verdict: 'passed', proof })

  t.match(await play('config', { node: MASTER, set: { maxmemory: '1mb' } }), { verdict: 'passed' })
  await t.rejects(call('SET', 'a', 'b'), { message: /^OOM/ })
  await healed('config', /maxmemory 0 again/)

  t.match(await play('writes-refused', MASTER), { verdict: 'passed', proof: /MISCONF/ })
  await t.rejects(call('SET', 'a', 'b'), { message: /^MISCONF/ })
  await healed('writes-refused', /dbfilename dump\.rdb.* again/)
  t.equal(await call('SET', 'a', 'b'), 'OK')

  t.match(await play('connections-full', MASTER), { verdict: 'passed' })
  await t.rejects(stage.cluster.connect(MASTER).call('PING'))
  await healed('connections-full', /a new connection is answered/)

  t.match(await play('dropped-packets', { node: MASTER, type: 'publish' }), { verdict: 'passed', proof: /was dropped/ })
  await healed('dropped-packets', /publish packets are read again/)

  t.match(await play('stall', { node: MASTER, time: '500ms' }), {
    verdict: 'passed',
    proof: /container is running; no answer/,
  })
  t.match(await play('full-resync', MASTER), { verdict: 'passed', proof: /gave 1 of 1.*redis-node1 linked/ })

  await t.test('a full server whose runner is gone is restarted by the next', async (t) => {
    t.match(await play('connections-full', MASTER), { verdict: 'passed' })
    stage.cluster.node(MASTER).client.close()
    stage.cluster.node(MASTER).data.close()
    const heir = stage.successor()
    t.match(await heir.faults.endAll(new AbortController().signal), [{ proof: /a new connection is answered/ }])
    await heir.cluster.node(REPLICA).client.call('DEBUG', 'DROP-CLUSTER-PACKET-FILTER', '5')
    await stage.servers.pause(REPLICA)
    const mend = () =>
      mendCluster({ ...heir, servers: stage.servers, clock: systemClock, signal: AbortSignal.timeout(60_000) })
    t.match(await mend(), {
      done: ['unpaused redis-node1 (container is paused)', 'cleared the filter of cluster packets on redis-node1'],
      left: [],
    })
    t.same(await mend(), { done: [], left: [] })
  })
  t.same(stage.bugs, [])
})
