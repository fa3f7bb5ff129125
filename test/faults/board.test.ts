import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { FaultBoard } from '../../runner/faults/board.ts'
import { bus } from '../../runner/faults/bus.ts'
import { defineFault, type Fault, NotHealed, NotProven } from '../../runner/faults/fault.ts'
import { Journal, readJournals } from '../../runner/faults/journal.ts'
import { partition } from '../../runner/faults/partition.ts'
import { PlatformError } from '../../runner/platforms/errors.ts'
import { FakeCluster } from '../support/fake-cluster.ts'
import { FakeGroup } from '../support/fake-group.ts'

const NEVER = new AbortController().signal
const LINKS = { links: [{ from: 'redis-node0', to: 'redis-node1', channel: 'all', cut: 'drop' }] } as const
const DROPPED = {
  from: 'redis-node0',
  to: 'redis-node1',
  channel: 'bus',
  packet: { type: 'ping', fate: 'drop' },
} as const
const WANTED = { spec: { links: [...LINKS.links] }, nodes: ['redis-node0'], sentence: 'cut 0 off from 1' }

function boardOf() {
  const cluster = new FakeCluster()
  const servers = new FakeGroup(cluster.nodes)
  const kept: Fault[][] = []
  const changes: string[] = []
  const order: string[] = []
  const set = servers.network.set.bind(servers.network)
  servers.network.set = async (links) => {
    order.push(`set ${links.length}`)
    await set(links)
  }
  const board = new FaultBoard({
    cluster: cluster.live,
    servers,
    clock: cluster.clock,
    keep: (faults) => {
      order.push(`keep ${faults.length}`)
      kept.push([...faults])
    },
    onChange: ({ fault, state }) => changes.push(`${fault.id} ${state}`),
  })
  return { board, servers, kept, changes, order }
}

t.test('a fault is kept before it is applied, and forgotten only once it has been seen to be healed', async (t) => {
  const { board, servers, changes, order } = boardOf()
  const { fault } = await board.begin(partition, WANTED, NEVER)
  t.strictSame(order, ['keep 1', 'set 1'])
  servers.network.answer = () => ({ outcome: 'silent' })
  await t.rejects(board.end(fault.id, NEVER), NotHealed)
  t.strictSame(board.active, [fault], 'still kept')
  servers.network.answer = undefined
  t.match(await board.end(fault.id, NEVER), /answered/)
  t.strictSame(order.slice(2), ['set 0', 'set 0', 'keep 0'])
  t.strictSame(changes, ['f1 began', 'f1 ended'])
  t.equal(await board.end(fault.id, NEVER), 'it was healed already')
})

t.test('nothing is applied when the journal cannot be written', async (t) => {
  const cluster = new FakeCluster()
  const servers = new FakeGroup(cluster.nodes)
  const folder = t.testdir({ file: 'in the way' })
  const journal = new Journal(join(folder, 'file'), { runId: 'r1', platform: 'docker' })
  const board = new FaultBoard({
    cluster: cluster.live,
    servers,
    clock: cluster.clock,
    keep: (faults) => journal.write(faults),
  })
  await t.rejects(board.begin(partition, WANTED, NEVER), {
    name: 'PlatformError',
    message: /no fault is brought about/,
  })
  t.strictSame(servers.network.links, [])
})

t.test('what cannot be applied is taken back; what cannot be taken back stays kept', async (t) => {
  const { board, servers, kept } = boardOf()
  servers.network.answer = () => ({ outcome: 'open' })
  await t.rejects(board.begin(partition, WANTED, NEVER), NotProven)
  t.strictSame(board.active, [])
  t.strictSame(kept.at(-1), [])
  const set = servers.network.set
  let calls = 0
  servers.network.set = async (links) => {
    calls += 1
    if (calls === 2) throw new Error('the engine is gone')
    await set(links)
  }
  await t.rejects(board.begin(partition, WANTED, NEVER), NotProven)
  t.equal(board.active.length, 1, 'it may still bite')
})

t.test('endAll goes on after a failure, the last first, and throws what failed', async (t) => {
  const { board, servers, changes } = boardOf()
  await board.begin(partition, WANTED, NEVER)
  const other = { links: [{ from: 'redis-node2', to: 'redis-node3', channel: 'all', cut: 'drop' } as const] }
  await board.begin(partition, { ...WANTED, spec: other }, NEVER)
  servers.network.answer = ({ from }) => (from === 'redis-node2' ? { outcome: 'silent' } : {})
  await t.rejects(board.endAll(NEVER), NotHealed)
  t.strictSame(changes, ['f1 began', 'f2 began', 'f1 ended'])
  t.strictSame(
    board.active.map(({ id }) => id),
    ['f2'],
  )
})

t.test('a fault whose deeds nobody counts any more is healed, and that is told', async (t) => {
  const packets = { ...WANTED, spec: { links: [{ ...DROPPED }] } }
  const whatFor = [
    [async () => [], /^what it did is not known \(its links ended with the runner/],
    [() => Promise.reject(new PlatformError('the links are gone')), /^what it did is not known \(the links are gone\)/],
  ] as const
  for (const [counts, told] of whatFor) {
    const { board, servers } = boardOf()
    servers.network.counts = async () => [{ link: { ...DROPPED }, packets: 1, seen: 1 }]
    const { fault } = await board.begin(bus, packets, NEVER)
    servers.network.counts = counts
    t.match(await board.end(fault.id, NEVER), told)
    t.strictSame(servers.network.links, [])
    t.strictSame(board.active, [])
  }
})

t.test('the memo of a kind is taken before anything is kept or applied', async (t) => {
  const { board, order } = boardOf()
  const kind = defineFault({
    name: 'test',
    lostByRestart: false,
    spec: z.object({ to: z.string() }),
    memo: z.object({ was: z.string() }),
    remember: async () => {
      order.push('remember')
      return { was: 'old' }
    },
    apply: async ({ memo }) => {
      order.push(`apply over ${memo.was}`)
    },
    prove: async () => 'seen',
    heal: async () => {},
    proveHealed: async () => 'gone',
  })
  await board.begin(kind, { spec: { to: 'new' }, nodes: [], sentence: 'x' }, NEVER)
  t.strictSame(order, ['remember', 'keep 1', 'apply over old'])
})

t.test('the journal', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-test-journal-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const journal = new Journal(folder, { runId: 'r1', platform: 'docker' })
  const fault: Fault = {
    id: 'f1',
    kind: 'partition',
    spec: LINKS,
    memo: undefined,
    nodes: ['redis-node0'],
    sentence: 'x',
  }
  journal.write([fault])
  t.match(readJournals(folder), [
    { runId: 'r1', platform: 'docker', faults: [{ id: 'f1', kind: 'partition', spec: LINKS }] },
  ])
  t.notMatch(readFileSync(join(folder, 'r1.faults.json'), 'utf8'), 'password')
  writeFileSync(join(folder, 'r2.faults.json'), '{ half')
  t.match(
    readJournals(folder).find(({ runId }) => runId === 'r2'),
    { faults: [], problem: /the journal of its faults cannot be read \(.*remove the journal with: rm / },
  )
  journal.write([])
  t.strictSame(readdirSync(folder), ['r2.faults.json'])
  journal.remove()
  t.strictSame(readJournals(join(folder, 'nowhere')), [])
})
