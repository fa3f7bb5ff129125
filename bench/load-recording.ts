import { join } from 'node:path'
import Table from 'cli-table3'
import { evenSplit } from '../runner/cluster/slots.ts'
import type { ServerNode } from '../runner/platforms/platform.ts'
import { HistoryWriter } from '../runner/record/history-writer.ts'
import { DirectClient } from '../runner/workload/client/direct.ts'
import { Bins } from '../runner/workload/drive/bins.ts'
import { Driver } from '../runner/workload/drive/driver.ts'
import { makeKeys } from '../runner/workload/drive/keys.ts'
import { Values } from '../runner/workload/drive/values.ts'
import type { Recording } from '../runner/workload/kind.ts'
import { resolveOptions } from '../runner/workload/options.ts'
import { register } from '../runner/workload/register.ts'
import { median } from './median.ts'

const CLIENTS = 64
const ROUNDS = 11
const ROUND_MS = 800
const SHARDS = 3

/** Keeps nothing. */
const NOTHING: Recording = {
  key: () => 0,
  value: () => 0,
  list: () => 0,
  begin: () => 0,
  attempt: () => undefined,
  ok: () => undefined,
  failed: () => undefined,
  indeterminate: () => undefined,
  moment: () => undefined,
}

/**
 * Prints the processor time of an operation with its recording and without, in alternation. Other load on the machine
 * does not count.
 */
export async function benchRecording(nodes: readonly ServerNode[], folder: string): Promise<void> {
  const recorded: number[] = []
  const unrecorded: number[] = []
  await round(nodes, NOTHING)
  for (let number = 0; number < ROUNDS; number += 1) {
    const file = join(folder, `recording-${number}.history`)
    const named = { file, workload: 'bench', type: 'register' as const, clients: CLIENTS }
    const history = new HistoryWriter({ ...named, startWallMs: Date.now(), options: {} })
    recorded.push(await round(nodes, history, () => history.close()))
    unrecorded.push(await round(nodes, NOTHING))
  }
  const cost = median(recorded.map((one, number) => one / (unrecorded[number] ?? one))) - 1
  const table = new Table({ head: ['processor time of an operation', 'µs'], style: { head: [] } })
  table.push(['recorded', median(recorded).toFixed(2)], ['not recorded', median(unrecorded).toFixed(2)])
  table.push(['recording costs (goal: < 5%)', `${(cost * 100).toFixed(1)}%`])
  console.log(table.toString())
}

/** Processor time of an operation, in µs. */
async function round(
  nodes: readonly ServerNode[],
  history: Recording,
  end: () => Promise<void> = async () => undefined,
): Promise<number> {
  const options = resolveOptions({ type: 'register', clients: CLIENTS, mix: { write: 1 } }, register)
  const now = () => performance.now()
  const client = new DirectClient({
    nodes,
    password: '',
    clients: CLIENTS,
    ownConnections: false,
    timeoutMs: 1000,
    now,
  })
  const shards = evenSplit(SHARDS)
  const keys = makeKeys('load:bench', options.keys, shards, [0, 1, 2])
  const workload = register.open({ keys, options, history, values: new Values(0, history) })
  let done = 0
  const bins = new Bins(({ ok }) => {
    done += ok.reduce((sum, count) => sum + count, 0)
  })
  const parts = { keys, shards, workload, history, client, bins, nodes: [...nodes.keys()] }
  const driver = new Driver({ options, ...parts, seed: 1, now, ranMs: now })
  await client.warmUp()
  const before = process.cpuUsage()
  driver.begin()
  await new Promise((resolve) => setTimeout(resolve, ROUND_MS))
  await driver.stop()
  await end()
  const { user, system } = process.cpuUsage(before)
  bins.finish()
  client.close()
  return (user + system) / done
}
