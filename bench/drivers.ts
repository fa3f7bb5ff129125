import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Table from 'cli-table3'
import { sharedNowMs, systemClock } from '../runner/base/clock.ts'
import { formCluster } from '../runner/cluster/form.ts'
import { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { evenSplit } from '../runner/cluster/slots.ts'
import { FLAG, OUTCOME_OK } from '../runner/record/history-codes.ts'
import { readHistory } from '../runner/record/history-reader.ts'
import { planDriver } from '../runner/workload/drivers/plan.ts'
import { Load } from '../runner/workload/load.ts'
import { resolveOptions } from '../runner/workload/options.ts'
import { register } from '../runner/workload/register.ts'
import { clusterFlags, leaseCluster } from '../test/support/lease.ts'
import { type LocalServers, startLocalServers } from '../test/support/local-servers.ts'
import { median } from './median.ts'

const SHARDS = 3
const ROUNDS = 5
const ROUND_MS = 3000
const KILLS = 10
const root = path.resolve(import.meta.dirname, '..')
const AGREE = 'test/e2e/scenarios/drivers-agree.yaml'
/** The same ioredis, inside of the runner and behind a driver. */
const CLIENTS = ['ioredis', 'ioredis-wrapped'] as const

type Servers = Pick<LocalServers, 'nodes' | 'password'>
type ByClient<T> = Record<(typeof CLIENTS)[number], T>

/**
 * What a driver adds: the latency of the built-in ioredis beside that of a driver that wraps it, at the same time on the
 * same cluster; and the outage that each of them feels in ten failovers.
 */
export async function benchDrivers(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-bench-'))
  try {
    await benchLatency(folder)
    await benchOutages(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function benchLatency(folder: string): Promise<void> {
  const servers = await startLocalServers({ count: SHARDS * 2 })
  const rounds: ByClient<number>[] = []
  try {
    await form(servers)
    for (let round = 1; round <= ROUNDS; round += 1) {
      process.stderr.write(`round ${round} of ${ROUNDS}\n`)
      rounds.push(await latencyRound(servers, path.join(folder, String(round))))
    }
  } finally {
    await servers.stop()
  }
  const table = new Table({
    head: ['p50, ms', ...rounds.map((_, i) => `round ${i + 1}`), 'median'],
    style: { head: [] },
  })
  const row = (name: string, of: (round: ByClient<number>) => number) =>
    table.push([name, ...rounds.map((round) => of(round).toFixed(3)), median(rounds.map(of)).toFixed(3)])
  for (const client of CLIENTS) row(client, (round) => round[client])
  row('added by the driver (goal: ≤ 0.2)', (round) => round['ioredis-wrapped'] - round.ioredis)
  row('ratio', (round) => round['ioredis-wrapped'] / round.ioredis)
  console.log(table.toString())
}

async function form({ nodes, password }: Servers): Promise<void> {
  const cluster = new LiveCluster({ nodes, passwords: password, clock: systemClock })
  try {
    const topology = { shards: SHARDS, replicas: 1, slots: evenSplit(SHARDS) }
    await formCluster(cluster, topology, { clock: systemClock, timeoutMs: 30_000 })
  } finally {
    cluster.close()
  }
}

/** The median latencies of both, which run at the same time. */
async function latencyRound({ nodes, password }: Servers, prefix: string): Promise<ByClient<number>> {
  const load = new Load(() => undefined)
  const fileOf = (client: string) => `${prefix}-${client}.history`
  try {
    await load.open({
      workloads: CLIENTS.map((client) => ({
        name: client,
        file: fileOf(client),
        driverLog: `${prefix}.log`,
        options: optionsOf(client),
      })),
      ...{ nodes, password, shards: evenSplit(SHARDS), seed: 1 },
      ...{ originMs: sharedNowMs(), startWallMs: Date.now() },
    })
    await load.begin()
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS))
    await load.stop()
  } finally {
    await load.close()
  }
  return byClient((client) => medianLatency(fileOf(client)))
}

function optionsOf(client: string) {
  const written = { type: 'register', client, rate: '300/s' }
  if (client === 'ioredis') return resolveOptions(written, register)
  const plan = planDriver(client, {}, { folder: '.', allowsCommands: false })
  if ('problems' in plan) throw new Error(plan.problems[0]?.message)
  return resolveOptions(written, register, plan)
}

function medianLatency(file: string): number {
  const { ops, rows } = readHistory(file)
  const latencies = Array.from({ length: rows }, (_, row) => (ops.completeMs[row] ?? 0) - (ops.invokeMs[row] ?? 0))
  return median(latencies)
}

async function benchOutages(folder: string): Promise<void> {
  process.stderr.write(`${KILLS} failovers\n`)
  const flags = [...clusterFlags(await leaseCluster()), '--repeat', String(KILLS), '--reports', folder]
  await playAgree(flags)
  const histories = path.join(folder, 'latest', 'history')
  const outages = readdirSync(histories).map((one) =>
    byClient((client) => {
      const workload = client === 'ioredis' ? 'built-in' : 'wrapped'
      return longestGap(path.join(histories, one, `${workload}.history`))
    }),
  )
  const table = new Table({ head: ['outage, ms', 'median', 'least', 'most'], style: { head: [] } })
  const row = (name: string, of: (outage: ByClient<number>) => number) => {
    const all = outages.map(of)
    table.push([name, ...[median(all), Math.min(...all), Math.max(...all)].map((ms) => ms.toFixed(0))])
  }
  for (const client of CLIENTS) row(client, (outage) => outage[client])
  row('difference (goal: within 50)', (outage) => outage['ioredis-wrapped'] - outage.ioredis)
  console.log(table.toString())
}

function playAgree(flags: readonly string[]): Promise<void> {
  const args = ['bin/redis-chaos.js', 'run', AGREE, '--platform', 'process', '--quiet', ...flags]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`it ended with exit code ${code}`))))
  })
}

/** The longest time in which nothing was carried out, ms. */
function longestGap(file: string): number {
  const { ops, rows } = readHistory(file)
  const carriedOut = Array.from({ length: rows }, (_, row) => row)
    .filter((row) => ops.outcome[row] === OUTCOME_OK && ((ops.flags[row] ?? 0) & FLAG.final) === 0)
    .map((row) => ops.completeMs[row] ?? 0)
    .sort((a, b) => a - b)
  return carriedOut.reduce((longest, ms, i) => Math.max(longest, ms - (carriedOut[i - 1] ?? ms)), 0)
}

function byClient<T>(of: (client: (typeof CLIENTS)[number]) => T): ByClient<T> {
  return { ioredis: of('ioredis'), 'ioredis-wrapped': of('ioredis-wrapped') }
}
