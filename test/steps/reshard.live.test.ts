import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import { step } from '../support/fake-stage.ts'
import { type LiveStage, liveStage } from '../support/live-stage.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

const skip = skipWithoutRedis()

/** Steps on one cluster of three masters, in order: each leaves it as the next one needs it. */
t.test(`slots move by steps on ${DEFAULT_SERVER}`, { skip }, async (t) => {
  const stage = await liveStage(t, { shards: 3, replicas: 0 })
  const data = stage.cluster.node('redis-node0').data
  await data.call('SET', 'aa', 'value')

  await t.test('by key, with what was seen of it and no secret', (t) => byKey(t, stage))
  await t.test('what cannot be moved is refused, and nothing is', (t) => refused(t, stage))
  await t.test('rebalancing says when there is nothing to do', (t) => balanced(t, stage))
  await t.test('a target that stands still: told slot by slot, and refused until the slots are closed', (t) =>
    standsStill(t, stage),
  )
  t.strictSame(stage.bugs, [])
})

/** The slot of the key `aa`. */
const SLOT = 1180

async function byKey(t: Test, stage: LiveStage): Promise<void> {
  const outcome = await stage.play(step('reshard', { key: 'aa', to: 'redis-node2', how: 'keys' }))
  t.match(outcome, {
    verdict: 'passed',
    proof: '3 nodes see every slot at its new owner; 1 key in these slots before, 1 after, and none left behind',
    note: /^1 slot with 1 key moved by keys in .*: 1 from redis-node0 to redis-node2$/,
    targets: ['redis-node2'],
  })
  t.equal(await stage.cluster.node('redis-node2').data.call('GET', 'aa'), 'value')
  const moves = [{ slots: `${SLOT}`, from: 'redis-node0', to: 'redis-node2' }]
  t.match(
    stage.events.filter(({ type }) => type.startsWith('slots-')),
    [
      { type: 'slots-moving', moves },
      { type: 'slots-moved', ...moves[0], keys: 1, fromMs: Number, toMs: Number },
    ],
  )
  const secrets = Object.values((await stage.servers.users()).mover.passwords)
  t.notOk(secrets.some((secret) => JSON.stringify(stage.events).includes(secret)))
}

async function refused(t: Test, stage: LiveStage): Promise<void> {
  const before = await layout(stage)
  const cases: [unknown, RegExp][] = [
    [{ slots: '0-9', from: 'redis-node2', to: 'redis-node4' }, /there is no node redis-node4|redis-node4/],
    [{ slots: '0-9', from: 'redis-node1', to: 'redis-node2' }, /^slots 0-9 are redis-node0's, and not of redis-node1$/],
    [{ key: 'aa', to: 'redis-node2' }, /^redis-node2 owns slots 1180 already$/],
    [{ slots: ['0-9', '5-20'], to: 'redis-node2' }, /^slots 5-9 are given twice$/],
    [{ count: 9, from: ['redis-node0', 'redis-node2'], to: 'redis-node2' }, /cannot be both the source and the target/],
    [{ count: 16_000, to: 'redis-node1' }, /^16000 slots cannot be moved to redis-node1: redis-node0, redis-node2 own/],
    [{ slots: 5, to: 'all masters' }, /stands for 3 nodes/],
  ]
  for (const [arg, says] of cases) {
    const outcome = await stage.play(step('reshard', arg))
    t.match(outcome, { verdict: 'failed', error: { message: says } }, JSON.stringify(arg))
  }
  t.strictSame(await layout(stage), before)
}

async function balanced(t: Test, stage: LiveStage): Promise<void> {
  t.match(await stage.play(step('rebalance', 'evenly')), {
    verdict: 'passed',
    proof: 'every master is within 2% of its share: there was nothing to move',
  })
  t.match(await stage.play(step('rebalance', { weights: { 'redis-node0': 1, 'master of shard 1': 2 } })), {
    verdict: 'failed',
    error: { message: 'redis-node0 is given two weights' },
  })
}

async function standsStill(t: Test, stage: LiveStage): Promise<void> {
  const moved = () => stage.events.filter(({ type }) => type === 'slots-moved').length
  const before = moved()
  const playing = stage.play(
    step('reshard', { count: 4000, from: 'redis-node0', to: 'redis-node1', how: 'keys' }, { withinMs: 4000 }),
  )
  const begun = async () => ({ ok: moved() > before, seen: '' })
  await poll(begun, { clock: systemClock, withinMs: 4000, everyMs: 1 })
  await stage.servers.pause('redis-node1')
  const outcome = await playing
  t.match(outcome, {
    verdict: 'failed',
    error: {
      message: /^moving slots [-\d]+ from redis-node0 to redis-node1 failed: .*(not done within|did not answer)/,
    },
  })
  t.match(outcome.error?.details?.[0], /^\d+ slots had been moved before$/)
  t.match(outcome.error?.details?.[1], /^slots? .*: redis-node0 .* of it; redis-node1 says nothing: /)
  await stage.servers.unpause('redis-node1')
  await answers(stage)
  const { client } = stage.cluster.node('redis-node1')
  await client.call('CLUSTER', 'SETSLOT', 5461, 'MIGRATING', await idOf(stage, 'redis-node2'))
  const open = await stage.play(step('reshard', { slots: 5462, to: 'redis-node2' }))
  t.match(open, {
    verdict: 'failed',
    error: {
      message: /^the cluster is not fit for moving slots: .*slots .*5461 are open on redis-node1/,
      hint: /heal: all/,
    },
  })
}

async function answers({ cluster }: LiveStage): Promise<void> {
  const look = async () => ({ ok: (await cluster.look()).reports.has('redis-node1'), seen: '' })
  await poll(look, { clock: systemClock, withinMs: 10_000, everyMs: 20 })
}

async function layout({ cluster }: LiveStage): Promise<unknown> {
  return (await cluster.look()).agreed.shards.map(({ master, slots }) => [master, slots])
}

async function idOf({ cluster }: LiveStage, name: string): Promise<string> {
  return (await cluster.look()).reports.get(name)?.view.myId ?? name
}
