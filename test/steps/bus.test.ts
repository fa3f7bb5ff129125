import t from 'tap'
import type { LinkCount } from '../../runner/platforms/faults.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { fakeStage, step } from '../support/fake-stage.ts'

const DROP = { from: 'redis-node0', to: ['redis-node1', 'redis-node2'], type: 'ping', drop: true }

/** A stage whose links have counted this of every fault. */
function counting(count: Pick<LinkCount, 'packets' | 'seen' | 'unread'>) {
  const clock = new FakeClock()
  const made = fakeStage({ clock })
  const { network } = made.group
  network.counts = async () => network.links.map((link) => ({ link, ...count }))
  return { ...made, network, set: (next: typeof count) => Object.assign(count, next) }
}

t.test('one link for each sender, receiver and type', async (t) => {
  for (const [arg, fate] of [
    [{ drop: true }, 'drop'],
    [{ duplicate: true }, 'duplicate'],
    [{ reorder: true }, 'reorder'],
    [{ delay: '500ms' }, { delayMs: 500 }],
  ] as const) {
    const { playOne, network } = counting({ packets: 1, seen: 3 })
    const nodes = ['redis-node0', 'redis-node1']
    const outcome = await playOne(step('bus', { from: nodes, to: nodes, type: ['ping', 'pong'], ...arg }))
    t.equal(outcome.verdict, 'passed', outcome.error?.message ?? '')
    t.strictSame(
      network.links,
      [
        ['redis-node0', 'redis-node1', 'ping'],
        ['redis-node0', 'redis-node1', 'pong'],
        ['redis-node1', 'redis-node0', 'ping'],
        ['redis-node1', 'redis-node0', 'pong'],
      ].map(([from, to, type]) => ({ from, to, channel: 'bus', packet: { type, fate } })),
    )
  }
})

t.test('what was treated is told at its beginning and at its end', async (t) => {
  const { playOne, set } = counting({ packets: 1, seen: 3 })
  t.match(await playOne(step('bus', DROP)), { verdict: 'passed', proof: /^2 ping packets dropped on 2 of 2 links/ })
  set({ packets: 20, seen: 30 })
  t.match(await playOne(step('heal', 'bus')), { verdict: 'passed', proof: /40 ping packets dropped on 2 of 2 links/ })
})

t.test('a periodic packet that never comes is inconclusive at once', async (t) => {
  const { playOne, network } = counting({ packets: 0, seen: 7 })
  const message = /no ping packet was treated; 14 packets of all types were seen on these links/
  t.match(await playOne(step('bus', DROP)), { verdict: 'inconclusive', error: { message } })
  t.strictSame(network.links, [])
})

t.test('links that see no packets at all are inconclusive, whatever the type', async (t) => {
  const { playOne } = counting({ packets: 0, seen: 0 })
  const message = /no fail packet was treated; 0 packets/
  t.match(await playOne(step('bus', { ...DROP, type: 'fail' })), { verdict: 'inconclusive', error: { message } })
})

t.test('a rare packet may come later; where it never came, healing is done and inconclusive', async (t) => {
  const { playOne, network, stage, set } = counting({ packets: 0, seen: 7 })
  const fails = { ...DROP, type: 'fail' }
  t.match(await playOne(step('bus', fails)), {
    verdict: 'passed',
    proof: /14 packets seen on these links, none of them fail yet/,
  })
  t.match(await playOne(step('heal', 'bus')), {
    verdict: 'inconclusive',
    error: { message: /^drop fail packets from redis-node0 to .*: no fail packet was treated/, hint: /did not bite/ },
  })
  t.strictSame(network.links, [])
  t.strictSame(stage.faults.active, [])
  t.match(await playOne(step('bus', fails)), { verdict: 'passed' })
  set({ packets: 1, seen: 9 })
  t.match(await playOne(step('heal', 'bus')), { verdict: 'passed', proof: /2 fail packets dropped/ })
})

t.test('a node has no link to itself', async (t) => {
  const { playOne } = counting({ packets: 1, seen: 1 })
  t.match(await playOne(step('bus', { ...DROP, to: 'redis-node0' })), {
    verdict: 'failed',
    error: { message: /no link from a node to itself/ },
  })
})

t.test('what no server of that version sends is unsupported, and nothing is done', async (t) => {
  const { playOne, group, network } = counting({ packets: 1, seen: 1 })
  const [first] = group.nodes
  if (first) first.server = 'redis 6.0.16'
  const shards = { ...DROP, type: ['publish', 'publish-shard'] }
  t.match(await playOne(step('bus', shards)), {
    verdict: 'inconclusive',
    error: { message: /publish-shard packets is unsupported here: redis-node0 is redis 6\.0\.16, which has none/ },
  })
  t.strictSame(network.links, [])
  if (first) first.server = 'redis 7.0.15'
  t.match(await playOne(step('bus', shards)), { verdict: 'passed' })
})

t.test(
  'links that carry something else than packets that are known are unsupported, whatever else they saw',
  async (t) => {
    for (const seen of [0, 5]) {
      const { playOne, network, stage } = counting({ packets: 0, seen, unread: 2 })
      t.match(await playOne(step('bus', { ...DROP, type: 'fail' })), {
        verdict: 'inconclusive',
        error: { message: /unsupported here: what redis-node0 sends to redis-node1 is no packet of version 1/ },
      })
      t.strictSame(network.links, [])
      t.strictSame(stage.faults.active, [])
    }
  },
)
