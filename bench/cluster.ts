import { spawn } from 'node:child_process'
import Table from 'cli-table3'
import { systemClock } from '../runner/base/clock.ts'
import { poll } from '../runner/base/poll.ts'
import { formCluster } from '../runner/cluster/form.ts'
import { healthProblems } from '../runner/cluster/health.ts'
import { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { evenSplit } from '../runner/cluster/slots.ts'
import type { ServerNode } from '../runner/platforms/platform.ts'
import { startLocalServers } from '../test/support/local-servers.ts'

/** Six empty servers that answer, and their end. */
interface EmptyServers {
  nodes: readonly ServerNode[]
  password: string
  stop(): Promise<void>
}

type StartSixServers = () => Promise<EmptyServers>

export interface ClusterBenchOptions {
  /** Default: processes on this machine. */
  start?: StartSixServers
  /** Servers are new in each round and for each way. Default 5. */
  rounds?: number
}

const FORMED_WITHIN_MS = 60_000
const SHARDS = 3
const REPLICAS = 1

/** A master stays not-ok for 2000 ms after boot (cluster.c, CLUSTER_WRITABLE_DELAY, Redis 7.0). */
const FLOOR_MS = 2000

/**
 * Prints how long it takes to form a cluster of 3 masters and 3 replicas, from the moment when all servers answer until
 * it is healthy: by `formCluster`, and by `redis-cli --cluster create`, in alternation, both watched by the same eyes.
 */
export async function benchCluster(options: ClusterBenchOptions = {}): Promise<void> {
  const { start = startSixProcesses, rounds = 5 } = options
  const ours: number[] = []
  const cli: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await timeRound(start, formByUs))
    cli.push(await timeRound(start, formByRedisCli))
  }
  printTable(ours, cli)
}

function startSixProcesses(): Promise<EmptyServers> {
  return startLocalServers({ count: 6 })
}

/** Resolves with the moment when the cluster was healthy, in monotonic ms. */
type Forming = (cluster: LiveCluster, servers: EmptyServers) => Promise<number>

async function timeRound(start: StartSixServers, form: Forming): Promise<number> {
  const servers = await start()
  const cluster = new LiveCluster({ nodes: servers.nodes, passwords: servers.password, clock: systemClock })
  try {
    await untilAllAnswer(cluster)
    const startMs = performance.now()
    return (await form(cluster, servers)) - startMs
  } finally {
    cluster.close()
    await servers.stop()
  }
}

async function untilAllAnswer(cluster: LiveCluster): Promise<void> {
  await pollUntil('all servers to answer', async () => {
    const { unreachable } = await cluster.look()
    return { ok: unreachable.size === 0, seen: [...unreachable].join('; ') }
  })
}

async function untilHealthy(cluster: LiveCluster): Promise<void> {
  const nodes = cluster.nodes.map((node) => node.name)
  await pollUntil('the cluster to be healthy', async () => {
    const problems = healthProblems(await cluster.look(), { nodes })
    return { ok: problems.length === 0, seen: problems.join('; ') }
  })
}

async function pollUntil(what: string, look: Parameters<typeof poll>[0]): Promise<void> {
  const result = await poll(look, { clock: systemClock, withinMs: FORMED_WITHIN_MS, everyMs: 10 })
  if (!result.ok) throw new Error(`waited ${FORMED_WITHIN_MS} ms for ${what}; last seen: ${result.lastSeen}`)
}

async function formByUs(cluster: LiveCluster): Promise<number> {
  const topology = { shards: SHARDS, replicas: REPLICAS, slots: evenSplit(SHARDS) }
  await formCluster(cluster, topology, { clock: systemClock, timeoutMs: FORMED_WITHIN_MS })
  return performance.now()
}

/** Healthy by the same measure, even if the tool itself goes on for a while. */
async function formByRedisCli(cluster: LiveCluster, servers: EmptyServers): Promise<number> {
  const healthy = untilHealthy(cluster).then(() => performance.now())
  const [healthyMs] = await Promise.all([healthy, runRedisCli(servers)])
  return healthyMs
}

function runRedisCli(servers: EmptyServers): Promise<void> {
  const addresses = servers.nodes.map((node) => `${node.peerHost}:${node.peerPort}`)
  const args = ['--cluster', 'create', ...addresses, '--cluster-replicas', String(REPLICAS), '--cluster-yes']
  const env = { ...process.env, REDISCLI_AUTH: servers.password }
  const child = spawn('redis-cli', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const listen = (part: Buffer) => {
    said += part.toString()
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`redis-cli --cluster create ended with code ${code}; it said:\n${said.slice(-2000)}`))
    })
  })
}

function printTable(ours: readonly number[], cli: readonly number[]): void {
  const best = Math.min(median(cli), FLOOR_MS)
  const table = new Table({ head: ['forming 3 × 2, ms', 'median', 'least', 'most', 'to the faster of the others'] })
  const row = (name: string, times: readonly number[]) => {
    const ratio = `${(median(times) / best).toFixed(2)}×`
    return [name, ...[median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0)), ratio]
  }
  table.push(row('redis-chaos', ours), row('redis-cli --cluster create', cli), row('floor', [FLOOR_MS]))
  console.log(`${ours.length} rounds each, in alternation, new servers every time; from all answering to healthy`)
  console.log(table.toString())
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
