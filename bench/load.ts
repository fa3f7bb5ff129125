import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { sharedNowMs, systemClock } from '../runner/base/clock.ts'
import { formCluster } from '../runner/cluster/form.ts'
import { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { evenSplit } from '../runner/cluster/slots.ts'
import type { ServerNode } from '../runner/platforms/platform.ts'
import { readHistory } from '../runner/record/history-reader.ts'
import type { LoadSeries } from '../runner/record/load-series.ts'
import { Load } from '../runner/workload/load.ts'
import { resolveOptions } from '../runner/workload/options.ts'
import { register } from '../runner/workload/register.ts'
import { startLocalServers } from '../test/support/local-servers.ts'
import { benchRecording } from './load-recording.ts'
import { median } from './median.ts'

const SHARDS = 3
const CLIENTS = 64
const KEYS = 1000
const ROUNDS = 5
const REQUESTS = 100_000
const ROUND_MS = 2500
const MEMORY_RATE = 20_000
const MEMORY_MS = 30_000
const TEN_MINUTES_MS = 600_000

interface Servers {
  nodes: readonly ServerNode[]
  password: string
}

interface Figures {
  operations: number
  perSecond: number
  p50Ms: number
}

/**
 * SETs of 64 clients on a cluster of 3 masters and 3 replicas, in alternation: by the `direct` client, which records
 * everything, and by `redis-benchmark --cluster`. Then what recording costs, and how memory grows at 20,000 operations
 * a second.
 */
export async function benchLoad(): Promise<void> {
  const settings = { requirepass: '""', masterauth: '""' }
  const servers = await startLocalServers({ count: SHARDS * 2, password: '', settings })
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-bench-'))
  try {
    await form(servers.nodes)
    await benchThroughput(servers.nodes, folder)
    await benchRecording(servers.nodes, folder)
    await benchMemory(servers.nodes, folder)
  } finally {
    await servers.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function form(nodes: readonly ServerNode[]): Promise<void> {
  const cluster = new LiveCluster({ nodes, passwords: '', clock: systemClock })
  try {
    const topology = { shards: SHARDS, replicas: 1, slots: evenSplit(SHARDS) }
    await formCluster(cluster, topology, { clock: systemClock, timeoutMs: 30_000 })
  } finally {
    cluster.close()
  }
}

async function benchThroughput(nodes: readonly ServerNode[], folder: string): Promise<void> {
  const direct: Figures[] = []
  const tool: Figures[] = []
  await loadRound(nodes, folder)
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
    direct.push(await loadRound(nodes, folder))
    tool.push(await benchmarkRound(nodes[0]?.port ?? 0))
  }
  const table = new Table({
    head: [`SETs, ${CLIENTS} clients`, 'a second', 'least', 'most', 'p50, ms'],
    style: { head: [] },
  })
  const rates = (all: readonly Figures[]) => all.map(({ perSecond }) => perSecond)
  const row = (name: string, all: readonly Figures[]) => {
    const shown = [median(rates(all)), Math.min(...rates(all)), Math.max(...rates(all))].map((rate) => rate.toFixed(0))
    table.push([name, ...shown, median(all.map(({ p50Ms }) => p50Ms)).toFixed(3)])
  }
  row('redis-chaos, direct, recording', direct)
  row('redis-benchmark --cluster', tool)
  const pairs = direct.map((one, round) => ({ one, other: tool[round] ?? one }))
  const speed = median(pairs.map(({ one, other }) => one.perSecond / other.perSecond))
  const latency = median(pairs.map(({ one, other }) => one.p50Ms / other.p50Ms))
  table.push(['ratio, round by round (goal: ≥ 1, ≤ 1.3)', speed.toFixed(2), '', '', latency.toFixed(2)])
  console.log(table.toString())
}

async function loadRound(nodes: readonly ServerNode[], folder: string): Promise<Figures> {
  const file = join(folder, 'throughput.history')
  await runLoad({ nodes, password: '' }, file)
  return figuresOf(file)
}

/** A closed loop of 64 clients in the thread of the load, as a scenario has it; its history goes to `file`. */
export async function runLoad(servers: Servers, file: string): Promise<void> {
  const load = await openLoad(servers, file, { clients: CLIENTS }, () => undefined)
  try {
    await load.begin()
    await pause(ROUND_MS)
    await load.stop()
  } finally {
    await load.close()
  }
}

/** Of the history that a round has left. */
export function figuresOf(file: string): Figures {
  const { ops, rows } = readHistory(file)
  const latencies = Float64Array.from(
    { length: rows },
    (_, row) => (ops.completeMs[row] ?? 0) - (ops.invokeMs[row] ?? 0),
  ).sort()
  const spanMs = (ops.completeMs[rows - 1] ?? 0) - (ops.invokeMs[0] ?? 0)
  return { operations: rows, perSecond: (rows / spanMs) * 1000, p50Ms: latencies[rows >> 1] ?? 0 }
}

async function openLoad(
  servers: Servers,
  file: string,
  written: Record<string, unknown>,
  onSeries: (workload: string, series: LoadSeries) => void,
): Promise<Load> {
  const load = new Load(onSeries)
  const options = resolveOptions({ type: 'register', keys: KEYS, mix: { write: 1 }, ...written }, register)
  await load.open({
    workloads: [{ name: 'bench', options, file }],
    ...{ ...servers, shards: evenSplit(SHARDS), seed: 1, originMs: sharedNowMs(), startWallMs: Date.now() },
  })
  return load
}

/** `redis-benchmark` of this machine, with as many clients and keys, and values as short. */
async function benchmarkRound(port: number): Promise<Figures> {
  const args = ['--cluster', '-p', String(port), '-c', String(CLIENTS), '-n', String(REQUESTS), '-r', String(KEYS)]
  const said = await output('redis-benchmark', [...args, '-t', 'set', '-d', '6', '--precision', '3', '--csv'])
  const line = said.split(/[\r\n]+/).findLast((one) => one.startsWith('"SET"'))
  const [, rate, , , p50] = (line ?? '').split(',').map((cell) => Number(cell.replaceAll('"', '')))
  if (rate === undefined || p50 === undefined)
    throw new Error(`redis-benchmark gave no figures; it said:\n${said.slice(-500)}`)
  return { operations: REQUESTS, perSecond: rate, p50Ms: p50 }
}

function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(said) : reject(new Error(`${command} ended with code ${code}`)),
    )
  })
}

/** Memory of the whole process, thread and all, while histories are written; what a ten-minute run would come to. */
async function benchMemory(nodes: readonly ServerNode[], folder: string): Promise<void> {
  let done = 0
  const load = await openLoad(
    { nodes, password: '' },
    join(folder, 'memory.history'),
    { clients: CLIENTS, rate: `${MEMORY_RATE}/s` },
    (_, { ok }) => {
      done += ok.reduce((sum, count) => sum + count, 0)
    },
  )
  const samples: { atMs: number; rss: number }[] = []
  const startMs = performance.now()
  try {
    await load.begin()
    while (performance.now() - startMs < MEMORY_MS) {
      await pause(500)
      samples.push({ atMs: performance.now() - startMs, rss: process.memoryUsage.rss() })
    }
    await load.stop()
  } finally {
    await load.close()
  }
  const mb = (bytes: number) => (bytes / 1e6).toFixed(0)
  const late = samples.slice(samples.length / 2)
  const growth = slope(late)
  const most = Math.max(...samples.map(({ rss }) => rss))
  const tenMinutes = most + Math.max(0, growth) * (TEN_MINUTES_MS - MEMORY_MS)
  const table = new Table({ head: [`${MEMORY_RATE} operations a second`, 'MB'], style: { head: [] } })
  table.push(['at the beginning', mb(samples[0]?.rss ?? 0)])
  table.push([`at most, in ${MEMORY_MS / 1000} s and ${done} operations`, mb(most)])
  table.push(['growth a minute, in the second half', ((growth * 60_000) / 1e6).toFixed(1)])
  table.push(['after ten minutes, if it went on so (goal: < 1000)', mb(tenMinutes)])
  console.log(table.toString())
}

/** Bytes a ms, by least squares. */
function slope(samples: readonly { atMs: number; rss: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const atMs = mean(samples.map((sample) => sample.atMs))
  const rss = mean(samples.map((sample) => sample.rss))
  const over = samples.reduce((sum, sample) => sum + (sample.atMs - atMs) * (sample.rss - rss), 0)
  return over / samples.reduce((sum, sample) => sum + (sample.atMs - atMs) ** 2, 0)
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}
