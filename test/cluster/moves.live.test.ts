import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { MoveError, type MoveState, MoveTooLate, type SlotMove } from '../../runner/cluster/moves/move.ts'
import { moveSlots } from '../../runner/cluster/moves/move-slots.ts'
import { ownersOf } from '../../runner/cluster/moves/owners.ts'
import { planRebalance } from '../../runner/cluster/moves/plan-rebalance.ts'
import { planReshard } from '../../runner/cluster/moves/plan-reshard.ts'
import { countKeys, countLeftBehind, unsettledMoves } from '../../runner/cluster/moves/settled.ts'
import { formatSlotRanges, parseSlotRanges, slotOfKey } from '../../runner/cluster/slots.ts'
import { chooseProgram } from '../../runner/platforms/process/server-program.ts'
import { requireDebian } from '../support/debian.ts'
import { type FormedCluster, formedCluster } from '../support/formed-cluster.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { contentOf, MOVED_KEY, plantValues } from '../support/moved-data.ts'

const skip = skipWithoutRedis()
const clock = systemClock
const projectRoot = new URL('../..', import.meta.url).pathname
const UNEVEN = ['0-5699', '5700-11099', '11100-16383'].map(parseSlotRanges)

function byKeys(cluster: LiveCluster, moves: SlotMove[], more: Partial<Parameters<typeof moveSlots>[1]> = {}) {
  return moveSlots(moves, { cluster, how: 'keys', signal: new AbortController().signal, ...more })
}

async function layoutOf(cluster: LiveCluster): Promise<Record<string, string>> {
  return Object.fromEntries(ownersOf(await cluster.look()).map(({ name, slots }) => [name, formatSlotRanges(slots)]))
}

async function untilSeen(cluster: LiveCluster, moves: SlotMove[]): Promise<void> {
  const look = async () => {
    const unsettled = unsettledMoves(await cluster.look(), moves)
    return { ok: unsettled.length === 0, seen: unsettled.join('; ') }
  }
  const { ok, lastSeen } = await poll(look, { clock, withinMs: 10_000, everyMs: 20 })
  if (!ok) throw new Error(`not all nodes see the moves: ${lastSeen}`)
}

/** The ids of masters, for a tool that knows them by nothing else. */
async function idsOf(cluster: LiveCluster): Promise<(name: string) => string> {
  const { reports } = await cluster.look()
  return (name) => reports.get(name)?.view.myId ?? name
}

async function redisCli({ servers, cluster }: FormedCluster, ...args: string[]): Promise<void> {
  const [first] = cluster.nodes
  const [action = '', ...flags] = args
  const env = { ...process.env, REDISCLI_AUTH: servers.password }
  await promisify(execFile)('redis-cli', ['--cluster', action, `127.0.0.1:${first?.port}`, ...flags], { env })
}

/** The same as redis-cli does to a cluster that is equal, slot by slot and key by key. */
async function compare(
  t: Test,
  [ours, theirs]: [FormedCluster, FormedCluster],
  plan: (cluster: LiveCluster) => Promise<SlotMove[]>,
  args: string[],
): Promise<void> {
  const moves = await plan(ours.cluster)
  await Promise.all([byKeys(ours.cluster, moves), redisCli(theirs, ...args)])
  await Promise.all([ours, theirs].map(({ cluster }) => untilSeen(cluster, moves)))
  t.strictSame(await layoutOf(ours.cluster), await layoutOf(theirs.cluster), `slots after ${args[0]}`)
  for (const { name } of ours.cluster.nodes) {
    const [own, other] = await Promise.all(
      [ours, theirs].map(({ cluster }) => cluster.node(name).client.call('DBSIZE')),
    )
    t.equal(own, other, `keys of ${name} after ${args[0]}`)
  }
}

t.test('the result is that of redis-cli --cluster, and no value changes', { skip }, async (t) => {
  const both = await Promise.all([1, 2].map(() => formedCluster(t, { shards: 3, replicas: 0, slots: UNEVEN })))
  const [ours, theirs] = both
  if (!ours || !theirs) throw new Error('two clusters were to be made')
  await Promise.all(both.map(({ cluster }) => plantValues(cluster)))
  const before = await Promise.all(both.map(({ cluster }) => contentOf(cluster)))

  const id = await idsOf(theirs.cluster)
  const [from, to] = [['redis-node0', 'redis-node1'], 'redis-node2']
  const reshard = async (cluster: LiveCluster) =>
    planReshard({ wanted: { count: 700 }, from, to }, ownersOf(await cluster.look()), () => undefined)
  const flags = ['--cluster-from', from.map(id).join(','), '--cluster-to', id(to), '--cluster-slots', '700']
  await compare(t, [ours, theirs], reshard, ['reshard', ...flags, '--cluster-yes'])

  const rebalance = (weights: Record<string, number>) => async (cluster: LiveCluster) =>
    planRebalance(ownersOf(await cluster.look()), {
      weights: new Map(Object.entries(weights)),
      emptyMasters: false,
      thresholdPercent: 2,
    })
  await compare(t, [ours, theirs], rebalance({}), ['rebalance'])
  const weight = ['--cluster-weight', `${id('redis-node1')}=1.2`]
  await compare(t, [ours, theirs], rebalance({ 'redis-node1': 1.2 }), ['rebalance', ...weight])

  const move = { slots: [[slotOfKey(MOVED_KEY), slotOfKey(MOVED_KEY)]] as const }
  const owner = (await ours.cluster.look()).agreed.ownerOf(slotOfKey(MOVED_KEY)) ?? ''
  const next = owner === 'redis-node0' ? 'redis-node1' : 'redis-node0'
  await byKeys(ours.cluster, [{ ...move, from: owner, to: next }])
  t.equal(await ours.cluster.node(next).client.call('GET', MOVED_KEY), 'value')
  const after = await Promise.all(both.map(({ cluster }) => contentOf(cluster)))
  t.equal(before[0]?.size, 3015)
  t.strictSame(after[0], before[0])
  t.strictSame(after[1], before[1])
})

t.test('fields that expire by themselves, and functions, are as they were', { skip }, async (t) => {
  if (!(await requireDebian(t))) return
  const program = await chooseProgram(projectRoot, 'redis:8.0', () => undefined)
  const { cluster } = await formedCluster(t, { shards: 2, replicas: 0, program })
  await plantValues(cluster, { withFieldTtl: true })
  const body = "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
  for (const { client } of cluster.nodes) await client.call('FUNCTION', 'LOAD', body)
  const before = await contentOf(cluster)
  const slot = slotOfKey(MOVED_KEY)
  const from = (await cluster.look()).agreed.ownerOf(slot) ?? ''
  const to = cluster.nodes.find(({ name }) => name !== from)?.name ?? ''
  await byKeys(cluster, [{ slots: [[slot, slot]], from, to }])
  t.strictSame(await contentOf(cluster), before)
  const { client } = cluster.node(to)
  const ttls = await client.call('HPTTL', MOVED_KEY.replace('text', 'hash'), 'FIELDS', 2, 'a', 'b')
  t.match(ttls, [/^[5-7]\d{5}$/, /^-1$/])
  t.equal(await client.call('FCALL', 'f', 0), 1)
})

t.test('a move is left at a stage, fails and is told slot by slot', { skip }, async (t) => {
  const { cluster, servers } = await formedCluster(t, { shards: 3, replicas: 0 })
  await plantValues(cluster)
  const slot = slotOfKey(MOVED_KEY)
  const from = (await cluster.look()).agreed.ownerOf(slot) ?? ''
  const [to = '', third = ''] = cluster.nodes.map(({ name }) => name).filter((name) => name !== from)
  const move: SlotMove = { slots: [[slot, slot]], from, to }
  const keys = async (name: string) => Number(await cluster.node(name).client.call('CLUSTER', 'COUNTKEYSINSLOT', slot))
  const all = await keys(from)

  for (const [stopAt, left] of [
    ['importing', all],
    ['half', Math.floor(all / 2)],
    ['handoff', 0],
  ] as const) {
    const states: MoveState['stage'][] = []
    const outcome = await byKeys(cluster, [move], { stopAt, onState: ({ stage }) => states.push(stage) })
    t.match(outcome, { how: 'keys', moved: [], stoppedAt: stopAt })
    t.strictSame(states, [stopAt])
    t.strictSame([await keys(from), await keys(to)], [left, all - left], `keys when it is left at ${stopAt}`)
  }
  await byKeys(cluster, [move])
  await untilSeen(cluster, [move])

  const late = new AbortController()
  late.abort(new MoveTooLate('it was not done within 1 s'))
  const back = { ...move, from: to, to: from }
  const tooLate = await failureOf(byKeys(cluster, [back], { signal: late.signal }))
  t.equal(tooLate.message, `it was not done within 1 s; slots ${slot} of ${to} did not begin to move to ${from}`)

  const onState = ({ move: { to: target }, stage }: MoveState) => {
    if (stage === 'importing' && target === third) servers.signal(third, 'SIGKILL')
  }
  const failed = await failureOf(byKeys(cluster, [back, { ...move, to: third }], { onState }))
  t.match(failed.message, new RegExp(`^moving slots ${slot} from ${from} to ${third} failed: IOERR`))
  t.match(failed.moved, [{ from: to, to: from, keys: all, slots: [[slot, slot]] }], 'what was moved before')
  t.match(failed.details, [
    new RegExp(
      `^slot ${slot}: ${from} owns it, open \\(migrating\\), and has ${all} keys of it; ${third} says nothing: `,
    ),
  ])
  await failureOf(byKeys(cluster, [{ ...move, to: third }])).then(({ message }) => t.match(message, /does not answer/))
})

t.test('a master whose last slot is moved has none of its keys left, and follows', { skip }, async (t) => {
  const slots = ['0-8191', '8192-16380', '16381-16383'].map(parseSlotRanges)
  const { cluster } = await formedCluster(t, { shards: 3, replicas: 1, slots })
  await plantValues(cluster)
  const moves = [{ slots: parseSlotRanges('16381-16383'), from: 'redis-node4', to: 'redis-node0' }]
  const keys = await countKeys(cluster, moves, 'from')
  await byKeys(cluster, moves)
  await untilSeen(cluster, moves)
  t.equal(await countLeftBehind(cluster, moves), 0)
  t.equal(await countKeys(cluster, moves, 'to'), keys)
  const { agreed } = await cluster.look()
  t.equal(agreed.masterOf('redis-node4'), 'redis-node0')
})

async function failureOf(move: Promise<unknown>): Promise<MoveError> {
  const error = await move.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof MoveError) return error
  throw error
}
