import t from 'tap'
import { systemClock } from '../../../runner/base/clock.ts'
import { poll } from '../../../runner/base/poll.ts'
import { atomicWayOf } from '../../../runner/cluster/moves/atomic-ways.ts'
import type { MoveState, SlotMove } from '../../../runner/cluster/moves/move.ts'
import { moveSlots } from '../../../runner/cluster/moves/move-slots.ts'
import { tagOfSlot } from '../../../runner/cluster/slot-tags.ts'
import { liveStage } from '../../support/live-stage.ts'
import { skipWithoutRedis } from '../../support/local-servers.ts'

const [ONE, OTHER] = ['redis-node0', 'redis-node1'] as const
const signal = AbortSignal.timeout(60_000)

/** A key of each type, as the command that makes it and the one that shows it. */
const VALUES: readonly [name: string, make: readonly string[], show: string, ...args: string[]][] = [
  ['text', ['SET', 'value', 'PX', '3600000'], 'GET'],
  ['list', ['RPUSH', 'a', 'b'], 'LRANGE', '0', '-1'],
  ['set', ['SADD', 'a'], 'SMEMBERS'],
  ['sorted', ['ZADD', '1.5', 'a'], 'ZRANGE', '0', '-1', 'WITHSCORES'],
  ['hash', ['HSET', 'f', 'v'], 'HGETALL'],
  ['stream', ['XADD', '1-1', 'f', 'v'], 'XRANGE', '-', '+'],
]

/** Where a move can be kept. Redis has no way to let go on what it keeps: it is cancelled. */
const SERVERS = [
  { server: 'valkey:9.1', kept: ['importing', 'half', 'handoff'], goesOn: true },
  { server: 'redis:8.6', kept: ['importing'], goesOn: false },
] as const

for (const { server, kept, goesOn } of SERVERS) {
  t.test(`${server} moves slots by itself`, { skip: skipWithoutRedis() }, async (t) => {
    const { cluster, servers } = await liveStage(t, { shards: 2, replicas: 0, server, needs: { debug: true } })
    const call = (node: string, ...words: [string, ...(string | number)[]]) => cluster.node(node).client.call(...words)
    const ownerOf = async (slot: number) => (await cluster.look()).agreed.ownerOf(slot) ?? ''
    const keyOf = (slot: number, name = 'text') => `{${tagOfSlot(slot)}}:${name}`
    const way = await atomicWayOf(cluster, ONE)
    const eventually = async (what: string, isSo: () => Promise<boolean>) => {
      const look = async () => ({ ok: await isSo().catch(() => false), seen: '' })
      t.match(await poll(look, { clock: systemClock, withinMs: 15_000, everyMs: 10 }), { ok: true }, what)
    }
    /** Slot 100 from where it is to the other. */
    const moveOf100 = async (): Promise<SlotMove> => {
      const from = await ownerOf(100)
      return { slots: [[100, 100]], from, to: from === ONE ? OTHER : ONE }
    }
    for (const [name, [command = '', ...args]] of VALUES) await call(ONE, command, keyOf(1, name), ...args)
    for (const slot of [0, 2, 3, 100]) await call(ONE, 'SET', keyOf(slot), slot)

    await t.test('with their keys of each type, one way or the other', async (t) => {
      const shown = (node: string) =>
        Promise.all(VALUES.map(([name, , command, ...args]) => call(node, command, keyOf(1, name), ...args)))
      const before = await shown(ONE)
      const states: MoveState[] = []
      const slots: SlotMove['slots'] = [
        [0, 1],
        [3, 3],
      ]
      const move = { slots, from: ONE, to: OTHER }
      const result = await moveSlots([move], { cluster, signal, onState: (state) => states.push(state) })
      t.match(result, { how: 'atomic', moved: [{ slots: move.slots, from: ONE, to: OTHER }] })
      t.equal(states.at(-1)?.stage, 'moved')
      for (const { said } of states.slice(0, -1)) t.match(said, /^redis-node0 says [\w-]+, redis-node1 says [\w-]+$/)
      t.same(await shown(OTHER), before)
      t.ok(Number(await call(OTHER, 'PTTL', keyOf(1))) > 3_000_000)
      t.equal(await call(OTHER, 'GET', keyOf(3)), '3')
      t.equal(await ownerOf(2), ONE, 'and no other slot')
      t.equal(await call(ONE, 'CLUSTER', 'COUNTKEYSINSLOT', 1), 0)
      await moveSlots([{ slots: [[3, 3]], from: OTHER, to: ONE }], { cluster, signal, how: 'atomic' })
      t.equal(await call(ONE, 'GET', keyOf(3)), '3', 'back again')
    })

    for (const stopAt of kept) {
      await t.test(
        `it stops at ${stopAt}, and ${goesOn ? 'goes on when it is let go' : 'can be cancelled'}`,
        async (t) => {
          const move = await moveOf100()
          t.match(await moveSlots([move], { cluster, signal, stopAt }), { how: 'atomic', moved: [], stoppedAt: stopAt })
          t.equal(await ownerOf(100), move.from)
          await Promise.all([ONE, OTHER].map((node) => way?.letGo(cluster, node)))
          if (goesOn) await eventually('it is moved', async () => (await ownerOf(100)) === move.to)
          else await Promise.all([ONE, OTHER].map((node) => way?.cancel(cluster, node)))
        },
      )
    }

    await t.test('it can be cancelled, which is told', async (t) => {
      const move = await moveOf100()
      const at = kept.at(goesOn ? 1 : 0) ?? 'importing'
      await way?.hold(cluster, move, at)
      const states: MoveState[] = []
      const isHeld = (state: MoveState) => state.stage === at
      const cancel = () => Promise.all([ONE, OTHER].map((node) => way?.cancel(cluster, node)))
      const onState = (state: MoveState) => {
        states.push(state)
        if (isHeld(state)) void cancel()
      }
      await t.rejects(moveSlots([move], { cluster, signal, onState }), {
        name: 'MoveError',
        message: new RegExp(`^the move of slots 100 from ${move.from} to ${move.to} was cancelled: `),
      })
      // One that is held is seen on its way; others may be over before the first look.
      t.match(states.find(isHeld)?.said, /^redis-node\d says [\w-]+, redis-node\d says [\w-]+$/)
      t.equal(await ownerOf(100), move.from)
      t.equal(await call(move.from, 'GET', keyOf(100)), '100')
      t.equal(await call(move.to, 'CLUSTER', 'COUNTKEYSINSLOT', 100), 0, 'no key is doubled')
      await Promise.all([ONE, OTHER].map((node) => way?.letGo(cluster, node)))
    })

    await t.test('it fails with its target, which is told, and no key is lost', async (t) => {
      const move = await moveOf100()
      let isKilled = false
      const at = kept.at(goesOn ? 1 : 0) ?? 'importing'
      const onState = ({ stage }: MoveState) => {
        if (stage === at && !isKilled) void servers.kill(move.to)
        isKilled ||= stage === at
      }
      await way?.hold(cluster, move, at)
      await t.rejects(moveSlots([move], { cluster, signal, onState }), {
        message: new RegExp(`failed: ${move.from} says failed \\(.+\\), ${move.to} does not answer`),
      })
      t.equal(await call(move.from, 'GET', keyOf(100)), '100')
      await servers.start(move.to)
      await way?.letGo(cluster, move.from)
      await eventually('it is up', async () => (await call(move.to, 'PING')) === 'PONG')
    })

    t.equal(await way?.cancel(cluster, ONE), undefined, 'with nothing to cancel, nothing happens')
  })
}

t.test('servers that cannot are named, and nothing is begun', { skip: skipWithoutRedis() }, async (t) => {
  const { cluster } = await liveStage(t, { shards: 2, replicas: 0 })
  const move = { slots: [[100, 100]], from: ONE, to: OTHER } as const
  await t.rejects(moveSlots([move], { cluster, signal, how: 'atomic' }), {
    message: `the slots cannot be moved: ${ONE}, ${OTHER}: no atomic moves of slots there; they need CLUSTER MIGRATESLOTS (Valkey, from 9.0 on) or CLUSTER MIGRATION (Redis, from 8.4 on)`,
  })
})
