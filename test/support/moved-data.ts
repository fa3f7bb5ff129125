import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import type { Command } from '../../runner/cluster/node-client.ts'
import { planting } from './planted-data.ts'

/** Values of all types, as commands; each key's name begins with `TAG`, so that all are in one slot. */
const TAG = '{moved}'

const many = (count: number, each: (place: number) => (string | number)[]) =>
  Array.from({ length: count }, (_, i) => each(i)).flat()

const VALUES: readonly Command[] = [
  ['SET', `${TAG}text`, 'value'],
  ['SET', `${TAG}number`, '42'],
  ['SET', `${TAG}large`, 'x'.repeat(5_000_000)],
  ['SET', `${TAG}short-lived`, 'v', 'PX', 900_000],
  ['SETBIT', `${TAG}bits`, 70_000, 1],
  ['PFADD', `${TAG}hyperloglog`, ...many(300, (i) => [i])],
  ['RPUSH', `${TAG}list`, ...many(300, (i) => [`item-${i}`])],
  ['SADD', `${TAG}integers`, 3, 1, 2],
  ['SADD', `${TAG}set`, ...many(2000, (i) => [`member-${i}`])],
  ['HSET', `${TAG}hash`, 'a', 1, 'b', 'text'],
  ['HSET', `${TAG}large-hash`, ...many(20_000, (i) => [`field-${i}`, `value-${i}`])],
  ['ZADD', `${TAG}scores`, 1.5, 'a', '-inf', 'b', 3, 'c'],
  ['GEOADD', `${TAG}places`, 13.36, 38.11, 'Palermo'],
  ['XADD', `${TAG}stream`, '1-1', 'a', '1'],
  ['XADD', `${TAG}stream`, '2-1', 'b', '2'],
  ['XGROUP', 'CREATE', `${TAG}stream`, 'workers', '0'],
  ['XREADGROUP', 'GROUP', 'workers', 'one', 'COUNT', 1, 'STREAMS', `${TAG}stream`, '>'],
  ['PEXPIRE', `${TAG}hash`, 800_000],
]

/** A field that expires by itself, from Redis 7.4 on. */
const FIELD_THAT_EXPIRES: Command = ['HPEXPIRE', `${TAG}hash`, 700_000, 'FIELDS', 1, 'a']

export const MOVED_KEY = `${TAG}text`

/** Writes them all, and many small keys beside them in slots of their own. */
export async function plantValues(cluster: LiveCluster, { withFieldTtl = false } = {}): Promise<void> {
  const { write, masterOf } = await planting(cluster)
  for (const command of VALUES) await write(...command)
  if (withFieldTtl) await write(...FIELD_THAT_EXPIRES)
  const binary = Buffer.concat([Buffer.from(TAG), Buffer.from([0, 255, 13, 10])])
  const { data } = cluster.node(masterOf(TAG))
  await data.pipelineBytes([['SET', binary, Buffer.from([255, 0])]], 5000)
  for (const { client } of cluster.nodes) {
    const keys = Array.from({ length: 3000 }, (_, i): Command => ['SET', `key-${i}`, `value-${i}`])
    await client.pipeline(keys, 20_000)
  }
}

/**
 * Every key of the cluster with its content and the moment when it expires; whatever is stored in no certain order is
 * sorted, and all else is as the server dumps it.
 */
export async function contentOf(cluster: LiveCluster): Promise<Map<string, string>> {
  const content = new Map<string, string>()
  for (const { data } of cluster.nodes) {
    const [keys] = await data.pipelineBytes([['KEYS', '*']], 10_000)
    const names = Array.isArray(keys) ? keys.filter((key) => Buffer.isBuffer(key)) : []
    const told = await data.pipelineBytes(
      names.flatMap((key) => [['TYPE', key] as const, ['PTTL', key] as const]),
      10_000,
    )
    for (const [place, key] of names.entries()) {
      const [value] = await data.pipelineBytes([readOf(String(told[2 * place]), key)], 10_000)
      const expires = Number(told[2 * place + 1]) < 0 ? 'never' : 'later'
      content.set(key.toString('latin1'), `${expires} ${shown(value)}`)
    }
  }
  return content
}

function readOf(type: string, key: Buffer) {
  if (type === 'set') return ['SMEMBERS', key] as const
  return type === 'hash' ? (['HGETALL', key] as const) : (['DUMP', key] as const)
}

function shown(value: unknown): string {
  if (Array.isArray(value))
    return value
      .map((one) => String(one))
      .sort()
      .join(' ')
  return Buffer.isBuffer(value) ? value.toString('hex') : String(value)
}
