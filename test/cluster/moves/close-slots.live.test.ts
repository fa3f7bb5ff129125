import { execFileSync } from 'node:child_process'
import t from 'tap'
import { closeSlots } from '../../../runner/cluster/moves/close-slots.ts'
import type { SlotMove } from '../../../runner/cluster/moves/move.ts'
import { ownLine } from '../../../runner/cluster/slot-claims.ts'
import { tagOfSlot } from '../../../runner/cluster/slot-tags.ts'
import { requireDebian } from '../../support/debian.ts'
import { step } from '../../support/fake-stage.ts'
import { liveStage, PASSWORD } from '../../support/live-stage.ts'
import { skipWithoutRedis } from '../../support/local-servers.ts'

const [A, B, C] = ['redis-node0', 'redis-node1', 'redis-node2'] as const
type Name = typeof A | typeof B | typeof C
const signal = AbortSignal.timeout(90_000)

/** How a slot of A is left: what nodes were told, and who has which of its keys. */
interface Case {
  name: string
  /** The node that A was told. */
  migrating?: Name
  /** The nodes that were told to get it from A. */
  importing?: readonly Name[]
  keys?: Partial<Record<Name, readonly string[]>>
}

const CASES: readonly Case[] = [
  { name: 'both ends are open, nothing is moved', migrating: B, importing: [B], keys: { [A]: ['x', 'y'] } },
  { name: 'half of the keys are moved', migrating: B, importing: [B], keys: { [A]: ['x'], [B]: ['y'] } },
  { name: 'all keys are moved', migrating: B, importing: [B], keys: { [B]: ['x', 'y'] } },
  { name: 'the target alone is open', importing: [B], keys: { [A]: ['x'] } },
  { name: 'the target alone, and has a key', importing: [B], keys: { [A]: ['x', 'z'], [B]: ['y'] } },
  { name: 'the target alone, and has most keys', importing: [B], keys: { [A]: ['x'], [B]: ['y', 'z'] } },
  { name: 'the source alone is open', migrating: B, keys: { [A]: ['x'] } },
  { name: 'the source alone, without a key', migrating: B },
  { name: 'there are two targets', migrating: B, importing: [B, C], keys: { [A]: ['x'] } },
  { name: 'another target is open than is meant', migrating: B, importing: [C], keys: { [A]: ['x'] } },
  { name: 'two targets have keys', importing: [B, C], keys: { [A]: ['x', 'v', 'w'], [B]: ['y'], [C]: ['z'] } },
  {
    name: 'both have one key, with one value',
    migrating: B,
    importing: [B],
    keys: { [A]: ['x', 'y', 'z'], [B]: ['x'] },
  },
]

t.test('open slots are closed as redis-cli --cluster fix does', { skip: skipWithoutRedis() }, async (t) => {
  const stages = await Promise.all([1, 2].map(() => liveStage(t, { shards: 3, replicas: 0, needs: { debug: true } })))
  const [ours, theirs] = stages.map(({ cluster }) => cluster)
  if (!ours || !theirs) throw new Error('there are two')
  for (const [slot, one] of CASES.entries()) for (const { cluster } of stages) await leave(cluster, slot, one)

  const before = await stateOf(ours, 0)
  const wouldDo = await closeSlots({ cluster: ours, signal, dryRun: true })
  t.same(await stateOf(ours, 0), before, 'nothing is done where only said')
  const moves: SlotMove[] = []
  const { done, left } = await closeSlots({ cluster: ours, signal, onMove: (move) => moves.push(move) })
  t.same(left, [])
  t.match(done, {
    0: 'moved slot 0 from redis-node0 to redis-node1, as was begun (2 keys)',
    1: 'brought the keys of slot 1 from redis-node1 to redis-node0, which has most of them (1 key)',
    6: 'closed slot 6 of redis-node0 (0 keys)',
  })
  t.equal(wouldDo.done[0], 'would move slot 0 from redis-node0 to redis-node1, as was begun')
  t.equal(wouldDo.done.length, done.length)
  t.match(moves[0], { slots: [[0, 0]], from: A, to: B }, 'who gets a slot is told')

  const words = ['-a', PASSWORD, '--no-auth-warning', '--cluster', 'fix', `127.0.0.1:${theirs.node(A).port}`]
  // It compares values with DEBUG DIGEST-VALUE, as the user of people.
  for (const { client } of theirs.nodes) await client.call('ACL', 'SETUSER', 'default', '+debug')
  execFileSync('redis-cli', words, { encoding: 'utf8' })
  for (const [slot, { name }] of CASES.entries()) t.same(await stateOf(ours, slot), await stateOf(theirs, slot), name)
  t.same(await closeSlots({ cluster: ours, signal }), { done: [], left: [] }, 'a second time, there is nothing to do')

  await t.test('what nobody can decide stays as it is, and is told by key', async (t) => {
    await leave(ours, 20, { name: 'two values', migrating: B, importing: [B], keys: { [A]: ['x', 'y'], [B]: ['x'] } })
    const call = ours.node(B).client
    await call.pipeline([['ASKING'], ['SET', `{${tagOfSlot(20)}}:x`, 'newer']])
    const before = await stateOf(ours, 20)
    const { done, left } = await closeSlots({ cluster: ours, signal })
    t.same(done, [])
    t.equal(left.length, 1)
    t.match(left[0], `slot 20 is still open: ${B} and ${A} have different values of "{${tagOfSlot(20)}}:x": keep one`)
    t.match(await stateOf(ours, 20), { [A]: { keys: before[A]?.keys }, [B]: { keys: before[B]?.keys } })
  })

  await t.test('who takes a slot is of a newer epoch by then', async (t) => {
    await leave(ours, 22, { name: 'all keys are moved', migrating: B, importing: [B], keys: { [B]: ['x', 'y'] } })
    const { client } = ours.node(B)
    await client.call('CONFIG', 'SET', 'slowlog-log-slower-than', 0)
    await client.call('SLOWLOG', 'RESET')
    const { done } = await closeSlots({ cluster: ours, signal, slots: [[22, 22]] })
    t.match(done, ['brought the keys of slot 22 from redis-node0 to redis-node1, which has most of them'])
    // Newest first: of each its number, moment, duration and words.
    const log = (await client.call('SLOWLOG', 'GET', 128)) as [number, number, number, string[]][]
    const words = log.map(([, , , command]) => command.map(String).join(' ').toUpperCase()).reverse()
    t.same(
      words.filter((text) => /BUMPEPOCH|ADDSLOTS/.test(text)),
      ['CLUSTER BUMPEPOCH', 'CLUSTER ADDSLOTS 22'],
    )
  })

  await t.test('where the owner stays the same, every node knows one at any moment', async (t) => {
    const keys = { [A]: ['x', 'y'], [B]: ['z'] }
    await leave(ours, 23, { name: 'half of the keys are moved', migrating: B, importing: [B], keys })
    for (const { client } of ours.nodes) await client.call('CONFIG', 'RESETSTAT')
    const { done } = await closeSlots({ cluster: ours, signal, slots: [[23, 23]] })
    t.match(done, ['brought the keys of slot 23 from redis-node1 to redis-node0, which has most of them (1 key)'])
    for (const { name, client } of ours.nodes)
      t.notMatch(String(await client.call('INFO', 'commandstats')), 'delslots', `${name} forgets no owner`)
  })

  await t.test('a node that does not answer may have keys', async (t) => {
    await leave(ours, 21, { name: 'both ends are open', migrating: B, importing: [B] })
    await stages[0]?.servers.kill(B)
    t.match(await closeSlots({ cluster: ours, signal: AbortSignal.timeout(20_000) }), {
      done: [],
      left: [/^slot 21 is open, and redis-node1, which may have keys of it, does not answer$/],
    })
  })
})

t.test('a master that has an heir, and has not heard of it, gets no slot', { skip: skipWithoutRedis() }, async (t) => {
  const stage = await liveStage(t, { shards: 3, replicas: 1, needs: { debug: true, links: true } })
  const { cluster } = stage
  const plays = async (verb: string, arg: unknown) =>
    t.match(await stage.play(step(verb, arg, { withinMs: 15_000 })), { verdict: 'passed' })
  const [from, to] = (await cluster.look()).agreed.shards
  const [heir = ''] = to?.replicas ?? []
  const [source, target] = [from?.master ?? '', to?.master ?? '']
  await plays('reshard', { slots: 0, to: target, how: 'keys', until: 'importing' })
  await plays('partition', { isolate: target })
  await plays('failover', { node: heir, mode: 'takeover' })
  const epochs = new RegExp(
    `^slot 0 is open, and slots .* are owned by both ${[target, heir].sort().join(' .epoch \\d+. and ')} .epoch \\d+.`,
  )
  t.match(await closeSlots({ cluster, signal, agreedWithinMs: 500 }), { done: [], left: [epochs] })
  await plays('heal', 'partition')
  await plays('expect', { node: target, role: 'replica' })
  t.match(await closeSlots({ cluster, signal }), { done: [`closed slot 0 of ${source} (0 keys)`], left: [] })
  await plays('expect', { cluster: 'healthy' })
  t.equal((await cluster.look()).agreed.shardOf(target)?.master, heir, 'its heir keeps the shard')
})

t.test('keys that Redis hides from 8.4 on are found, and brought', async (t) => {
  if (!(await requireDebian(t))) return
  const { cluster } = await liveStage(t, { shards: 3, replicas: 0, server: 'redis:8.6' })
  await leave(cluster, 0, { name: 'half is moved', migrating: B, importing: [B], keys: { [A]: ['x'], [B]: ['y'] } })
  const { client } = cluster.node(B)
  // As after a failover: the heir has the keys, and was not told of the move.
  await client.call('CLUSTER', 'SETSLOT', 0, 'STABLE')
  t.equal(await client.call('CLUSTER', 'COUNTKEYSINSLOT', 0), 0, 'nobody sees them')
  const { done, left } = await closeSlots({ cluster, signal })
  t.same(left, [])
  t.match(done, ['brought the keys of slot 0 from redis-node1 to redis-node0, which has most of them (1 key)'])
  const calls = String(await cluster.node(A).client.call('INFO', 'commandstats'))
  t.notMatch(calls, 'delslots', 'its owner gives it up at no moment, in which another could take it')
  const { [A]: a, [B]: b, [C]: c } = await stateOf(cluster, 0)
  t.same(
    a?.keys,
    [0, 1].map((place) => `{${tagOfSlot(0)}}:${'xy'[place]}`),
  )
  t.same(
    [a, b, c].map((one) => [one?.owns, one?.isOpen]),
    [
      [true, false],
      [false, false],
      [false, false],
    ],
  )
})

t.test('what the new owner said before it had the slot may come late', async (t) => {
  if (!(await requireDebian(t))) return
  const config = { 'cluster-node-timeout': '1000' }
  const stage = await liveStage(t, {
    shards: 3,
    replicas: 0,
    server: 'valkey:8.1',
    settings: config,
    needs: { links: true },
  })
  const { cluster } = stage
  t.match(
    await stage.play(step('bus', { from: B, to: A, type: ['ping', 'pong'], delay: '300ms' }, { withinMs: 9000 })),
    { verdict: 'passed', error: undefined },
  )
  for (let slot = 0; slot < 10; slot += 1) {
    const [some, more] = [range(500), range(501).map((key) => `b${key}`)]
    await leave(cluster, slot, { name: 'most are moved', migrating: B, importing: [B], keys: { [A]: some, [B]: more } })
    const { left } = await closeSlots({ cluster, signal })
    t.same(left, [])
    const counts = [A, B].map((name) => cluster.node(name).client.call('CLUSTER', 'COUNTKEYSINSLOT', slot))
    t.same(await Promise.all(counts), [0, 1001], `slot ${slot}`)
  }
})

function range(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`)
}

type Cluster = Awaited<ReturnType<typeof liveStage>>['cluster']

async function leave(cluster: Cluster, slot: number, { migrating, importing = [], keys = {} }: Case): Promise<void> {
  const ids = new Map<string, string>()
  for (const { name, client } of cluster.nodes) ids.set(name, String(await client.call('CLUSTER', 'MYID')))
  const setSlot = (name: string, state: string, peer: string) =>
    cluster.node(name).client.call('CLUSTER', 'SETSLOT', slot, state, ids.get(peer) ?? '')
  for (const name of importing) await setSlot(name, 'IMPORTING', A)
  for (const name of [A, B, C] as const) {
    const set = (key: string) => [['ASKING'], ['SET', `{${tagOfSlot(slot)}}:${key}`, key]] as const
    await cluster.node(name).client.pipeline((keys[name] ?? []).flatMap(set))
  }
  if (migrating) await setSlot(A, 'MIGRATING', migrating)
}

/** Of each node: whether it owns the slot, whether it has it open, and its keys. */
async function stateOf(cluster: Cluster, slot: number) {
  const { reports } = await cluster.look()
  const states = await Promise.all(
    [...reports].map(async ([name, report]) => {
      const own = ownLine(report)
      const owns = own?.slots.some(([first, last]) => first <= slot && slot <= last)
      const isOpen = own?.openSlots.some((text) => text.startsWith(`[${slot}-`))
      const keys = await cluster.node(name).client.call('CLUSTER', 'GETKEYSINSLOT', slot, 10)
      return [name, { owns, isOpen, keys: Array.isArray(keys) ? keys.map(String).sort() : [] }] as const
    }),
  )
  return Object.fromEntries(states)
}
