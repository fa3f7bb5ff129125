import t from 'tap'
import { CLIENTS, type LinkFault } from '../../runner/platforms/faults.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const ALL = [0, 1, 2, 3, 4, 5].map((index) => `redis-node${index}`)
const pairs = (links: readonly LinkFault[]) => links.map(({ from, to }) => `${from.slice(-1)}>${to.slice(-1)}`).sort()

t.test('isolate cuts both directions to every other node, and nothing else', async (t) => {
  const { playOne, group } = fakeStage()
  const outcome = await playOne(step('partition', { isolate: 'redis-node0' }))
  t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
  t.strictSame(pairs(group.network.links), ['0>1', '0>2', '0>3', '0>4', '0>5', '1>0', '2>0', '3>0', '4>0', '5>0'])
  t.ok(group.network.links.every(({ channel, cut }) => channel === 'all' && cut === 'drop'))
  t.match(
    outcome.proof,
    /10 of 10 probes across the cut were silent for 400 ms, \d+ of \d+ beside it answered, 10 packets/,
  )
})

t.test('forms', async (t) => {
  const cases: [string, unknown, string[]][] = [
    ['one way', { from: 'redis-node0', to: ['redis-node1', 'redis-node2'] }, ['0>1', '0>2']],
    ['groups leave alone who is not named', { groups: [['redis-node0'], ['redis-node1']] }, ['0>1', '1>0']],
    [
      'three groups',
      { groups: [['redis-node0'], ['redis-node1'], ['redis-node2']] },
      ['0>1', '0>2', '1>0', '1>2', '2>0', '2>1'],
    ],
    [
      'a bridge reaches both halves',
      { bridge: 'redis-node5' },
      [0, 1, 2].flatMap((a) => [3, 4].flatMap((b) => [`${a}>${b}`, `${b}>${a}`])).sort(),
    ],
    ['a bridge beside groups', { bridge: 'redis-node5', groups: [['redis-node0'], ['redis-node1']] }, ['0>1', '1>0']],
  ]
  for (const [name, arg, expected] of cases) {
    t.test(name, async (t) => {
      const { playOne, group } = fakeStage()
      const outcome = await playOne(step('partition', arg))
      t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
      t.strictSame(pairs(group.network.links), expected)
    })
  }
})

t.test('halves put the replicas across or together', async (t) => {
  for (const [halves, side] of [
    ['across', ['redis-node0', 'redis-node3', 'redis-node5']],
    ['together', ['redis-node0', 'redis-node1']],
  ] as const) {
    const { playOne, group } = fakeStage({
      targets: { resolve: async (phrase) => (phrase === 'minority of masters' ? ['redis-node0'] : ALL) },
    })
    const outcome = await playOne(step('partition', { halves }))
    t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
    const senders = new Set(group.network.links.map(({ from }) => from))
    const cutFrom0 = group.network.links.filter(({ from }) => from === 'redis-node0').map(({ to }) => to)
    t.equal(senders.size, 6)
    t.strictSame(
      ALL.filter((node) => !cutFrom0.includes(node)),
      side,
      halves,
    )
  }
})

t.test('clients: cut also cuts them off from the isolated side; traffic: client cuts nobody else', async (t) => {
  for (const [arg, nodeLinks] of [
    [{ isolate: 'redis-node0', clients: 'cut' }, 10],
    [{ isolate: 'redis-node0', traffic: 'client' }, 0],
  ] as const) {
    const { playOne, group } = fakeStage()
    const outcome = await playOne(step('partition', arg))
    t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
    const withClients = group.network.links.filter(({ from, to }) => from === CLIENTS || to === CLIENTS)
    t.strictSame(
      withClients.map(({ from, to, channel }) => [from, to, channel]),
      [
        [CLIENTS, 'redis-node0', 'data'],
        ['redis-node0', CLIENTS, 'data'],
      ],
    )
    t.equal(group.network.links.length - withClients.length, nodeLinks)
  }
})

t.test('a cut that does not bite is inconclusive, and taken back', async (t) => {
  const { playOne, group, stage } = fakeStage()
  group.network.answer = () => ({ outcome: 'open' })
  const outcome = await playOne(step('partition', { isolate: 'redis-node0' }))
  t.match(outcome, {
    verdict: 'inconclusive',
    error: { message: /still open after the cut: redis-node\d → redis-node\d/ },
  })
  t.strictSame(group.network.links, [])
  t.strictSame(stage.faults.active, [])
})

t.test('a cut that counted nothing, and one that bites the rest too, are inconclusive', async (t) => {
  const silent = fakeStage()
  silent.group.network.counts = async () => []
  t.match(await silent.playOne(step('partition', { isolate: 'redis-node0' })), {
    verdict: 'inconclusive',
    error: { message: /counted nothing/ },
  })
  const wide = fakeStage()
  wide.group.network.answer = () => ({ outcome: 'silent' })
  t.match(await wide.playOne(step('partition', { isolate: 'redis-node0' })), {
    verdict: 'inconclusive',
    error: { message: /not asked to be cut, but no answer/ },
  })
})

t.test('bad targets fail the step with the reason', async (t) => {
  const cases: [unknown, RegExp][] = [
    [{ isolate: 'all nodes' }, /stands for all nodes/],
    [{ groups: [['redis-node0'], ['master of shard 1']] }, /redis-node0 would be on two sides/],
    [{ bridge: 'redis-node0', groups: [['redis-node0'], ['redis-node1']] }, /redis-node0 would be on two sides/],
  ]
  for (const [arg, message] of cases) {
    const { playOne, group } = fakeStage()
    t.match(await playOne(step('partition', arg)), { verdict: 'failed', error: { message } })
    t.strictSame(group.network.links, [])
  }
})

t.test('a node that is not running cannot be cut off', async (t) => {
  const { playOne, group } = fakeStage()
  group.set('redis-node0', { status: 'stopped', text: 'container exited with code 0' })
  t.match(await playOne(step('partition', { isolate: 'redis-node0' })), {
    verdict: 'failed',
    error: { message: /redis-node0 is stopped/ },
  })
})

t.test('for holds it that long, heals it, and shows that it is healed', async (t) => {
  const clock = new FakeClock()
  const { playOne, group, events, stage } = fakeStage({ clock })
  const outcome = await playOne(step('partition', { isolate: 'redis-node0' }, { forMs: 3000 }))
  t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
  t.match(outcome.proof, /healed in time: 10 of 10 probes across the former cut answered/)
  t.strictSame(group.network.links, [])
  t.strictSame(stage.faults.active, [])
  t.ok(events.length > 0)
})

t.test('a healing that does not heal fails the step, and the fault stays on the board', async (t) => {
  const clock = new FakeClock()
  const { playOne, group, stage } = fakeStage({ clock })
  await playOne(step('partition', { isolate: 'redis-node0' }))
  group.network.answer = () => ({ outcome: 'silent' })
  t.match(await playOne(step('heal', 'all')), {
    verdict: 'failed',
    error: { message: /not healed: still cut 8 s after it was healed \(\d+ looks\)/, hint: /npm run heal/ },
  })
  t.equal(stage.faults.active.length, 1)
})

t.test('heal takes away what it names, and nothing to heal is a failure', async (t) => {
  const { playOne, group } = fakeStage()
  t.match(await playOne(step('heal', 'all')), { verdict: 'failed', error: { message: /nothing to heal/ } })
  await playOne(step('partition', { groups: [['redis-node0'], ['redis-node1']] }))
  await playOne(step('partition', { groups: [['redis-node2'], ['redis-node3']] }))
  t.equal(group.network.links.length, 4)
  const one = await playOne(step('heal', { node: 'redis-node2' }))
  t.equal(one.verdict, 'passed', one.error?.message ?? '')
  t.strictSame(pairs(group.network.links), ['0>1', '1>0'])
  t.equal((await playOne(step('heal', 'partition'))).verdict, 'passed')
  t.strictSame(group.network.links, [])
})

t.test('heal: all lets paused and stopped nodes go on', async (t) => {
  const { playOne, group } = fakeStage()
  group.set('redis-node1', { status: 'paused', text: 'container is paused' })
  group.set('redis-node2', { status: 'stopped', text: 'container exited with code 137' })
  const outcome = await playOne(step('heal', 'all'))
  t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
  t.strictSame(group.calls, ['unpause redis-node1', 'start redis-node2'])
})

t.test('overlapping cuts are healed one by one: what the other still cuts is not expected to be open', async (t) => {
  const { playOne, group } = fakeStage()
  await playOne(step('partition', { isolate: 'redis-node0' }))
  await playOne(step('partition', { groups: [['redis-node0'], ['redis-node1']] }))
  const outcome = await playOne(step('heal', { node: 'redis-node1' }))
  t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
  t.match(outcome.proof, /nothing to probe/)
  t.equal(pairs(group.network.links).length, 10)
})
