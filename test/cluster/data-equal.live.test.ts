import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { compareData, type DataComparison } from '../../runner/cluster/data/compare-data.ts'
import { failOver } from '../../runner/cluster/failover.ts'
import { healthProblems } from '../../runner/cluster/health.ts'
import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { eachServer } from '../support/catalogue-servers.ts'
import { type FormedCluster, formedCluster } from '../support/formed-cluster.ts'
import { type Planting, planting } from '../support/planted-data.ts'

const HOUR_MS = 3_600_000

async function compare(cluster: LiveCluster): Promise<DataComparison> {
  return compareData(cluster, await cluster.look(), { withinMs: 30_000 })
}

async function assertEqual(t: Test, cluster: LiveCluster, name: string): Promise<DataComparison> {
  const result = await compare(cluster)
  t.same([result.differences, result.incomplete], [[], []], name)
  return result
}

t.test('what only looks different is no difference, on each server', async (t) => {
  await eachServer(t, async (t, program) => {
    const settings = { 'cluster-node-timeout': '1000' }
    const formed = await formedCluster(t, { shards: 2, replicas: 1, program, settings })
    await t.test('other encodings', (t) => otherEncodings(t, formed))
    await t.test('a HyperLogLog that was counted on a replica', (t) => countedHyperLogLog(t, formed))
    await t.test('keys and fields that expire meanwhile', (t) => expiringMeanwhile(t, formed))
    await t.test('a full sync', (t) => fullSync(t, formed))
    await t.test('a failover', (t) => failover(t, formed))
  })
})

/** By all names that these limits have had. */
const LIMITS = [
  'hash-max-ziplist-entries',
  'hash-max-listpack-entries',
  'set-max-intset-entries',
  'set-max-listpack-entries',
  'zset-max-ziplist-entries',
  'zset-max-listpack-entries',
  'stream-node-max-entries',
]

async function otherEncodings(t: Test, { cluster }: FormedCluster): Promise<void> {
  for (const name of ['redis-node1', 'redis-node3']) {
    const replica = cluster.node(name).data
    for (const limit of LIMITS) await replica.call('CONFIG', 'SET', limit, 1).catch(() => undefined)
    await replica.call('CONFIG', 'SET', 'list-max-ziplist-size', 2).catch(() => undefined)
  }
  const { write, masterOf } = await planting(cluster)
  for (let number = 0; number < 50; number += 1) await writeAllTypes(write, `enc:${number}`)
  const encodingOn = async (name: string, key: string) => {
    const [, encoding] = await cluster.node(name).data.pipeline([['READONLY'], ['OBJECT', 'ENCODING', key]])
    return encoding
  }
  for (const type of ['hash', 'intset', 'zset']) {
    const key = `enc:1:${type}`
    const master = masterOf(key)
    const replica = master === 'redis-node0' ? 'redis-node1' : 'redis-node3'
    t.not(await encodingOn(replica, key), await encodingOn(master, key), `${type} is kept otherwise`)
  }
  await assertEqual(t, cluster, 'values kept in other ways')
}

async function writeAllTypes(write: Planting['write'], prefix: string): Promise<void> {
  await write('HSET', `${prefix}:hash`, 'b', '2', 'a', '1', 'c', '3', 'a b', '')
  await write('SADD', `${prefix}:set`, 'b', 'a', 'c', 'a b')
  await write('SADD', `${prefix}:intset`, 3, 1, 2)
  await write('ZADD', `${prefix}:zset`, 2.5, 'b', 1, 'a', 2.5, 'aa')
  await write('RPUSH', `${prefix}:list`, 'b', 'a', 'c', 'a b', '7')
  await write('APPEND', `${prefix}:number`, '12')
  await write('APPEND', `${prefix}:number`, '34')
  for (const id of ['1-1', '2-1', '3-1']) await write('XADD', `${prefix}:stream`, id, 'f', 'v')
  await write('XDEL', `${prefix}:stream`, '2-1')
}

async function countedHyperLogLog(t: Test, { cluster }: FormedCluster): Promise<void> {
  const { write, masterOf } = await planting(cluster)
  for (let number = 0; number < 100; number += 1) await write('PFADD', 'visitors', `visitor ${number}`)
  const replica = masterOf('visitors') === 'redis-node0' ? 'redis-node1' : 'redis-node3'
  await awaitReplicas(cluster)
  const [, counted] = await cluster.node(replica).data.pipeline([['READONLY'], ['PFCOUNT', 'visitors']])
  t.ok(Number(counted) > 50, String(counted))
  await assertEqual(t, cluster, 'a count that only the replica has cached')
}

async function expiringMeanwhile(t: Test, { cluster }: FormedCluster): Promise<void> {
  const { write } = await planting(cluster)
  const found = await cluster.nodes[0]?.data.call('COMMAND', 'INFO', 'hpexpire')
  const fieldsExpire = Array.isArray(found) && found[0] !== null
  const pending: Promise<unknown>[] = []
  for (let number = 0; number < 3000; number += 1) {
    pending.push(write('SET', `volatile:${number}`, 'v', 'PX', 200 + number))
    if (fieldsExpire && number % 10 === 0) {
      const key = `volatile-field:${number}`
      pending.push(write('HSET', key, 'a', '1', 'b', '2'))
      pending.push(write('HPEXPIRE', key, 200 + number, 'FIELDS', 1, 'a'))
    }
  }
  await Promise.all(pending)
  const seen = new Set<number>()
  const endMs = performance.now() + 3500
  while (performance.now() < endMs) seen.add((await assertEqual(t, cluster, 'keys that just expire')).keys)
  t.ok(seen.size > 3, `${seen.size} looks saw other numbers of keys`)
}

async function fullSync(t: Test, { cluster, servers }: FormedCluster): Promise<void> {
  const { write } = await planting(cluster)
  for (let number = 0; number < 20; number += 1) {
    await write('HSET', `big:${number}`, ...Array.from({ length: 2000 }, (_, index) => `word ${index}`))
    await write('SET', `expires:${number}`, 'v', 'PX', HOUR_MS)
  }
  const syncs = await fullSyncsOf(cluster)
  for (const name of ['redis-node1', 'redis-node3']) await servers.kill(name)
  for (const name of ['redis-node0', 'redis-node2']) {
    await cluster.node(name).data.call('CONFIG', 'SET', 'repl-backlog-size', 16_384)
    for (let number = 0; number < 40; number += 1) {
      for (const prefix of ['r', 's', 't', 'u']) await write('SET', `${prefix}:${number}`, 'x'.repeat(1000))
    }
  }
  for (const name of ['redis-node1', 'redis-node3']) await servers.start(name)
  await untilHealthy(cluster)
  t.ok((await fullSyncsOf(cluster)) > syncs, 'there was a full sync')
  await assertEqual(t, cluster, 'after a full sync')
}

async function failover(t: Test, { cluster }: FormedCluster): Promise<void> {
  const { write } = await planting(cluster)
  for (let number = 0; number < 300; number += 1) await write('SET', `ttl:${number}`, 'v', 'EX', 3600)
  await failOver(cluster, 'redis-node1', {
    mode: 'default',
    clock: systemClock,
    withinMs: 15_000,
  })
  await untilHealthy(cluster)
  await assertEqual(t, cluster, 'after a failover')
  await failOver(cluster, 'redis-node0', {
    mode: 'default',
    clock: systemClock,
    withinMs: 15_000,
  })
  await untilHealthy(cluster)
  await assertEqual(t, cluster, 'after the failover back')
}

async function awaitReplicas(cluster: LiveCluster): Promise<void> {
  for (const name of ['redis-node0', 'redis-node2']) await cluster.node(name).data.call('WAIT', 1, 1000)
}

async function fullSyncsOf(cluster: LiveCluster): Promise<number> {
  let total = 0
  for (const name of ['redis-node0', 'redis-node2']) {
    const stats = String(await cluster.node(name).data.call('INFO', 'stats'))
    total += Number(/^sync_full:(\d+)/m.exec(stats)?.[1])
  }
  return total
}

async function untilHealthy(cluster: LiveCluster): Promise<void> {
  const nodes = cluster.nodes.map(({ name }) => name)
  const result = await poll(
    async () => {
      const problems = healthProblems(await cluster.look(), { nodes })
      return { ok: problems.length === 0, seen: problems.join('; ') }
    },
    { clock: systemClock, withinMs: 30_000, everyMs: 50 },
  )
  if (!result.ok) throw new Error(`the cluster is not healthy: ${result.lastSeen}`)
}
