import t from 'tap'
import { WatchedServers } from '../../runner/engine/watched-servers.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import type { FaultObservation } from '../../runner/record/observations.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeGroup } from '../support/fake-group.ts'

function watched() {
  const clock = new FakeClock(1000)
  const group = new FakeGroup(2)
  const told: FaultObservation[] = []
  let begun = 0
  group.before = () => {
    clock.ms += 7
  }
  const onBegin = () => {
    begun += 1
  }
  const servers = new WatchedServers(group, clock, { onBegin, onFault: (fault) => told.push(fault) })
  return { servers, group, told, begun: () => begun }
}

t.test('what is done to servers is done, and told with when it began and was done', async (t) => {
  const { servers, group, told, begun } = watched()
  await servers.stop('redis-node0', 1000)
  await servers.start('redis-node0')
  await servers.pause('redis-node1')
  await servers.unpause('redis-node1')
  await servers.restart('redis-node1', 1000)
  t.strictSame(group.calls.length, 5)
  const nodes = (index: number) => [`redis-node${index}`]
  t.strictSame(told, [
    { fault: 'stop', nodes: nodes(0), undone: false, fromMs: 1000, toMs: 1007 },
    { fault: 'stop', nodes: nodes(0), undone: true, fromMs: 1007, toMs: 1014 },
    { fault: 'pause', nodes: nodes(1), undone: false, fromMs: 1014, toMs: 1021 },
    { fault: 'pause', nodes: nodes(1), undone: true, fromMs: 1021, toMs: 1028 },
    { fault: 'restart', nodes: nodes(1), undone: false, fromMs: 1028, toMs: 1035 },
  ])
  t.equal(begun(), 5)
})

t.test('what failed is not told: nobody knows whether it bit', async (t) => {
  const { servers, group, told } = watched()
  group.before = () => {
    throw new PlatformError('the engine refused')
  }
  await t.rejects(servers.kill('redis-node0'), { message: 'the engine refused' })
  t.strictSame(told, [])
})

t.test('all else is as it was', async (t) => {
  const { servers, group, told } = watched()
  t.equal(servers.runId, group.runId)
  t.equal(servers.nodes, group.nodes)
  t.match(await servers.state('redis-node0'), { status: 'running' })
  await servers.remove()
  t.equal(group.removed, 1)
  t.strictSame(told, [])
})
