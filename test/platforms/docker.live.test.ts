import { createServer } from 'node:net'
import { Readable, Writable } from 'node:stream'
import Docker from 'dockerode'
import { Redis } from 'ioredis'
import t from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { ConflictError } from '../../runner/platforms/errors.ts'
import type { LogLine, ServerGroup, ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec, password } from '../support/group-spec.ts'
import { loginAt } from '../support/login.ts'

const projectRoot = new URL('../..', import.meta.url).pathname
const docker = new Docker()

/** Asks a server that may still be loading; ioredis itself tries again until the deadline. */
async function ask(port: number, ...command: [string, ...string[]]): Promise<unknown> {
  return await askAs({ username: 'default', password }, port, ...command)
}

/** As `ask`, logged in as somebody. */
async function askAs(
  user: { username: string; password: string },
  port: number,
  ...command: [string, ...string[]]
): Promise<unknown> {
  const { username, password } = user
  const client = new Redis({
    port,
    host: 'localhost',
    username,
    password,
    retryStrategy: (tries) => (tries < 100 ? 50 : null),
  })
  client.on('error', () => undefined)
  try {
    return await client.call(...command)
  } finally {
    client.disconnect()
  }
}

/** The texts of a stream of the engine's that holds standard output and standard error. */
async function demuxed(stream: Readable): Promise<string[]> {
  const texts: string[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      texts.push(chunk.toString('latin1'))
      done()
    },
  })
  docker.modem.demuxStream(stream, sink, sink)
  await new Promise((resolve) => stream.once('end', resolve))
  return texts
}

async function inContainer(name: string, script: string): Promise<string> {
  const Cmd = ['/bin/sh', '-c', script]
  const exec = await docker.getContainer(name).exec({ Cmd, AttachStdout: true, AttachStderr: true })
  return (await demuxed(await exec.start({ hijack: true, stdin: false }))).join('')
}

async function addressOf(name: string): Promise<string | undefined> {
  const details = await docker.getContainer(name).inspect()
  return Object.values(details.NetworkSettings.Networks)[0]?.IPAddress
}

async function leftOf(runId: string): Promise<number> {
  const filters = JSON.stringify({ label: [`redis-chaos.run=${runId}`] })
  const containers = await docker.listContainers({ all: true, filters })
  const networks = await docker.listNetworks({ filters })
  const volumes = await docker.listVolumes({ filters })
  return containers.length + networks.length + (volumes.Volumes ?? []).length
}

t.test('the Docker platform', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  t.teardown(() => platform.close())
  t.match(await platform.probe(), /^Docker \d+\./)
  t.match(await platform.prepare(() => undefined), /^redis 7\.0/)

  t.test('an image that is current is not built again', async (t) => {
    const said: string[] = []
    await platform.prepare((text) => said.push(text))
    t.same(said, [])
  })

  t.test('the life of a group', async (t) => {
    const wanted = await groupSpec()
    const [first, second] = ['redis-node0', 'redis-node1'] as const
    const [box, secondBox] = [`${wanted.namePrefix}0`, `${wanted.namePrefix}1`] as const
    const [port, secondPort] = [wanted.portBase, wanted.portBase + 1] as const
    const thiefName = `${wanted.namePrefix}thief`
    t.teardown(() => platform.removeRun(wanted.runId))
    const group = await platform.create(wanted, () => undefined)
    t.same(
      group.nodes.map(({ name, index, host, port }) => ({ name, index, host, port })),
      [
        { name: first, index: 0, host: 'localhost', port },
        { name: second, index: 1, host: 'localhost', port: secondPort },
      ],
    )

    t.equal(await ask(port, 'PING'), 'PONG')
    t.equal(await ask(secondPort, 'PING'), 'PONG')
    t.match(await ask(port, 'CONFIG', 'GET', 'save'), /3600 1 300 100/)
    t.match(await ask(port, 'CONFIG', 'GET', 'cluster-node-timeout'), /2500/)
    t.same(await ask(port, 'CONFIG', 'GET', 'bind'), ['bind', `${group.nodes[0]?.peerHost} 127.0.0.1`])

    const lines: string[] = []
    const endLogs = await group.followLogs(first, ({ wallMs, text }: LogLine) => {
      if (!Number.isFinite(wallMs)) t.fail(`no time: ${text}`)
      lines.push(text)
    })

    await t.test('the server is PID 1, and the password is nowhere to be seen', async (t) => {
      t.match(await inContainer(box, 'read -r line </proc/1/comm; echo "$line"'), /^redis-server/)
      const secret = 'pass\\word'
      t.notMatch(await inContainer(box, 'while read -r line; do echo "$line"; done </proc/1/environ'), secret)
      const inspection = JSON.stringify(await docker.getContainer(box).inspect())
      t.notOk(inspection.includes('pass\\\\word') || inspection.includes(secret), 'inspect')
      for (const file of ['cmdline', 'environ']) {
        const text = await inContainer(
          box,
          `while IFS= read -r l || [ -n "$l" ]; do echo "$l"; l=; done </proc/1/${file}`,
        )
        t.ok(text.length > 0, file)
        t.notOk(text.includes('pass'), file)
      }
    })

    await t.test('the runner has a user of its own, whose secret nobody is told', async (t) => {
      const users = loginAt(await group.users())
      t.equal(await askAs(users, port, 'ACL', 'WHOAMI'), users.username)
      t.equal(await askAs(users, port, 'CONFIG', 'SET', 'maxclients', '9000'), 'OK')
      for (const command of ['CONFIG SET dir /tmp', 'MODULE LOAD /tmp/x.so', 'DEBUG SLEEP 0', 'ACL LIST']) {
        const [name = '', ...words] = command.split(' ')
        await t.rejects(ask(port, name, ...words), { message: /^NOPERM|^ERR \w+ command not allowed/ }, command)
      }
      const other = new DockerPlatform({ server: 'redis:7.0', projectRoot })
      t.teardown(() => other.close())
      t.same(await (await other.find(wanted.runId))?.users(), await group.users(), 'another runner finds it')
      const inspection = JSON.stringify(await docker.getContainer(box).inspect())
      t.notOk(inspection.includes(users.password))
      const readable =
        'if read -r secret </node/secret; then echo "$secret"; fi 2>&1; read -r a </proc/1/environ; echo "$a"'
      t.notMatch(await inContainer(box, readable), users.password, 'not even the server reads it')
      t.notMatch(await inContainer(box, 'while read -r l; do echo "$l"; done </node/server.conf'), users.password)
    })

    await t.test('stop, start, kill, pause', async (t) => {
      const address = await addressOf(box)
      t.equal(address, group.nodes[0]?.peerHost)
      t.match(await group.state(first), { status: 'running' })
      await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
      const nodeId = await ask(port, 'CLUSTER', 'MYID')

      await group.stop(first, 10_000)
      t.match(await group.state(first), { status: 'stopped', exitCode: 0, text: 'container exited with code 0' })
      t.match(await group.lastWords(first), /now ready to exit/)
      await group.stop(first, 10_000)

      const thief = await docker.createContainer({
        Image: 'redis-cluster',
        name: thiefName,
        Entrypoint: ['/bin/sh', '-c', 'read x'],
        OpenStdin: true,
        Labels: { 'redis-chaos.run': wanted.runId },
        HostConfig: { NetworkMode: `redis-chaos-${wanted.runId}` },
      })
      await thief.start()
      t.not(await addressOf(thiefName), address, 'the address of a stopped node is not given away')
      await thief.remove({ force: true })

      await group.start(first)
      await group.start(first)
      t.equal(await addressOf(box), address)
      t.equal(await ask(port, 'CLUSTER', 'MYID'), nodeId, 'its data folder was kept')

      await group.kill(first)
      t.match(await group.state(first), { status: 'stopped', exitCode: 137 })
      t.equal(await group.lastWords(first), '', 'it had no time for any')
      await group.kill(first)
      await group.restart(first, 10_000)
      t.equal(await ask(port, 'PING'), 'PONG')
      await group.restart(first, 10_000)
      t.equal(await ask(port, 'PING'), 'PONG')
      t.equal(await addressOf(box), address)

      await group.pause(second)
      t.match(await group.state(second), { status: 'paused' })
      await group.unpause(second)
      t.equal(await ask(secondPort, 'PING'), 'PONG')
      await group.pause(second)
      await group.kill(second)
      t.match(await group.state(second), { status: 'stopped', exitCode: 137 })
      await t.rejects(group.pause(second), { message: /could not pause redis-node1: the container is not running/ })
      await group.start(second)
    })

    await t.test('logs: every line of every life, once', async (t) => {
      await endLogs()
      const raw = await docker.getContainer(box).logs({ stdout: true, stderr: true, follow: false })
      const expected = (await demuxed(Readable.from([raw]))).map((line) => line.trimEnd())
      t.same(lines, expected)
      t.equal(lines.filter((line) => line.includes('Redis is starting')).length, 4)
      t.match(lines[0], 'Redis is starting')
      t.notOk(lines.some((line) => line.includes('pass')))
    })

    await t.test('found again, with what is stopped', async (t) => {
      await group.stop(second, 5_000)
      const found = await platform.find(wanted.runId)
      t.same(found?.nodes, group.nodes)
      t.match(await found?.state(second), { status: 'stopped' })
      t.equal(await platform.find('platform-no-such-run'), undefined)
    })

    await t.test('a node that there is not', async (t) => {
      await t.rejects(group.state('platform-nobody'), {
        name: 'PlatformError',
        message: /has no node platform-nobody; it has/,
      })
      await docker.getContainer(secondBox).remove({ force: true })
      t.match(await group.state(second), { status: 'missing' })
    })

    await t.test('removed, twice', async (t) => {
      const ended: LogLine[] = []
      await group.followLogs(first, (line) => ended.push(line))
      await group.remove()
      await group.remove()
      t.ok(ended.length > 0)
      t.equal(await leftOf(wanted.runId), 0)
      t.same(await platform.removeRun(wanted.runId), [])
    })
  })

  t.test('two groups side by side', async (t) => {
    const specs = [await groupSpec(), await groupSpec()] as const
    t.teardown(() => Promise.all(specs.map(({ runId }) => platform.removeRun(runId))))
    const [left] = await Promise.all(specs.map((wanted) => platform.create(wanted, () => undefined)))
    t.equal(await ask(specs[0].portBase, 'PING'), 'PONG')
    t.equal(await ask(specs[1].portBase, 'PING'), 'PONG')
    await left?.remove()
    t.equal(await ask(specs[1].portBase + 1, 'PING'), 'PONG')
    t.same((await platform.removeRun(specs[1].runId)).sort(), [
      `container ${specs[1].namePrefix}0`,
      `container ${specs[1].namePrefix}1`,
      `network redis-chaos-${specs[1].runId}`,
    ])
  })

  t.test('a name or a port that is taken: nothing is made or touched', async (t) => {
    const wanted = await groupSpec()
    t.teardown(() => platform.removeRun(wanted.runId))
    const name = `${wanted.namePrefix}1`
    const port = wanted.portBase + 1
    const foreign = await docker.createContainer({ Image: 'redis-cluster', name })
    const named = platform.create(wanted, () => undefined)
    await t.rejects(named, {
      name: 'ConflictError',
      message: `name ${name} is taken by container ${name}`,
    })
    t.ok(await foreign.inspect())
    await foreign.remove()

    const listener = createServer()
    await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve))
    await t.rejects(
      platform.create(wanted, () => undefined),
      { name: 'ConflictError', message: `port ${port} is taken by process`, hint: /--port-base/ },
    )
    await new Promise((resolve) => listener.close(resolve))
    t.equal(await leftOf(wanted.runId), 0)
  })

  t.test('a port taken after the check is a conflict too', async (t) => {
    const wanted = await groupSpec()
    t.teardown(() => platform.removeRun(wanted.runId))
    const port = wanted.portBase + 1
    const listener = createServer()
    const error = await platform
      .create(wanted, () => void listener.listen(port, '127.0.0.1'))
      .then(
        (group: ServerGroup) => group.remove(),
        (reason: unknown) => reason,
      )
    await new Promise((resolve) => listener.close(resolve))
    t.type(error, ConflictError)
    t.match(error, { message: `${port}` })
    t.equal(await leftOf(wanted.runId), 0)
  })

  t.test('interrupted at any moment, nothing is left', async (t) => {
    for (const afterMs of [0, 50, 150, 400, 800]) {
      const wanted = await groupSpec({ nodes: 3 })
      t.teardown(() => platform.removeRun(wanted.runId))
      const controller = new AbortController()
      const outcome = platform.create(
        wanted,
        () => void setTimeout(() => controller.abort(new Error('interrupted')), afterMs),
        controller.signal,
      )
      const group = await outcome.catch(
        (error: unknown) => void t.match(error, { message: 'interrupted' }, `${afterMs} ms`),
      )
      await group?.remove()
      t.equal(await leftOf(wanted.runId), 0, `${afterMs} ms`)
    }
  })

  t.test('a server that does not take its settings', async (t) => {
    const wanted = await groupSpec({ settings: { 'no-such-setting': '1' } })
    t.teardown(() => platform.removeRun(wanted.runId))
    await t.rejects(
      platform.create(wanted, () => undefined),
      { name: 'PlatformError', message: /test-\d+-\d+-\d ended as soon as it was started: .*no-such-setting/ },
    )
    t.equal(await leftOf(wanted.runId), 0)
  })

  t.test('a group that cannot be is refused', async (t) => {
    const { runId, ...wanted } = await groupSpec()
    const refused = (overrides: Partial<ServerGroupSpec>) =>
      platform.create({ runId, ...wanted, ...overrides }, () => undefined)
    await t.rejects(refused({ portBase: 60_000 }), { name: 'PlatformError', hint: /--port-base/ })
    await t.rejects(refused({ namePrefix: '-x' }), { name: 'PlatformError', hint: /--name-prefix/ })
    await t.rejects(refused({ password: 'a\nb' }), { name: 'PlatformError', message: /password/ })
    await t.rejects(refused({ settings: { port: '1' } }), { name: 'PlatformError', message: /cannot be set/ })
    t.equal(await leftOf(runId), 0)
  })
})
