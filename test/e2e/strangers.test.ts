import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { reportsFolder, startCli } from '../support/cli.ts'
import { clusterFlags, leaseCluster, leasePort } from '../support/lease.ts'
import { skipWithoutRedis } from '../support/local-servers.ts'
import { skipWithoutRoot, startSquatter } from '../support/squatter.ts'

/** Others on this machine who meddle with a run: none of them learns a secret, and no verdict stands on their doing. */

/** A replica that looks for its master waits for the answer to this before it logs in. */
const FROM_A_REPLICA = '*1\r\n$4\r\nPING\r\n'

/** Plays a scenario of these lines on processes. */
async function play(t: Test, lines: string) {
  const reports = reportsFolder(t)
  const scenario = join(reports, 'meddled.yaml')
  writeFileSync(scenario, `title: t\n${lines}`)
  const lease = await leaseCluster()
  const flags = ['--platform', 'process', '--reports', reports, ...clusterFlags(lease)]
  return { port: lease.portBase, run: startCli(t, ['run', scenario, ...flags]) }
}

const OUTAGE = 'steps: [{ wait: 500ms }, { kill: redis-node0 }, { wait: 4s }]\n'

for (const [name, lines] of [
  ['without load', OUTAGE],
  ['direct clients', `workloads: { load: { type: register, rate: 200/s, clients: 4 } }\n${OUTAGE}`],
  ['subscribers', `workloads: { load: { type: pubsub, rate: 200/s, clients: 4 } }\n${OUTAGE}`],
  ['a cluster client', `workloads: { load: { type: register, client: ioredis, rate: 200/s, clients: 4 } }\n${OUTAGE}`],
] as const) {
  t.test(`another program on the port of a killed server: ${name}`, meddled(true), async (t) => {
    const { port, run } = await play(t, lines)
    const squatter = startSquatter(t, port)
    const { code, stdout } = await run.ended
    t.ok(squatter.isListening(), 'it had the port')
    t.equal(squatter.heard().replaceAll(FROM_A_REPLICA, ''), '', 'the runner and its load said not a byte to it')
    t.equal(code, 3, stdout)
    const held = `port ${port} is held by process ${squatter.pid} (node) of another user`
    t.match(
      stdout.replaceAll(/\s+/g, ' '),
      `INCONCLUSIVE meddled, audit: strangers While redis-node0 was down: ${held}`,
    )
  })
}

t.test('a server cannot start where another program has its port', meddled(true), async (t) => {
  const { port, run } = await play(t, 'steps: [{ kill: redis-node0 }, { wait: 3s }, { start: redis-node0 }]\n')
  const squatter = startSquatter(t, port)
  const { code, stdout } = await run.ended
  t.equal(code, 3, stdout)
  t.match(stdout.replaceAll(/\s+/g, ' '), `process ${squatter.pid} (node)`)
})

t.test('a node that joins and takes slots over', meddled(), async (t) => {
  const { port, run } = await play(t, 'steps: [{ wait: 4s }]\n')
  const rogue = await startRogue(t)
  await run.until('cluster ready')
  await rogue.client.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
  const id = String(await rogue.client.call('CLUSTER', 'MYID'))
  while (Number(/cluster_known_nodes:(\d+)/.exec(String(await rogue.client.call('CLUSTER', 'INFO')))?.[1]) < 7) {
    await sleep(20)
  }
  await rogue.client.call('CLUSTER', 'BUMPEPOCH')
  for (let slot = 0; slot < 50; slot += 1) await rogue.client.call('CLUSTER', 'SETSLOT', slot, 'NODE', id)
  await rogue.client.call('CLUSTER', 'BUMPEPOCH')
  const { code, stdout } = await run.ended
  t.equal(code, 3, stdout)
  const text = stdout.replaceAll(/\s+/g, ' ')
  t.match(text, `A node that is none of this run's joined the cluster: 127.0.0.1:${rogue.port} (id ${id.slice(0, 8)}…)`)
  t.match(text, /first seen by redis-node\d at \d/)
})

t.test('a node that joins while the cluster is formed', meddled(), async (t) => {
  const { port, run } = await play(t, 'steps: [{ wait: 1s }]\n')
  const rogue = await startRogue(t)
  let isOver = false
  const ended = run.ended.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await rogue.client.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
    await sleep(20)
  }
  const { code, stdout } = await ended
  t.equal(code, 3, stdout)
  t.match(
    stdout.replaceAll(/\s+/g, ' '),
    `none of this run's joined the cluster while it was formed: 127.0.0.1:${rogue.port}`,
  )
})

t.test('a scenario may say that it means it', meddled(), async (t) => {
  const { port, run } = await play(t, 'audit: { strangers: allowed, end_state: allowed }\nsteps: [{ wait: 3s }]\n')
  const rogue = await startRogue(t)
  await run.until('cluster ready')
  await rogue.client.call('CLUSTER', 'MEET', '127.0.0.1', String(port))
  const { code, stdout } = await run.ended
  t.equal(code, 0, stdout)
})

/** What the tests need: a server program, and root where a program of another user is to be started. */
function meddled(needsRoot = false) {
  return { skip: (needsRoot && skipWithoutRoot()) || skipWithoutRedis() }
}

/** A server in cluster mode that belongs to no run, without any password. */
async function startRogue(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-chaos-rogue-'))
  const port = await leasePort()
  const words = { port, dir: folder, bind: '127.0.0.1', 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' }
  const settings = Object.entries(words).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn('redis-server', [...settings, '--save', ''], { stdio: 'ignore', cwd: folder })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const client = new Redis({
    host: '127.0.0.1',
    port,
    protocol: 2,
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
  })
  client.on('error', () => undefined)
  t.teardown(async () => {
    client.disconnect()
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  await client.ping()
  return { port, client }
}
