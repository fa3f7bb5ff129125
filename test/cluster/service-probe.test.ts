import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { probeService } from '../../runner/cluster/service-probe.ts'
import type { ServiceObservation } from '../../runner/record/observations.ts'

t.test('a shard that a replica from elsewhere has taken over is seen to be served', async (t) => {
  const seen: ServiceObservation[] = []
  const served = () => seen.at(-1)?.served
  let owner = 'redis-node0'
  const answers = (name: string) => async () => {
    if (name === 'redis-node0' && owner !== name) throw new Error('connection reset')
    if (name !== owner)
      throw new Error(owner === 'nobody' ? 'CLUSTERDOWN The cluster is down' : `MOVED 0 127.0.0.1:701${owner.at(-1)}`)
    return null
  }
  const nodes = ['redis-node0', 'redis-node1', 'redis-node2', 'redis-node3']
  const stop = probeService({
    // It has no replica when probing begins.
    shards: [{ number: 1, slots: [[0, 16383]], nodes: ['redis-node0'] }],
    clients: nodes.map((name) => ({ name, callWithin: answers(name), close: () => undefined })),
    clock: systemClock,
    nameOfAddress: (_, port) => `redis-node${port - 7010}`,
    everyMs: () => 5,
    onChange: (change) => seen.push(change),
  })
  t.teardown(stop)
  const until = async (holds: () => boolean) => {
    for (const endMs = Date.now() + 10_000; !holds() && Date.now() < endMs; ) await systemClock.sleep(5)
    return holds()
  }
  t.ok(await until(() => served() === true), 'it is served at first')
  owner = 'nobody'
  t.ok(await until(() => served() === false), 'then it is not')
  owner = 'redis-node2'
  t.ok(await until(() => served() === true), 'and then by another')
  t.equal(seen.at(-1)?.node, 'redis-node2')
})
