import type { Outside } from './outside.ts'
import { beforeFailover, lastStep } from './planted-run.ts'
import type { ServerPlant } from './server-plant.ts'

const FAILOVER = 'planned-failover'
/** Here too, the step before the failover takes long enough for somebody to write meanwhile. */
const RESTARTED = 'test/e2e/scenarios/promoted-after-a-restart.yaml'

/** No word of it goes to the replicas. */
const ALONE = 'redis.set_repl(redis.REPL_NONE) return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))'

type Words = readonly [command: string, ...args: string[]]

/** Plants in data: what a replica has is not what its master has. */
export const dataPlants: readonly ServerPlant[] = [
  {
    name: 'a replica that did not apply one write of a thousand',
    scenarios: [FAILOVER, 'failover-basic', 'replica-stopped'],
    outside: { at: lastStep, held: true, act: (servers) => loseOneWrite(servers, 'redis-node4') },
    rule: 'replica_data',
    says: /^key .*planted.*:500\S* \(slot \d+, shard 3\).*redis-node5/,
  },
  beforePromotion('an old value', [FAILOVER, RESTARTED], {
    both: [['SET', 'old']],
    master: ['SET', 'new'],
    says: /its value is not the same/,
  }),
  beforePromotion('a key that has expired', [FAILOVER, RESTARTED], {
    both: [
      ['SET', 'v', 'PX', '1'],
      ['SET', 'v'],
    ],
    master: ['DEL'],
    says: /on redis-node1 and not on its master|missing on redis-node0/,
  }),
  ...['redis:8.0', 'valkey:9.1'].map((server) => ({
    ...beforePromotion(`a hash field that never expires (${server})`, [RESTARTED], {
      both: [['HSET', 'f', 'v']],
      master: ['HPEXPIRE', '3600000', 'FIELDS', '1', 'f'],
      says: /its fields do not expire at the same/,
    }),
    server,
  })),
  {
    name: 'an acknowledged write that somebody else deletes after it was verified',
    scenarios: ['failover-basic', 'replica-stopped'],
    outside: { at: lastStep, held: true, act: (servers) => deleteOne(servers, 'redis-node4', 'orders:*') },
    rule: 'lost_writes',
    says: /^1 acknowledged write of orders \(\d+ keys\) is gone at the end$/,
  },
]

/** A replica that is promoted without a write of its master, which then follows it from the same place. */
function beforePromotion(
  what: string,
  scenarios: readonly string[],
  { both, master, says }: { both: readonly Words[]; master: Words; says: RegExp },
): ServerPlant {
  const act = async (servers: Outside) => {
    const key = await servers.keyAt('redis-node0')
    for (const [command, ...args] of both) await servers.call('redis-node0', command, key, ...args)
    await alone(servers, 'redis-node0', key, master)
  }
  return {
    name: `a promoted replica with ${what}`,
    scenarios,
    outside: { at: beforeFailover, held: true, act },
    rule: 'replica_data',
    says: new RegExp(`^key .*planted.* \\(slot \\d+, shard 1\\).*(?:${says.source})`),
  }
}

/** A thousand keys, of which the replica gets all but one. */
async function loseOneWrite(servers: Outside, master: string): Promise<void> {
  const key = await servers.keyAt(master)
  for (let number = 1; number <= 1000; number += 1) {
    const write: Words = ['SET', String(number)]
    if (number === 500) await alone(servers, master, `{${key}}:${number}`, write)
    else await servers.call(master, 'SET', `{${key}}:${number}`, number)
  }
}

async function deleteOne(servers: Outside, master: string, pattern: string): Promise<void> {
  const keys = await servers.call(master, 'KEYS', pattern)
  await servers.call(master, 'DEL', String(Array.isArray(keys) ? keys[0] : ''))
}

async function alone(servers: Outside, master: string, key: string, words: Words): Promise<void> {
  await servers.call(master, 'EVAL', ALONE, 1, key, ...words)
}
