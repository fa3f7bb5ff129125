import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Table from 'cli-table3'
import { systemClock } from '../runner/base/clock.ts'
import { formCluster } from '../runner/cluster/form.ts'
import { LiveCluster } from '../runner/cluster/live-cluster.ts'
import { evenSplit } from '../runner/cluster/slots.ts'
import { LinkChild } from '../runner/platforms/links/link-child.ts'
import { announcedAddress, hiddenAddress, loopbackPlan } from '../runner/platforms/links/loopback.ts'
import type { ServerGroup, ServerNode } from '../runner/platforms/platform.ts'
import { ProcessPlatform } from '../runner/platforms/process/process-platform.ts'
import { leaseCluster } from '../test/support/lease.ts'
import { median } from './median.ts'

const SINK_PORT = 8648
const PASSWORD = 'bench-secret'
const ROUNDS = 7
const PINGS = 2_000
const MEGABYTES = 256
const SETS = 20

/** Direct, and by way of the link; in alternation, so that both see the same machine. */
interface Compared {
  direct: number[]
  linked: number[]
}

/**
 * Prints what the links between processes cost: the round trip of a PING between two nodes, the data that a connection
 * carries, each beside a connection that goes past the links; and the time of a full partition of six nodes and of its
 * healing.
 */
export async function benchLinks(): Promise<void> {
  const rates = await measureRates()
  const { roundTrips, partition, healing } = await withCluster(async (group) => ({
    roundTrips: await measureRoundTrips(group),
    ...(await measurePartitions(group)),
  }))
  const added = median(roundTrips.linked) - median(roundTrips.direct)
  const ratio = (median(rates.linked) / median(rates.direct)).toFixed(2)
  const table = new Table({ head: ['', 'direct', 'by the link', 'in between'], style: { head: [], border: [] } })
  table.push(
    ['round trip, ms', inMs(roundTrips.direct), inMs(roundTrips.linked), `+${added.toFixed(3)} ms (limit 0.3)`],
    ['carried, MB/s', whole(rates.direct), whole(rates.linked), `${ratio} of direct (limit 200 MB/s)`],
    ['full partition of 6 nodes, ms', '', inMs(partition), 'limit 20'],
    ['its healing, ms', '', inMs(healing), 'limit 20'],
  )
  process.stdout.write(
    `medians of ${ROUNDS} rounds in alternation, ${SETS} partitions; the most in brackets\n${table}\n`,
  )
}

const inMs = (values: readonly number[]) => `${median(values).toFixed(3)} (${Math.max(...values).toFixed(3)})`
const whole = (values: readonly number[]) => `${median(values).toFixed(0)} (${Math.max(...values).toFixed(0)})`

/** In alternation. */
async function compare(measure: (host: string) => Promise<number>): Promise<Compared> {
  const compared: Compared = { direct: [], linked: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    compared.direct.push(await measure(hiddenAddress(0)))
    compared.linked.push(await measure(announcedAddress(0)))
  }
  return compared
}

async function openTo(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, localAddress: announcedAddress(1), noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** The median of many PINGs, one after another, on one connection. */
function measureRoundTrips(group: ServerGroup): Promise<Compared> {
  return compare(async (host) => {
    const socket = await openTo(host, group.nodes[0]?.port ?? 0)
    const times: number[] = []
    for (let count = 0; count < PINGS; count += 1) {
      const startMs = performance.now()
      socket.write('PING\r\n')
      await once(socket, 'data')
      times.push(performance.now() - startMs)
    }
    socket.destroy()
    return median(times)
  })
}

/** Takes all that comes and says at the end that it has; in a thread of its own. */
const SINK = `
  const { createServer } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    socket.resume().on('end', () => socket.end('all'))
  })
  server.listen(workerData, () => parentPort.postMessage('listening'))
`

/** MB/s of one connection. */
async function measureRates(): Promise<Compared> {
  const sink = new Worker(SINK, { eval: true, workerData: { host: hiddenAddress(0), port: SINK_PORT } })
  await once(sink, 'message')
  const links = new LinkChild('bench-links', (lost) => process.stderr.write(`${lost}\n`))
  try {
    const address = { host: 'localhost', port: SINK_PORT, peerHost: announcedAddress(0), peerPort: SINK_PORT }
    const node: ServerNode = { name: 'sink', serverName: 'sink', index: 0, machine: 'here', ...address }
    await links.open(loopbackPlan([node], { links: true }))
    return await compare(carry)
  } finally {
    await links.close()
    await sink.terminate()
  }
}

async function carry(host: string): Promise<number> {
  const socket = await openTo(host, SINK_PORT)
  const megabyte = Buffer.alloc(1_000_000)
  const startMs = performance.now()
  for (let count = 0; count < MEGABYTES; count += 1) {
    if (!socket.write(megabyte)) await once(socket, 'drain')
  }
  socket.end()
  await once(socket, 'data')
  return MEGABYTES / ((performance.now() - startMs) / 1000)
}

async function measurePartitions({ network, nodes }: ServerGroup) {
  const full = nodes.flatMap(({ name: from }) =>
    nodes
      .filter(({ name: to }) => to !== from)
      .map(({ name: to }) => ({ from, to, channel: 'all', cut: 'drop' }) as const),
  )
  const times = { partition: [] as number[], healing: [] as number[] }
  for (let count = 0; count < SETS; count += 1) {
    const startMs = performance.now()
    await network.set(full)
    const setMs = performance.now()
    // Long enough for servers to have said something that was stopped.
    await systemClock.sleep(100)
    const healMs = performance.now()
    await network.set([])
    times.partition.push(setMs - startMs)
    times.healing.push(performance.now() - healMs)
    await systemClock.sleep(100)
  }
  return times
}

async function withCluster<T>(work: (group: ServerGroup) => Promise<T>): Promise<T> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'redis-chaos-bench-links-'))
  const projectRoot = new URL('..', import.meta.url).pathname
  const platform = new ProcessPlatform({ server: 'redis:7.0', projectRoot, stateFolder })
  const about = { runId: 'bench-links', purpose: '`npm run bench links`' }
  try {
    const group = await platform.create(
      { ...about, ...(await leaseCluster()), nodes: 6, password: PASSWORD, settings: {}, needs: { links: true } },
      () => undefined,
    )
    const cluster = new LiveCluster({ nodes: group.nodes, ...(await group.users()), clock: systemClock })
    try {
      const topology = { shards: 3, replicas: 1, slots: evenSplit(3) }
      await formCluster(cluster, topology, { clock: systemClock, timeoutMs: 60_000 })
    } finally {
      cluster.close()
    }
    return await work(group)
  } finally {
    await platform.removeRun(about.runId)
    await platform.close()
    rmSync(stateFolder, { recursive: true, force: true })
  }
}
