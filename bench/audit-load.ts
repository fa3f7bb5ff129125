import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { systemClock } from '../runner/base/clock.ts'
import { formCluster } from '../runner/cluster/form.ts'
import { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { evenSplit } from '../runner/cluster/slots.ts'
import { Audit } from '../runner/engine/audit.ts'
import { NodeLogs } from '../runner/engine/node-logs.ts'
import type { ServerGroup } from '../runner/platforms/platform.ts'
import { ProcessPlatform } from '../runner/platforms/process/process-platform.ts'
import { Recorder } from '../runner/record/event-log.ts'
import { Names } from '../runner/steps/names.ts'
import { groupSpec } from '../test/support/group-spec.ts'
import { withCpu } from './cpu.ts'
import { figuresOf, runLoad } from './load.ts'
import { median } from './median.ts'

const SHARDS = 3
const ROUNDS = 12
const IDLE_MS = 10_000

interface Stand {
  cluster: LiveCluster
  servers: ServerGroup
  password: string
  folder: string
}

interface Figures {
  perSecond: number
  /** Processor time of the runner and its servers for an operation, µs: other programs on the machine do not count. */
  cpuUs: number
}

interface Pair {
  audited: Figures
  alone: Figures
}

/**
 * Prints what the audit takes from the rate of a closed loop of 64 clients: rounds with the audit watching the servers,
 * their logs and what they hold, and rounds with nobody looking, in alternation. On a machine with other work rates tell
 * little: what the audit takes of the processor while there is no load says then what it can cost.
 */
export async function benchAuditOfLoad(server: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-bench-'))
  const platform = new ProcessPlatform({ server, projectRoot: process.cwd(), stateFolder: join(folder, 'state') })
  const spec = await groupSpec({ nodes: SHARDS * 2, purpose: 'a measurement', settings: {} })
  const servers = await platform.create(spec, () => undefined)
  const { password } = spec
  const cluster = new LiveCluster({ nodes: servers.nodes, ...(await servers.users()), clock: systemClock })
  try {
    const topology = { shards: SHARDS, replicas: 1, slots: evenSplit(SHARDS) }
    await formCluster(cluster, topology, { clock: systemClock, timeoutMs: 30_000 })
    const stand = { cluster, servers, password, folder }
    print(await measure(stand), server)
    const watching = await whileAudited(stand, () => idleCpu(cluster))
    const alone = await idleCpu(cluster)
    const costMs = watching - alone
    const share = (costMs / 10 / availableParallelism()).toFixed(1)
    process.stdout.write(`without load: ${costMs.toFixed(1)} ms of processor a second, ${share} % of this machine's\n`)
  } finally {
    cluster.close()
    await servers.remove()
    await platform.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(stand: Stand): Promise<Pair[]> {
  const audited = () => whileAudited(stand, () => loadRound(stand))
  await loadRound(stand)
  const pairs: Pair[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    process.stderr.write(`round ${round} of ${ROUNDS}\n`)
    // Each goes first as often as the other: a machine that becomes slower says nothing then.
    if (round % 2 === 0) pairs.push({ audited: await audited(), alone: await loadRound(stand) })
    else {
      const alone = await loadRound(stand)
      pairs.push({ audited: await audited(), alone })
    }
  }
  return pairs
}

/** Processor time of the runner and its servers a second, ms, while nothing is asked of them. */
async function idleCpu(cluster: LiveCluster): Promise<number> {
  const { serversMs, runnerMs } = await withCpu(cluster, () => new Promise((resolve) => setTimeout(resolve, IDLE_MS)))
  return ((serversMs + runnerMs) * 1000) / IDLE_MS
}

async function loadRound({ cluster, servers, password, folder }: Stand): Promise<Figures> {
  const file = join(folder, 'load.history')
  const { serversMs, runnerMs } = await withCpu(cluster, () => runLoad({ nodes: servers.nodes, password }, file))
  const { operations, perSecond } = figuresOf(file)
  return { perSecond, cpuUs: ((serversMs + runnerMs) * 1000) / operations }
}

async function whileAudited<T>(stand: Stand, work: () => Promise<T>): Promise<T> {
  const { cluster, servers, password, folder } = stand
  const recorder = new Recorder({ file: join(folder, 'events.jsonl'), clock: systemClock, secrets: [password] })
  const about = { recorder, clock: systemClock, scenario: 0, config: {}, pardons: {}, warnOnly: false }
  const audit = new Audit(about)
  const logs = new NodeLogs((text) => recorder.hide(text))
  try {
    await logs.follow(servers, join(folder, 'nodes'), (node, line) => audit.servers.readLine(node, line))
    audit.watch(servers)
    await audit.start(cluster, new Names())
    return await work()
  } finally {
    await audit.end(new AbortController().signal)
    await logs.close()
    recorder.close()
  }
}

function print(pairs: readonly Pair[], server: string): void {
  const table = new Table({
    head: [
      `64 clients that write, ${server}, ${ROUNDS} rounds`,
      'audited',
      'not audited',
      'ratio',
      'half of the ratios',
    ],
    style: { head: [], border: [] },
  })
  const row = (name: string, of: (figures: Figures) => number) => {
    const audited = median(pairs.map((pair) => of(pair.audited)))
    const alone = median(pairs.map((pair) => of(pair.alone)))
    const spread = quartiles(pairs.map((pair) => of(pair.audited) / of(pair.alone))).map((ratio) => ratio.toFixed(3))
    table.push([name, audited.toFixed(1), alone.toFixed(1), (audited / alone).toFixed(3), spread.join(' to ')])
  }
  row('operations a second, median (limit 0.970)', ({ perSecond }) => perSecond)
  row('processor time of an operation, µs (limit 1.030)', ({ cpuUs }) => cpuUs)
  process.stdout.write(`${table.toString()}\n`)
}

function quartiles(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return [median(sorted.slice(0, half)), median(sorted.slice(-half))]
}
