import t from 'tap'
import { FakeClock } from '../support/fake-clock.ts'
import { promote } from '../support/fake-cluster.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const ECHO = { on: 'redis-node0' }

/** What a text becomes when it is sent. */
async function sent(word: string, prepare: (stage: ReturnType<typeof fakeStage>) => void = () => {}) {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.names.set('victim', 'redis-node3')
  stage.names.set('both', ['redis-node1', 'redis-node3'])
  stage.names.set('text', 'a.b')
  prepare(stage)
  const outcome = await stage.playOne(step('redis', ['ECHO', word], ECHO))
  t.strictSame(stage.bugs, [])
  return outcome.error?.message ?? stage.cluster.sent.find(({ words }) => words[0] === 'ECHO')?.words[1]
}

t.test('what a node has is read by its name', async (t) => {
  t.equal(await sent('$victim.address'), '127.0.0.1')
  t.equal(await sent('$victim.port'), '7003')
  t.match(await sent('$victim.id'), /^[0-9a-f]{40}$/)
  t.equal(await sent('$victim.shard'), '2')
  t.equal(await sent('at $victim.address:$victim.port.'), 'at 127.0.0.1:7003.', 'inside a text')
  t.match(
    await sent('$victim.id', ({ cluster }) => cluster.down('redis-node3')),
    /^[0-9a-f]{40}$/,
    'of a node that is down what it said last',
  )
})

t.test('when the step is played', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  const echo = step('redis', 'ECHO $v.port', ECHO)
  await stage.play([
    step('let', { v: 'master of shard 1', w: 'replica of shard $v.shard' }),
    echo,
    step('redis', 'ECHO $w.port', ECHO),
  ])
  promote(stage.cluster, 1, 0)
  await stage.play([step('let', { v: 'master of shard 1' }), echo])
  Object.assign(stage.cluster.node('redis-node1'), { peerPort: 7999 })
  await stage.play([echo])
  t.strictSame(
    stage.cluster.sent.filter(({ words }) => words[0] === 'ECHO').map(({ words }) => words[1]),
    ['7000', '7001', '7001', '7999'],
  )
})

t.test('a number stays a number', async (t) => {
  const stage = fakeStage({ clock: new FakeClock() })
  stage.names.set('v', 'redis-node2')
  const outcome = await stage.playOne(step('expect', { node: 'master of shard $v.shard', role: 'master' }))
  t.match(outcome, { verdict: 'passed', targets: ['redis-node2'] })
})

t.test('what cannot be told is said', async (t) => {
  t.equal(await sent('$both.port'), '$both.port is of one node, and its name stands for 2: redis-node1, redis-node3')
  t.match(
    await sent('$victim.shard', ({ cluster }) => {
      for (const { view } of cluster.reports)
        view.nodes = view.nodes.filter(({ id }) => id !== cluster.report(3).view.myId)
    }),
    '$victim.shard is not known: redis-node3 is in no shard now',
  )
})

t.test('a text that names no node has no members', async (t) => {
  t.equal(await sent('$text.port'), 'a.b.port')
  t.equal(await sent('$victim.portal'), 'redis-node3.portal')
  t.equal(await sent('$$victim.port $$.port'), '$victim.port $.port')
})
