import t, { type Test } from 'tap'
import { slotOfKey } from '../../runner/cluster/slots.ts'
import { ApplicationClient } from '../../runner/workload/client/application.ts'
import { DirectClient, type DirectOptions } from '../../runner/workload/client/direct.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { fare, operationOf, readOf, writeOf } from '../support/load-operations.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'

/** Slots 15495, 3300 and 1180: shards 3, 1 and 1 of an even split, whose masters are nodes 4, 0 and 0. */
const [A, B, AA] = ['a', 'b', 'aa']

const real = { skip: skipWithoutRedis() }

async function connected(t: Test, parts: Pick<DirectOptions, 'nodes' | 'password'> & Partial<DirectOptions>) {
  const client = new DirectClient({
    clients: 4,
    ownConnections: false,
    timeoutMs: 1000,
    now: () => performance.now(),
    ...parts,
  })
  t.teardown(() => client.close())
  await client.warmUp()
  return client
}

t.test('on a real cluster', real, async (t) => {
  const { servers, cluster } = await formedCluster(t, { shards: 3, replicas: 1 })
  const { nodes, password } = servers
  const options = { nodes, password }
  const tell = (node: string, ...words: [string, ...(string | number)[]]) => cluster.node(node).client.call(...words)

  t.test('each operation goes to the owner of its slot', async (t) => {
    const client = await connected(t, options)
    t.match(await fare(client, writeOf(A, 'xyz')), { outcome: 'ok at 4', attempts: [], fromReplica: false })
    t.match(await fare(client, readOf(A)), { outcome: 'ok at 4', r: 3 })
    t.match(await fare(client, writeOf(B)), { outcome: 'ok at 0', attempts: [] })
  })

  t.test('MOVED is followed, told as a try of its own, and learnt from', async (t) => {
    const client = await connected(t, options)
    client.map.move(slotOfKey(A), 2)
    t.match(await fare(client, writeOf(A)), { outcome: 'ok at 4', attempts: ['MOVED at 2'] })
    t.match(await fare(client, writeOf(A)), { outcome: 'ok at 4', attempts: [] })
  })

  t.test('a transaction that is moved is sent again as a whole', async (t) => {
    const client = await connected(t, options)
    client.map.move(slotOfKey(A), 2)
    const words = [['MULTI'], ['SET', A, '1234567'], ['EXEC']] as const
    t.match(await fare(client, operationOf(A, words, {})), { outcome: 'ok at 4', attempts: ['MOVED at 2'] })
    t.match(await fare(client, readOf(A)), { r: 7 })
  })

  t.test('ASK is followed once, and not learnt from', async (t) => {
    const client = await connected(t, options)
    const slot = slotOfKey(AA)
    const ids = await Promise.all(['redis-node0', 'redis-node2'].map((node) => tell(node, 'CLUSTER', 'MYID')))
    await tell('redis-node2', 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(ids[0]))
    await tell('redis-node0', 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(ids[1]))
    t.teardown(async () => {
      await tell('redis-node2', 'CLUSTER', 'SETSLOT', slot, 'STABLE')
      await tell('redis-node0', 'CLUSTER', 'SETSLOT', slot, 'STABLE')
    })
    t.match(await fare(client, writeOf(AA, 'four')), { outcome: 'ok at 2', attempts: ['ASK at 0'] })
    t.match(await fare(client, readOf(AA)), { outcome: 'ok at 2', attempts: ['ASK at 0'], r: 4 })
    const twoKeys = operationOf(AA, [['MGET', AA, `{${AA}}2`]], {})
    t.match(await fare(client, twoKeys), { outcome: 'TRYAGAIN at 2', attempts: ['ASK at 0'] })
  })

  t.test('reads from replicas go to replicas', async (t) => {
    const client = await connected(t, options)
    await fare(client, writeOf(B, 'value'))
    await tell('redis-node0', 'WAIT', 1, 1000)
    t.match(await fare(client, readOf(B, { replica: true })), { outcome: 'ok at 1', r: 5, fromReplica: true })
  })

  t.test('an error reply is a definite failure', async (t) => {
    const client = await connected(t, options)
    await fare(client, writeOf(A))
    const wrong = operationOf(A, [['LPUSH', A, 'x']], {})
    t.match(await fare(client, wrong), { outcome: 'other at 4', attempts: [] })
  })

  t.test('an operation that looks before it acts goes on where it looked', async (t) => {
    const client = await connected(t, { ...options, ownConnections: true })
    await fare(client, writeOf(A, 'one'))
    const next = () => [['MULTI'], ['SET', A, 'longer'], ['EXEC']] as const
    const watching = operationOf(
      A,
      [
        ['WATCH', A],
        ['GET', A],
      ],
      { work: 3, next },
    )
    t.match(await fare(client, watching), { outcome: 'ok at 4', attempts: [] })
    t.match(await fare(client, readOf(A)), { r: 6 })
    const stopping = { ...watching, next: () => ({ failure: 'mismatch', indeterminate: false, r: 7 }) as const }
    t.match(await fare(client, stopping), { outcome: 'mismatch at 4', r: 7 })
  })

  t.test('a paused node: what was sent is indeterminate, what was not is a definite failure', async (t) => {
    const client = await connected(t, { ...options, timeoutMs: 200 })
    const [first, second] = [writeOf(B), writeOf(B)]
    await fare(client, first)
    servers.signal('redis-node0', 'SIGSTOP')
    t.teardown(() => servers.signal('redis-node0', 'SIGCONT'))
    const late = await fare(client, first)
    t.match(late, { outcome: 'timeout at 0, indeterminate', attempts: [] })
    t.ok(late.tookMs >= 195, `it waited its whole time: ${late.tookMs}`)
    // The silent connection was given up, and no new one comes to be: nothing can be sent.
    t.match(await fare(client, second), { outcome: 'timeout at 0', attempts: [] })
    t.match(await fare(client, writeOf(A)), { outcome: 'ok at 4' }, 'other nodes are not concerned')
    servers.signal('redis-node0', 'SIGCONT')
    t.match(await untilOk(client, B), { outcome: 'ok at 0' })
  })

  t.test('a client of ioredis whose thread stood still has not timed out by its own limits', async (t) => {
    const client = new ApplicationClient({
      ...{ nodes, password, readFromReplicas: false, timeoutMs: 1000, now: () => performance.now() },
      options: { commandTimeout: 300 },
    })
    t.teardown(() => client.close())
    await client.warmUp()
    t.match(await fare(client, writeOf(A)), { outcome: /^ok/ })
    const write = fare(client, writeOf(A))
    await new Promise((resolve) => setImmediate(resolve))
    const untilMs = performance.now() + 1500
    while (performance.now() < untilMs);
    t.match(await write, { outcome: /^ok/ })
    const blocked = await fare(client, operationOf(A, [['BLPOP', 'a-list-{a}', '5']], {}))
    t.match(blocked, { outcome: /^timeout .*indeterminate$/ })
    t.ok(blocked.tookMs < 950, `its own limit is the shorter one: ${blocked.tookMs}`)
  })

  t.test(
    'a node that died: in flight indeterminate, then refused; the promoted replica is found without help',
    async (t) => {
      const client = await connected(t, options)
      await fare(client, writeOf(B))
      const blocked = fare(client, operationOf(B, [['BLPOP', 'b-list-{b}', '5']], {}))
      await new Promise((resolve) => setImmediate(resolve))
      await servers.kill('redis-node0')
      t.match(await blocked, { outcome: 'closed at 0, indeterminate' })
      t.match(await fare(client, writeOf(B)), { outcome: 'refused at 0', attempts: [] })
      t.match(await untilOk(client, B), { outcome: 'ok at 1', attempts: [] })
      await servers.start('redis-node0')
    },
  )
})

/** Writes until one write is carried out; fails after 20 s. */
async function untilOk(client: DirectClient, key: string) {
  const deadlineMs = performance.now() + 20_000
  for (;;) {
    const fared = await fare(client, writeOf(key))
    if (fared.outcome.startsWith('ok') || performance.now() > deadlineMs) return fared
  }
}
