import t from 'tap'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

t.test('a delay at a node delays both ways to every other node, and is measured', async (t) => {
  const { playOne, group } = fakeStage()
  group.network.answer = () => ({ roundTripMs: 205 })
  const outcome = await playOne(step('network', { node: 'redis-node0', delay: '100ms' }))
  t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
  t.equal(group.network.links.length, 10)
  t.ok(group.network.links.every(({ delayMs, channel }) => delayMs === 100 && channel === 'all'))
  t.match(outcome.proof, /round trips take 205 ms/)
})

t.test('a delay that is not there is inconclusive, and taken back', async (t) => {
  for (const roundTripMs of [3, 900]) {
    const { playOne, group } = fakeStage()
    group.network.answer = () => ({ roundTripMs })
    const outcome = await playOne(step('network', { node: 'redis-node0', delay: '100ms' }))
    t.match(outcome, {
      verdict: 'inconclusive',
      error: { message: /should take 200 ms to 200 ms and was seen to take/ },
    })
    t.strictSame(group.network.links, [])
  }
})

t.test('directions and one way', async (t) => {
  for (const [arg, count] of [
    [{ node: 'redis-node0', loss: '5%', direction: 'out' }, 5],
    [{ node: 'redis-node0', loss: '5%', direction: 'in' }, 5],
    [{ from: 'redis-node0', to: 'all nodes', loss: '5%' }, 5],
    [{ node: ['redis-node0', 'redis-node1'], loss: '5%' }, 18],
    [{ node: 'redis-node0', loss: '5%', traffic: 'client' }, 2],
  ] as const) {
    const { playOne, group } = fakeStage()
    const outcome = await playOne(step('network', arg))
    t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
    t.equal(group.network.links.length, count, JSON.stringify(arg))
    t.ok(group.network.links.every(({ lossRatio }) => lossRatio === 0.05))
  }
})

t.test('a loss that was never counted is inconclusive', async (t) => {
  const clock = new FakeClock()
  const { playOne, group } = fakeStage({ clock })
  group.network.counts = async () => {
    clock.ms += 1000
    return []
  }
  t.match(await playOne(step('network', { node: 'redis-node0', loss: '5%' })), {
    verdict: 'inconclusive',
    error: { message: /nothing was counted on these links within 8 s/ },
  })
})

t.test('a bandwidth is measured by what a question of 48 kB takes', async (t) => {
  const wide = fakeStage()
  wide.group.network.answer = ({ payloadBytes }) => ({ roundTripMs: payloadBytes ? 20 : 1 })
  t.match(await wide.playOne(step('network', { node: 'redis-node0', bandwidth: '100kb/s' })), {
    verdict: 'inconclusive',
    error: { message: /48 kB redis-node0 → redis-node1 .* should take 320 ms or more, and took 20 ms/ },
  })
  const narrow = fakeStage()
  narrow.group.network.answer = ({ payloadBytes }) => ({ roundTripMs: payloadBytes ? 480 : 1 })
  t.match(await narrow.playOne(step('network', { node: 'redis-node0', bandwidth: '100kb/s' })), {
    verdict: 'passed',
    proof: /48 kB take 480 ms/,
  })
})

t.test('a healing that leaves the delay fails', async (t) => {
  const { playOne, group } = fakeStage()
  group.network.answer = () => ({ roundTripMs: 205 })
  await playOne(step('network', { node: 'redis-node0', delay: '100ms' }))
  t.match(await playOne(step('heal', 'network')), {
    verdict: 'failed',
    error: { message: /answers still take 205 ms, after a delay of 100 ms was taken away/ },
  })
  group.network.answer = () => ({ roundTripMs: 1 })
  t.match(await playOne(step('heal', 'network')), { verdict: 'passed' })
})
