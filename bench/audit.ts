import Table from 'cli-table3'
import { compareData } from '../runner/cluster/data/compare-data.ts'
import { type KeyedCommand, sendByKey, spreadKeys } from '../runner/cluster/key-routing.ts'
import type { LiveCluster, Snapshot } from '../runner/cluster/live-cluster.ts'
import type { Command } from '../runner/cluster/node-client.ts'
import { chooseProgram } from '../runner/platforms/process/server-program.ts'
import { formedCluster } from '../test/support/formed-cluster.ts'
import { benchAuditAtEnd } from './audit-end.ts'
import { benchAuditOfLoad } from './audit-load.ts'
import { withCpu } from './cpu.ts'
import { median } from './median.ts'

const ROUNDS = 5
const WITHIN_MS = 120_000

/** What is compared: a million keys, or few. */
interface DataSet {
  name: string
  keys: number
  command: (key: string, number: number) => Command
}

const SETS: readonly DataSet[] = [
  { name: '1000 strings', keys: 1000, command: (key) => ['SET', key, `value of ${key}`] },
  { name: '1,000,000 strings', keys: 1_000_000, command: (key) => ['SET', key, `value of ${key}`] },
  {
    name: '1,000,000 strings that expire',
    keys: 1_000_000,
    command: (key, number) => ['SET', key, `value of ${key}`, 'PX', 3_600_000 + number],
  },
  {
    name: '1,000,000 hashes of 3 fields',
    keys: 1_000_000,
    command: (key, number) => ['HSET', key, 'name', key, 'number', number, 'kind', 'order'],
  },
]

interface Figures {
  tookMs: number
  serversMs: number
  runnerMs: number
}

/** Prints what the audit costs: the load beside it, the end of a run, and the comparison of much data. */
export async function benchAudit(servers: readonly string[] = ['redis:7.0', 'valkey:8.1']): Promise<void> {
  for (const server of servers) await benchAuditOfLoad(server)
  for (const server of servers) await benchAuditAtEnd(server)
  await benchComparison(servers)
}

/**
 * Prints what it costs to compare the data of three replicas with their masters'. The CPU time beside it says what a
 * machine with nothing else to do needs: half of it, with two cores.
 */
async function benchComparison(servers: readonly string[]): Promise<void> {
  const table = new Table({
    head: [
      'comparing, ms (median of 5)',
      'server',
      'took',
      'least',
      'CPU of servers',
      'CPU of the runner',
      'CPU / 2 cores',
    ],
    style: { head: [], border: [] },
  })
  for (const server of servers) {
    for (const set of SETS) {
      process.stderr.write(`${server}: ${set.name}\n`)
      const rounds = await measure(server, set)
      const of = (figure: (figures: Figures) => number) => median(rounds.map(figure))
      const cpu = of(({ serversMs, runnerMs }) => serversMs + runnerMs)
      const least = Math.min(...rounds.map(({ tookMs }) => tookMs))
      const cells = [of(({ tookMs }) => tookMs), least, of((one) => one.serversMs), of((one) => one.runnerMs), cpu / 2]
      table.push([set.name, server, ...cells.map((ms) => ms.toFixed(0))])
    }
  }
  process.stdout.write(`${table.toString()}\n`)
}

async function measure(server: string, set: DataSet): Promise<Figures[]> {
  const program = await chooseProgram(process.cwd(), server, () => undefined)
  const ends: (() => unknown)[] = []
  const options = { shards: 3, replicas: 1, settings: { appendonly: 'no' }, program }
  try {
    const { cluster } = await formedCluster({ teardown: (end) => ends.push(end) }, options)
    const snapshot = await cluster.look()
    await fill(cluster, snapshot, set)
    const rounds: Figures[] = []
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await compareOnce(cluster, snapshot, set))
    return rounds
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function fill(cluster: LiveCluster, { agreed }: Snapshot, { keys, command }: DataSet): Promise<void> {
  function* commands(): Generator<KeyedCommand> {
    let number = 0
    for (const key of spreadKeys('orders', keys, agreed.shards)) {
      yield { key, command: command(key, number) }
      number += 1
    }
  }
  const onReply = ({ key, error }: { key: string; error?: { message: string } }) => {
    if (error) throw new Error(`${key} was not written: ${error.message}`)
  }
  await sendByKey(cluster, agreed, commands(), { onReply, chunk: 2000, timeoutMs: 60_000 })
}

async function compareOnce(cluster: LiveCluster, snapshot: Snapshot, { keys }: DataSet): Promise<Figures> {
  const compared = await withCpu(cluster, () => compareData(cluster, snapshot, { withinMs: WITHIN_MS }))
  const { serversMs, runnerMs, result } = compared
  const { tookMs, differences, incomplete, ...found } = result
  if (found.keys !== keys || differences.length > 0 || incomplete.length > 0) {
    throw new Error(`${found.keys} of ${keys} keys; ${JSON.stringify({ differences, incomplete })}`)
  }
  return { tookMs, serversMs, runnerMs }
}
