import { setTimeout as sleep } from 'node:timers/promises'
import type { Outside } from './outside.ts'
import { lastStep, verb } from './planted-run.ts'
import type { ServerPlant } from './server-plant.ts'

const FAILOVER = 'planned-failover'

/** The master of shard 3 and its replica, which no step of the scenarios below touches. */
const MASTER = 'redis-node4'
const REPLICA = 'redis-node5'
/** In its slots. */
const SLOT = 16_000

/** Plants in what a cluster agrees on. */
export const clusterPlants: readonly ServerPlant[] = [
  {
    name: 'a failover that somebody else asks for',
    scenarios: [FAILOVER, 'replica-stopped'],
    outside: { at: verb('wait', 'stop'), act: (servers) => servers.all(REPLICA, ['CLUSTER FAILOVER']) },
    rule: 'failover',
    says: /^redis-node5 replaced redis-node4 in shard 3 at .*no step asked for this CLUSTER FAILOVER$/,
  },
  {
    name: 'a takeover by somebody else',
    scenarios: [FAILOVER],
    outside: { at: verb('wait'), act: (servers) => servers.all(REPLICA, ['CLUSTER FAILOVER TAKEOVER']) },
    rule: 'failover',
    says: /^redis-node5 replaced redis-node4 in shard 3 at .*no step asked for this CLUSTER FAILOVER \(takeover\)$/,
  },
  {
    name: 'a master that somebody else freezes',
    scenarios: [FAILOVER],
    outside: { at: verb('wait'), act: (servers) => freeze(servers, 'redis-node2', 4000) },
    rule: 'failover',
    says: /^redis-node3 replaced redis-node2 in shard 2 at .*no step and no fault explains it$/,
  },
  {
    name: 'a voter that somebody else freezes',
    scenarios: ['master-killed'],
    outside: { at: verb('kill'), act: (servers) => freeze(servers, 'redis-node2', 5000) },
    rule: 'failover_time',
    says: /^The (detection|election) in shard \d .*is the most that the settings let expect/,
  },
  {
    name: 'a replica that somebody else gives another master',
    scenarios: [FAILOVER, 'master-killed'],
    outside: {
      at: verb('wait', 'kill'),
      act: async (servers) => {
        await servers.call(REPLICA, 'CLUSTER', 'REPLICATE', await servers.idOf('redis-node2'))
      },
    },
    rule: 'roles',
    says: /^redis-node5 became a replica of redis-node2 at .*until then it was a replica of redis-node4, and nothing/,
  },
  {
    name: 'full syncs again and again, as its links are cut and the backlog is small',
    scenarios: ['replica-stopped'],
    outside: { at: verb('stop'), act: cutLinks },
    rule: 'resync',
    says: /^redis-node5 synced in full \d times: .*for lack of backlog/,
  },
  {
    name: 'full syncs again and again, as buffers are small',
    scenarios: [FAILOVER, 'replica-stopped'],
    outside: { at: verb('wait', 'stop'), act: resyncInALoop },
    rule: 'resync',
    says: /^redis-node5 synced in full \d times: .*output buffer/,
    also: ['end_state', 'growth'],
  },
  {
    name: 'a slot that somebody else gives away',
    scenarios: ['replica-killed'],
    outside: { at: verb('kill'), act: (servers) => giveAway(servers, MASTER, 16_000) },
    rule: 'slots',
    says: /^redis-node\d has (?:lost|gained) slots? .*, and no step moved (?:it|them)$/,
  },
  {
    name: 'a slot that somebody else gives away after its master was replaced and came back',
    scenarios: [FAILOVER],
    outside: { at: lastStep, held: true, act: (servers) => giveAway(servers, 'redis-node0', 1) },
    rule: 'slots',
    says: /^redis-node\d has (?:lost|gained) slots? .*, and no step moved (?:it|them)$/,
    // Its epoch is the higher one: what it said just before may give it the slot back in the eyes of some.
    also: ['end_state'],
  },
  {
    name: 'an epoch that somebody else raises',
    scenarios: [FAILOVER, 'failover-basic'],
    outside: { at: lastStep, held: true, act: (servers) => servers.all(MASTER, ['CLUSTER BUMPEPOCH']) },
    rule: 'slots',
    says: /^The epoch rose from \d+ to \d+, and the logs tell of \d+ elections? or takeovers?$/,
  },
  {
    name: 'a slot that somebody else opens',
    scenarios: ['failover-basic'],
    outside: {
      at: lastStep,
      held: true,
      act: async (servers) => {
        await servers.call(MASTER, 'CLUSTER', 'SETSLOT', SLOT, 'MIGRATING', await servers.idOf('redis-node2'))
      },
    },
    rule: 'end_state',
    says: /^the cluster was not healthy .* after everything was healed: .*16000/,
  },
  {
    name: 'a view that never agrees',
    scenarios: [FAILOVER, 'replica-stopped'],
    outside: {
      at: lastStep,
      held: true,
      act: async (servers) => {
        // Whoever forgets a node does not hear of it for a minute.
        await servers.call('redis-node1', 'CLUSTER', 'FORGET', await servers.idOf(REPLICA))
      },
    },
    rule: 'end_state',
    says: /^the cluster was not healthy .* after everything was healed: .*redis-node5/,
  },
  {
    name: 'a replica that somebody else freezes for good',
    scenarios: [FAILOVER],
    outside: { at: lastStep, held: true, act: (servers) => servers.signal(REPLICA, 'SIGSTOP') },
    rule: 'end_state',
    says: /^the cluster was not healthy .* after everything was healed: redis-node5 is frozen, and no step paused it$/,
  },
  {
    name: 'connections that are never closed',
    scenarios: ['test/e2e/scenarios/quiet-end.yaml'],
    outside: { at: verb('wait'), act: connectWithoutEnd },
    rule: 'growth',
    says: /^connections of redis-node4 grew at each of \d+ looks since .*, from \d+ to \d+$/,
  },
]

async function freeze(servers: Outside, node: string, forMs: number): Promise<void> {
  servers.signal(node, 'SIGSTOP')
  await sleep(forMs)
  servers.signal(node, 'SIGCONT')
}

/** A slot without keys, from this one on; the masters agree at once. */
async function giveAway(servers: Outside, master: string, first: number): Promise<void> {
  const other = await servers.idOf('redis-node2')
  let slot = first
  while ((await servers.call(master, 'CLUSTER', 'COUNTKEYSINSLOT', slot)) !== 0) slot += 1
  for (const node of ['redis-node2', 'redis-node4', 'redis-node0']) {
    await servers.call(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', other)
  }
}

/** Each time, more is written than the backlog holds before the replica is back. */
async function cutLinks(servers: Outside): Promise<void> {
  await servers.all(MASTER, ['CONFIG SET repl-backlog-size 16384'])
  const key = await servers.keyAt(MASTER)
  const client = servers.connect(MASTER)
  for (let left = 4; left > 0; left -= 1) {
    await servers.until(() => servers.says(REPLICA, 'master_link_status', 'up'))
    const before = await servers.numberAt(MASTER, 'sync_full')
    await client.pipeline([
      ['CLIENT', 'KILL', 'TYPE', 'replica'],
      ['SET', key, 'x'.repeat(100_000)],
    ])
    await servers.until(async () => (await servers.numberAt(MASTER, 'sync_full')) > before)
  }
}

/** The buffer of its master is too small for what is written, and the backlog, too. */
async function resyncInALoop(servers: Outside): Promise<void> {
  await servers.all(MASTER, ['CONFIG SET repl-backlog-size 16384'])
  await servers.call(MASTER, 'CONFIG', 'SET', 'client-output-buffer-limit', 'replica 1048576 0 0')
  const key = await servers.keyAt(MASTER)
  for (let left = 4; left > 0; left -= 1) {
    await servers.until(() => servers.says(REPLICA, 'master_link_status', 'up'))
    const before = await servers.numberAt(MASTER, 'sync_full')
    await servers.call(MASTER, 'EVAL', "return redis.call('SET', KEYS[1], string.rep('x', 4000000))", 1, key)
    await servers.until(async () => (await servers.numberAt(MASTER, 'sync_full')) > before)
  }
  await servers.call(MASTER, 'DEL', key)
}

async function connectWithoutEnd(servers: Outside): Promise<void> {
  while (!servers.over.aborted) {
    const client = servers.connect(MASTER)
    await client.call('PING').catch(() => undefined)
    await sleep(30)
  }
}
