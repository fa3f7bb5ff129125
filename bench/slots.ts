import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Table from 'cli-table3'
import { systemClock } from '../runner/base/clock.ts'
import { formCluster } from '../runner/cluster/form.ts'
import { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { moveSlots } from '../runner/cluster/moves/move-slots.ts'
import { ownersOf } from '../runner/cluster/moves/owners.ts'
import { planReshard } from '../runner/cluster/moves/plan-reshard.ts'
import type { Command } from '../runner/cluster/node-client.ts'
import { evenSplit, slotOfKey } from '../runner/cluster/slots.ts'
import { type LocalServers, startLocalServers } from '../test/support/local-servers.ts'
import { median } from './median.ts'

const KEYS = 100_000
const VALUE = 'v'.repeat(100)
const SLOTS = 2000
const ROUNDS = 5
const WITHIN_MS = 60_000

interface Formed {
  servers: LocalServers
  cluster: LiveCluster
}

/**
 * Prints how long it takes to move slots with their keys between two masters, of a cluster of three with 100 000 keys:
 * by `moveSlots`, and by `redis-cli --cluster reshard`. In alternation, to and fro between the same masters.
 */
export async function benchSlots(): Promise<void> {
  const servers = await startLocalServers({ count: 3 })
  const cluster = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock: systemClock })
  try {
    const topology = { shards: 3, replicas: 0, slots: evenSplit(3) }
    await formCluster(cluster, topology, { clock: systemClock, timeoutMs: WITHIN_MS })
    await write(cluster)
    const ours: number[] = []
    const cli: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      // Both move the same slots in the same direction, one after the other.
      ours.push(await timed(() => moveByUs({ servers, cluster }, 'redis-node0', 'redis-node2')))
      await moveByUs({ servers, cluster }, 'redis-node2', 'redis-node0')
      cli.push(await timed(() => moveByRedisCli({ servers, cluster }, 'redis-node0', 'redis-node2')))
      await moveByUs({ servers, cluster }, 'redis-node2', 'redis-node0')
    }
    printTable(ours, cli)
  } finally {
    cluster.close()
    await servers.stop()
  }
}

async function write(cluster: LiveCluster): Promise<void> {
  const { agreed } = await cluster.look()
  const byOwner = new Map<string, Command[]>(agreed.shards.map(({ master }) => [master, []]))
  for (let number = 0; number < KEYS; number += 1) {
    const key = `key-${number}`
    byOwner.get(agreed.ownerOf(slotOfKey(key)) ?? '')?.push(['SET', key, VALUE])
  }
  await Promise.all([...byOwner].map(([name, commands]) => cluster.node(name).data.pipeline(commands, WITHIN_MS)))
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

async function moveByUs({ cluster }: Formed, from: string, to: string): Promise<void> {
  const owners = ownersOf(await cluster.look())
  const moves = planReshard({ wanted: { count: SLOTS }, from: [from], to }, owners, () => undefined)
  await moveSlots(moves, { cluster, how: 'keys', signal: AbortSignal.timeout(WITHIN_MS) })
}

async function moveByRedisCli({ servers, cluster }: Formed, from: string, to: string): Promise<void> {
  const { reports } = await cluster.look()
  const [fromId, toId] = [from, to].map((name) => reports.get(name)?.view.myId ?? name)
  const flags = ['--cluster-from', String(fromId), '--cluster-to', String(toId), '--cluster-slots', String(SLOTS)]
  const address = `127.0.0.1:${servers.nodes[0]?.port}`
  const env = { ...process.env, REDISCLI_AUTH: servers.password }
  const said = { env, maxBuffer: 64 * 1024 * 1024 }
  await promisify(execFile)('redis-cli', ['--cluster', 'reshard', address, ...flags, '--cluster-yes'], said)
}

function printTable(ours: readonly number[], cli: readonly number[]): void {
  const table = new Table({ head: [`${SLOTS} slots, ms`, 'median', 'least', 'most', 'slots/s', 'to redis-cli'] })
  const row = (name: string, times: readonly number[]) => [
    ...[name, ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0))],
    ...[((SLOTS * 1000) / median(times)).toFixed(0), `${(median(times) / median(cli)).toFixed(2)}×`],
  ]
  table.push(row('redis-chaos', ours), row('redis-cli --cluster reshard', cli))
  const keys = Math.round((KEYS * SLOTS) / 16_384)
  console.log(`${ROUNDS} rounds each, in alternation; ${KEYS} keys in all, about ${keys} of them in these slots`)
  console.log(table.toString())
}
