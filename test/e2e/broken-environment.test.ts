import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { lastReport, reportsFolder, runCli, startCli, testScenario } from '../support/cli.ts'
import { requireEngine } from '../support/docker.ts'
import { clusterFlags, type Lease, leaseCluster } from '../support/lease.ts'
import { leftovers } from '../support/leftovers.ts'

const projectRoot = new URL('../..', import.meta.url).pathname

t.test('a port that another program holds: exit 3, it is named, nothing is touched', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const holder = createServer()
  const port = lease.portBase + 2
  holder.listen(port, '127.0.0.1')
  await once(holder, 'listening')
  t.teardown(() => holder.close())
  const args = ['run', 'failover-basic', ...clusterFlags(lease), '--reports', reports]
  const { code, stdout } = await runCli(t, args)
  t.equal(code, 3)
  t.match(stdout, `port ${port}`)
  t.match(stdout, new RegExp(`${process.pid}`), 'the program that holds it is named')
  t.match(stdout, /--port-base/)
  t.same(await leftovers(lease.namePrefix, lastReport(reports).runId), [])
})

t.test('two runs at once with different bases do not disturb each other; --keep keeps', async (t) => {
  if (!(await requireEngine(t))) return
  const [one, two] = [reportsFolder(t), reportsFolder(t)]
  const [leaseOne, leaseTwo] = [await leaseCluster(), await leaseCluster()]
  const args = (lease: Lease, reports: string) => [
    ...['run', testScenario('lost-key'), ...clusterFlags(lease), '--reports', reports],
  ]
  const [first, second] = await Promise.all([
    runCli(t, [...args(leaseOne, one), '--keep']),
    runCli(t, args(leaseTwo, two)),
  ])
  t.equal(first.code, 1, first.stdout + first.stderr)
  t.equal(second.code, 1, second.stdout + second.stderr)
  t.same(await leftovers(leaseTwo.namePrefix, lastReport(two).runId), [])

  const kept = await leftovers(leaseOne.namePrefix, lastReport(one).runId)
  t.equal(kept.filter((thing) => thing.startsWith('container')).length, 6)
  const third = await runCli(t, args(leaseOne, two))
  t.equal(third.code, 3, 'what was kept is in the way of the next run, which does not touch it')
  t.match(third.stdout, `${leaseOne.namePrefix}0`)
  t.same(await leftovers(leaseOne.namePrefix, lastReport(one).runId), kept)

  const command = /Remove them with: (.*)/.exec(first.stderr)?.[1] ?? ''
  const { execFileSync } = await import('node:child_process')
  execFileSync('sh', ['-c', command])
  t.same(await leftovers(leaseOne.namePrefix, lastReport(one).runId), [], 'the command that it named removes them')
})

t.test('an engine that dies in the middle of a run: exit 3 with a clear word', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const engine = await EngineDoor.open()
  t.teardown(() => engine.shut())
  const args = ['run', testScenario('long-wait'), ...clusterFlags(lease), '--reports', reports]
  const cli = startCli(t, args, { DOCKER_HOST: `unix://${engine.path}` })
  await cli.until('cluster ready')
  await engine.shut()
  const { code, stdout, stderr } = await cli.ended
  t.equal(code, 3, stdout + stderr)
  const report = lastReport(reports)
  t.equal(report.verdict, 'error')
  t.match(report.scenarios[0]?.reason, /Docker engine/)
  t.match(stdout, /Docker engine/)
  t.notMatch(stdout + stderr, /\n\s+at .*\.ts:\d+/, 'no stack trace')
  await removeByHand(report.runId)
})

t.test('no engine at all: exit 3, and what to do about it', async (t) => {
  const reports = reportsFolder(t)
  const args = ['run', 'failover-basic', '--platform', 'docker', '--reports', reports]
  const { code, stdout } = await runCli(t, args, { DOCKER_HOST: 'unix:///nonexistent/docker.sock' })
  t.equal(code, 3)
  t.match(stdout, /Docker engine/)
  t.notMatch(stdout, /\n\s+at .*\.ts:\d+/)
})

t.test('a setting that the server refuses: exit 3, with the words of the server', async (t) => {
  if (!(await requireEngine(t))) return
  const reports = reportsFolder(t)
  const lease = await leaseCluster()
  const args = [
    'run',
    'failover-basic',
    '--config',
    'maxmemory-policy=sometimes',
    ...clusterFlags(lease),
    '--reports',
    reports,
  ]
  const { code, stdout } = await runCli(t, args)
  t.equal(code, 3, stdout)
  t.match(stdout, /maxmemory-policy/)
  t.same(await leftovers(lease.namePrefix, lastReport(reports).runId), [])
})

/** A door to the engine that can be shut: to the runner, the engine dies; the containers live on, as they do. */
class EngineDoor {
  readonly path: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(socketPath: string) {
    this.path = socketPath
    this.#server = createServer((client) => {
      const engine = connect(process.env.DOCKER_HOST?.replace(/^unix:\/\//, '') ?? '/var/run/docker.sock')
      for (const socket of [client, engine]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          this.#sockets.delete(socket)
          client.destroy()
          engine.destroy()
        })
      }
      client.pipe(engine).pipe(client)
    })
  }

  static async open(): Promise<EngineDoor> {
    const door = new EngineDoor(path.join(tmpdir(), `redis-chaos-door-${process.pid}.sock`))
    door.#server.listen(door.path)
    await once(door.#server, 'listening')
    return door
  }

  async shut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    rmSync(this.path, { force: true })
  }
}

/** By whoever is first: its containers belong to nobody that lives, and other runs on this engine look for such. */
async function removeByHand(runId: string): Promise<void> {
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  try {
    await platform.removeRun(runId)
  } finally {
    await platform.close()
  }
}
