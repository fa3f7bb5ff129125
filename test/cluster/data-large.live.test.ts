import t, { type Test } from 'tap'
import { compareData, type DataComparison } from '../../runner/cluster/data/compare-data.ts'
import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import type { Command } from '../../runner/cluster/node-client.ts'
import { DEFAULT_SERVER } from '../../runner/platforms/catalogue.ts'
import { eachServer } from '../support/catalogue-servers.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { type Planting, planting } from '../support/planted-data.ts'

const HOUR_MS = 3_600_000

/** A busy machine may take minutes for a hundred megabytes: whether all is read in time is not what is tested. */
async function compare(cluster: LiveCluster): Promise<DataComparison> {
  return compareData(cluster, await cluster.look(), { withinMs: 600_000, syncWithinMs: 60_000 })
}

t.test('values too large to be read at once, on each server', async (t) => {
  await eachServer(t, async (t, program, server) => {
    const settings = { appendonly: 'no' }
    const { cluster } = await formedCluster(t, { shards: 1, replicas: 1, program, settings })
    const planted = await planting(cluster)
    await writeLarge(planted)
    await assertReadInParts(t, cluster, 40)
    await plantOneAtATime(t, cluster, planted)
    await t.test('many keys in one slot', (t) => crowdedSlot(t, cluster, planted))
    // A hundred megabytes take half a minute: once is enough.
    if (server !== DEFAULT_SERVER) return
    await t.test('huge values', async (t) => {
      await planted.write('FLUSHALL')
      await writeHuge(planted)
      await assertReadInParts(t, cluster, 60)
      await planted.writeOnMasterAlone('LSET', 'huge:list', 77_777, 'changed')
      await planted.writeOnMasterAlone('SREM', 'huge:set', 'member 777777')
      const { differences, incomplete } = await compare(cluster)
      t.same(incomplete, [])
      t.match(differences, [
        { key: 'huge:set', detail: /^member "member 777777" is only on redis-node1$/ },
        { key: 'huge:list', detail: /^first element 77777: "changed" on redis-node0, "77777 x/ },
      ])
    })
  })
})

async function assertReadInParts(t: Test, cluster: LiveCluster, atLeast: number): Promise<void> {
  const before = await scriptCalls(cluster)
  const { differences, incomplete, tookMs } = await compare(cluster)
  const calls = (await scriptCalls(cluster)) - before
  t.same([differences, incomplete], [[], []], 'all the same')
  t.ok(calls > atLeast, `read in ${tookMs.toFixed(0)} ms, in ${calls} calls`)
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)
const TAIL = 'x'.repeat(1000)

async function writeLarge({ write }: Planting): Promise<void> {
  for (let part = 0; part < 10; part += 1) {
    await write('RPUSH', 'large:list', ...numbers(part * 1000, 1000).map((number) => `${number} ${TAIL}`))
    await write('APPEND', 'large:string', 'y'.repeat(400_000))
    await write('HSET', 'large:hash', ...numbers(part * 2000, 2000).flatMap((number) => [`field ${number}`, number]))
    await write('ZADD', 'large:zset', ...numbers(part * 2000, 2000).flatMap((number) => [number / 3, `m${number}`]))
    await write('SADD', 'large:set', ...numbers(part * 2000, 2000).map((number) => `member ${number}`))
  }
  const script = `
    for id = 1, ARGV[1] do redis.call('XADD', KEYS[1], id .. '-1', 'field', 'value of entry ' .. id) end
    redis.call('XGROUP', 'CREATE', KEYS[1], 'workers', '0')`
  await write('EVAL', script, 1, 'large:stream', 20_000)
  await write('XREADGROUP', 'GROUP', 'workers', 'ann', 'COUNT', 10_000, 'STREAMS', 'large:stream', '>')
}

/** A list of a hundred megabytes, and a set of a million members. */
async function writeHuge({ write }: Planting): Promise<void> {
  for (let part = 0; part < 100; part += 1) {
    await write('RPUSH', 'huge:list', ...numbers(part * 1000, 1000).map((number) => `${number} ${TAIL}`))
    await write('SADD', 'huge:set', ...numbers(part * 10_000, 10_000).map((number) => `member ${number}`))
  }
}

async function plantOneAtATime(t: Test, cluster: LiveCluster, planted: Planting): Promise<void> {
  const plants: { alone: Command; undo: Command; detail: RegExp }[] = [
    {
      alone: ['LSET', 'large:list', 5000, 'changed'],
      undo: ['LSET', 'large:list', 5000, `5000 ${TAIL}`],
      detail: /^first element 5000: "changed" on redis-node0, "5000 x+…" \(1005 bytes\) on redis-node1$/,
    },
    {
      alone: ['RPOP', 'large:list'],
      undo: ['DEL', 'large:list'],
      detail: /^first element 9999 is only on redis-node1: "9999 x/,
    },
    {
      alone: ['SETRANGE', 'large:string', 3_333_333, 'Z'],
      undo: ['SETRANGE', 'large:string', 3_333_333, 'y'],
      detail: /^from byte 3333333 on: "Zy+" on redis-node0, "y+" on redis-node1$/,
    },
    {
      alone: ['SREM', 'large:set', 'member 777'],
      undo: ['SADD', 'large:set', 'member 777'],
      detail: /^member "member 777" is only on redis-node1$/,
    },
    {
      alone: ['HSET', 'large:hash', 'field 777', 'changed'],
      undo: ['HSET', 'large:hash', 'field 777', 777],
      detail: /^field "field 777": "changed" \(digest \w+\) on redis-node0, "777" \(digest \w+\) on redis-node1$/,
    },
    {
      alone: ['ZREM', 'large:zset', 'm777'],
      undo: ['ZADD', 'large:zset', 777 / 3, 'm777'],
      detail: /^first rank 777: "m778" with score 259\.3\d+ on redis-node0, "m777" with score 259 on redis-node1$/,
    },
    {
      alone: ['XACK', 'large:stream', 'workers', '5555-1'],
      undo: ['XACK', 'large:stream', 'workers', '5555-1'],
      detail: /^first entry 5555-1 that group "workers" has not acknowledged is only on redis-node1: given to "ann"/,
    },
    {
      alone: ['XDEL', 'large:stream', '7777-1'],
      undo: ['DEL', 'large:stream'],
      detail: /^first entry 7777-1 is only on redis-node1: "field" "value of entry 7777"/,
    },
  ]
  for (const { alone, undo, detail } of plants) {
    await planted.writeOnMasterAlone(...alone)
    const { differences, incomplete } = await compare(cluster)
    const [found, ...others] = differences
    t.same([others, incomplete], [[], []], alone.join(' '))
    t.match(found, { kind: 'value differs', key: alone[1] }, alone.join(' '))
    t.match(found?.detail, detail)
    await planted.write(...undo)
  }
  const known = await cluster.node('redis-node0').data.call('COMMAND', 'INFO', 'hpexpireat')
  if (!Array.isArray(known) || known[0] === null) return
  await planted.writeOnMasterAlone('HPEXPIREAT', 'large:hash', Date.now() + HOUR_MS, 'FIELDS', 1, 'field 77')
  const { differences } = await compare(cluster)
  t.match(differences, [{ kind: 'hash-field TTL differs', key: 'large:hash' }])
  t.match(
    differences[0]?.detail,
    /^field "field 77": "77" \(digest \w+, expires at .*\) on redis-node0, "77" \(digest \w+\) on/,
  )
  await planted.write('DEL', 'large:hash')
}

async function crowdedSlot(t: Test, cluster: LiveCluster, planted: Planting): Promise<void> {
  const script = "for i = 1, 30000 do redis.call('SET', '{crowd}:' .. i, i) end"
  await planted.write('EVAL', script, 1, '{crowd}')
  const equal = await compare(cluster)
  t.same([equal.differences, equal.incomplete], [[], []])
  t.ok(equal.keys > 30_000)
  await planted.writeOnMasterAlone('SET', '{crowd}:777', 'changed')
  await planted.writeOnMasterAlone('DEL', '{crowd}:778')
  const { differences, incomplete } = await compare(cluster)
  t.same(incomplete, [])
  t.match(
    differences.filter(({ key }) => key?.startsWith('{crowd}')),
    [
      { kind: 'value differs', key: '{crowd}:777', detail: '"changed" on redis-node0, "777" on redis-node1' },
      { kind: 'only on replica', key: '{crowd}:778' },
    ],
  )
}

/** How often scripts were called on both servers since they started. */
async function scriptCalls(cluster: LiveCluster): Promise<number> {
  const stats = await Promise.all(cluster.nodes.map(({ data }) => data.call('INFO', 'commandstats')))
  const counts = [...stats.join('\n').matchAll(/^cmdstat_eval(?:_ro)?:calls=(\d+)/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}
