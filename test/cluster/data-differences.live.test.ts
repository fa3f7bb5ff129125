import t, { type Test } from 'tap'
import { compareData, type DataComparison } from '../../runner/cluster/data/compare-data.ts'
import { describeDifference } from '../../runner/cluster/data/difference.ts'
import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { slotOfKey } from '../../runner/cluster/slots.ts'
import { eachServer } from '../support/catalogue-servers.ts'
import { BINARY_NAME, plants } from '../support/data-plants.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { type Planting, planting } from '../support/planted-data.ts'

const HOUR_MS = 3_600_000

async function compare(cluster: LiveCluster, limit?: number): Promise<DataComparison> {
  return compareData(cluster, await cluster.look(), { withinMs: 30_000, ...(limit === undefined ? {} : { limit }) })
}

async function hasCommand(cluster: LiveCluster, name: string | undefined): Promise<boolean> {
  if (name === undefined) return true
  const found = await cluster.nodes[0]?.data.call('COMMAND', 'INFO', name)
  return Array.isArray(found) && found[0] !== null
}

t.test('each kind of difference is found by its key, on each server', async (t) => {
  await eachServer(t, async (t, program) => {
    const { cluster } = await formedCluster(t, { shards: 2, replicas: 1, program })
    const planted = await planting(cluster)
    await writeEqualData(cluster, planted)
    await t.test('nothing was planted', async (t) => {
      const { differences, unnamed, incomplete, keys, shards } = await compare(cluster)
      t.same({ differences, unnamed, incomplete, shards }, { differences: [], unnamed: 0, incomplete: [], shards: 2 })
      t.ok(keys > 300, `${keys} keys`)
    })
    await t.test('one at a time', (t) => plantOneAtATime(t, cluster, planted))
    if (await hasCommand(cluster, 'function')) await t.test('functions', (t) => plantFunctions(t, cluster))
    await t.test('a key outside its slots', (t) => plantMisplacedKey(t, cluster, planted))
    await t.test('many', async (t) => {
      for (let number = 0; number < 300; number += 1) await planted.writeOnMasterAlone('SET', `many:${number}`, '1')
      const { differences, unnamed } = await compare(cluster, 10)
      t.equal(differences.length, 10)
      t.equal(unnamed, 290)
    })
  })
})

/** One of each type, and many strings. */
async function writeEqualData(cluster: LiveCluster, { write }: Planting): Promise<void> {
  for (let number = 0; number < 300; number += 1) await write('SET', `orders:${number}`, `value ${number}`)
  await write('RPUSH', 'same:list', ...Array.from({ length: 500 }, (_, number) => number))
  await write('SADD', 'same:set', ...Array.from({ length: 1000 }, (_, number) => `member ${number}`))
  await write('SADD', 'same:intset', 5, 3, 9)
  await write('HSET', 'same:hash', ...Array.from({ length: 2000 }, (_, number) => `word ${number}`))
  await write('HSET', 'same:small-hash', 'z', '1', 'a', '2')
  await write('ZADD', 'same:zset', ...Array.from({ length: 1000 }, (_, number) => [number / 7, `m${number}`]).flat())
  await write('PFADD', 'same:hll', 'a', 'b', 'c')
  await write('SETBIT', 'same:bits', 9999, 1)
  for (let number = 1; number <= 10; number += 1) await write('XADD', 'same:stream', `${number}-1`, 'f', number)
  await write('XGROUP', 'CREATE', 'same:stream', 'workers', '0')
  await write('XREADGROUP', 'GROUP', 'workers', 'ann', 'COUNT', 3, 'STREAMS', 'same:stream', '>')
  await write('XREADGROUP', 'GROUP', 'workers', 'bob', 'COUNT', 2, 'NOACK', 'STREAMS', 'same:stream', '>')
  await write('XACK', 'same:stream', 'workers', '2-1')
  await write('XDEL', 'same:stream', '10-1')
  await write('SET', 'same:expiring', 'v', 'EX', 3600)
  if (await hasCommand(cluster, 'hpexpiretime')) {
    await write('HSET', 'same:fields', 'a', '1', 'b', '2')
    await write('HPEXPIRE', 'same:fields', HOUR_MS, 'FIELDS', 1, 'a')
  }
}

async function plantOneAtATime(t: Test, cluster: LiveCluster, planted: Planting): Promise<void> {
  for (const plant of plants(Date.now())) {
    if (!(await hasCommand(cluster, plant.needs))) continue
    const key = String(
      plant.alone[0] === 'XGROUP' ? plant.alone[2] : plant.alone[0] === 'EVAL' ? plant.alone[3] : plant.alone[1],
    )
    for (const command of plant.before) await planted.write(...command)
    const before = await compare(cluster)
    t.same([before.differences, before.incomplete], [[], []], `${plant.name}: the same before`)
    if (plant.alone[0] === 'EVAL') await evalOnMasterAlone(cluster, planted, key, String(plant.alone[1]))
    else await planted.writeOnMasterAlone(...plant.alone)

    const master = planted.masterOf(key)
    const replica = replicaOf(master)
    const { differences, incomplete } = await compare(cluster)
    t.same(incomplete, [], plant.name)
    t.equal(differences.length, 1, plant.name)
    const [found] = differences
    const { kind, slot, shard } = found ?? {}
    const expected = { kind: plant.kind, slot: slotOfKey(key), shard: master === 'redis-node0' ? 1 : 2 }
    t.same({ kind, slot, shard }, expected, plant.name)
    t.same([found?.master, found?.replica], [master, replica], plant.name)
    t.equal(found?.key, key === 'p:binary' ? BINARY_NAME : key, plant.name)
    t.match(found?.detail.replaceAll(master, 'MASTER').replaceAll(replica, 'REPLICA'), plant.detail, plant.name)
    t.ok((found?.masterOffset ?? 0) > 0 && found?.replicaOffset === found?.masterOffset, `offsets of ${plant.name}`)
    if (found) t.comment(describeDifference(found))

    await removeEverywhere(cluster, planted, key)
  }
}

/** A key that the master does not have any more can only be removed on its replica if it is written first. */
async function removeEverywhere(cluster: LiveCluster, { masterOf }: Planting, key: string): Promise<void> {
  const name = key === 'p:binary' ? "'p:\\0\\255\\n{p:binary}'" : 'KEYS[1]'
  const script = `redis.call('SET', ${name}, 1) return redis.call('DEL', ${name})`
  await cluster.node(masterOf(key)).data.call('EVAL', script, 1, key)
}

/** Nodes 0 and 2 are the masters. */
function replicaOf(master: string): string {
  return master === 'redis-node0' ? 'redis-node1' : 'redis-node3'
}

async function evalOnMasterAlone(cluster: LiveCluster, { masterOf }: Planting, key: string, script: string) {
  const alone = 'pcall(redis.replicate_commands) redis.set_repl(redis.REPL_NONE)'
  await cluster.node(masterOf(key)).data.call('EVAL', `${alone} ${script}`, 1, key)
}

async function plantFunctions(t: Test, cluster: LiveCluster): Promise<void> {
  const library = (code: string) => `#!lua name=audit\nredis.register_function('f', function() return ${code} end)`
  const [master, replica] = [cluster.node('redis-node0').data, cluster.node('redis-node1').data]
  for (const name of ['redis-node0', 'redis-node2'])
    await cluster.node(name).data.call('FUNCTION', 'LOAD', library('1'))
  t.same((await compare(cluster)).differences, [])
  await replica.call('CONFIG', 'SET', 'replica-read-only', 'no')
  await replica.call('FUNCTION', 'LOAD', 'REPLACE', library('2'))
  const [changed] = (await compare(cluster)).differences
  t.match(changed, {
    kind: 'function differs',
    shard: 1,
    replica: 'redis-node1',
    library: 'audit',
    detail: 'its code is not the same on redis-node0 and redis-node1',
  })
  await replica.call('FUNCTION', 'DELETE', 'audit')
  const [lost] = (await compare(cluster)).differences
  t.match(lost, { kind: 'function differs', library: 'audit', detail: 'only on redis-node0' })
  await replica.call('CONFIG', 'SET', 'replica-read-only', 'yes')
  await master.call('FUNCTION', 'LOAD', 'REPLACE', library('1'))
  t.same((await compare(cluster)).differences, [])
}

/** As a migration leaves it that was given up: the key has arrived, and the slot was never handed over. */
async function plantMisplacedKey(t: Test, cluster: LiveCluster, { masterOf }: Planting): Promise<void> {
  const key = 'left-behind'
  const slot = slotOfKey(key)
  const owner = masterOf(key)
  const other = owner === 'redis-node0' ? 'redis-node2' : 'redis-node0'
  const { data } = cluster.node(other)
  const ownerId = String(await cluster.node(owner).data.call('CLUSTER', 'MYID'))
  await data.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ownerId)
  await data.pipeline([['ASKING'], ['SET', key, 'v']])
  const moving = await compare(cluster)
  t.same(moving.differences, [], 'on the move, it may be there')
  t.match(moving.incomplete, [`keys of slots on the move were not compared: ${slot}`])
  await data.call('CLUSTER', 'SETSLOT', slot, 'STABLE')
  const { differences, incomplete } = await compare(cluster)
  t.same(incomplete, [])
  const expected = { kind: 'key outside its slots', key, slot, master: other, shard: other === 'redis-node0' ? 1 : 2 }
  if (await hasCommand(cluster, 'cluster|migration')) {
    // Its replica may not even count it.
    const detail = `${other} counts 1 key of slots that it does not serve, and lists none`
    t.match(differences[0], { kind: 'key outside its slots', master: other, key: undefined, detail })
  } else {
    t.match(differences, [
      { ...expected, detail: `${other} holds this key of slot ${slot}` },
      { ...expected, replica: replicaOf(other), detail: `${replicaOf(other)} holds this key of slot ${slot}` },
    ])
  }
  await data.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ownerId)
  await data.pipeline([['ASKING'], ['DEL', key]])
  await data.call('CLUSTER', 'SETSLOT', slot, 'STABLE')
}
