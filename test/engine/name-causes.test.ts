import t from 'tap'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const FOLLOWS = step('expect', { node: 'redis-node1', role: 'replica', link: 'up' }, { withinMs: 1000 })

t.test('a replica that cannot load what its master sends is quoted, though it goes on', async (t) => {
  const clock = new FakeClock()
  const stage = fakeStage({ clock })
  const say = (node: string, message: string, wallMs = clock.wallMs()) =>
    stage.refused.readLine(node, { wallMs, text: `42:S 29 Nov 2026 23:24:23.052 # ${message}` })
  const failed = 'Failed trying to load the MASTER synchronization DB from disk'
  for (const [node, wallMs] of [
    ['redis-node1', clock.wallMs() + 500],
    ['redis-node2', clock.wallMs() + 500],
    ['redis-node3', 0],
  ] as const) {
    say(node, "Can't handle RDB format version 10", wallMs)
    say(node, failed, wallMs)
    say(node, 'Connecting to MASTER 127.0.0.1:7010', wallMs)
  }
  stage.cluster.down('redis-node1')
  const { error } = await stage.playOne(FOLLOWS)
  const quoted = `redis-node1 refused the data of its master: "Can't handle RDB format version 10 / ${failed}"`
  t.equal(error?.cause?.slice(0, quoted.length), quoted)
  t.match(error?.message, /^redis-node1 refused .*; expected redis-node1 to be a replica/)
  t.notMatch(error?.message, /redis-node2|redis-node3/, 'neither a node of which the step says nothing')
})

t.test('what was refused before the step began is not why it failed', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.refused.readLine('redis-node1', { wallMs: 0, text: 'Failed trying to load the MASTER synchronization DB' })
  stage.cluster.down('redis-node1')
  const { error } = await stage.playOne(FOLLOWS)
  t.notMatch(error?.message, /refused the data/)
})

t.test('of two versions, one of which hears nothing of the other, it is said why', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  const [first, second] = stage.group.nodes
  if (!first || !second) throw new Error('there are no nodes')
  first.server = 'redis 6.0.16'
  second.server = 'redict 7.3.6'
  stage.cluster.down('redis-node1')
  const { error } = await stage.playOne(
    step('expect', { node: 'redis-node0', role: 'replica', of: 'redis-node1' }, { withinMs: 1000 }),
  )
  t.match(
    error?.cause,
    /^redis-node0 \(redis 6\.0\.16\) reads no packet of redis-node1 \(redict 7\.3\.6\): each carries/,
  )
})
