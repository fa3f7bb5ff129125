import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { Engine, QuietAgent } from '../../runner/platforms/docker/engine.ts'
import { hostAddresses } from '../../runner/platforms/docker/network.ts'
import { requireEngine } from '../support/docker.ts'

/** An engine that answers `/_ping` and says nothing to anything else. */
async function mutedEngine(t: Test): Promise<{ engine: Engine; server: Server }> {
  const folder = await mkdtemp(join(tmpdir(), 'h1-engine-'))
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/_ping')) response.end('OK')
  })
  const path = join(folder, 'docker.sock')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const engine = new Engine(path)
  t.teardown(async () => {
    engine.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })
  return { engine, server }
}

t.test('an engine that hangs does not hang the caller', async (t) => {
  const { engine } = await mutedEngine(t)
  await engine.call('answer a ping', () => engine.docker.ping())
  const hanging = engine.call('stop redis-node0', () => engine.docker.getContainer('x').stop(), { timeoutMs: 100 })
  await t.rejects(hanging, {
    name: 'PlatformError',
    message: /stopped answering while trying to stop redis-node0 \(no answer for 0\.1 s\)/,
  })
})

t.test('an engine that dies is named, with what was being done', async (t) => {
  const { engine, server } = await mutedEngine(t)
  await engine.call('answer a ping', () => engine.docker.ping())
  const hanging = engine.call('stop redis-node0', () => engine.docker.getContainer('x').stop())
  setTimeout(() => server.closeAllConnections(), 50)
  await t.rejects(hanging, { name: 'PlatformError', message: /stopped answering while trying to stop redis-node0/ })
})

t.test('a caller that gives up is let go at once', async (t) => {
  const { engine } = await mutedEngine(t)
  const controller = new AbortController()
  const hanging = engine.call('list', () => engine.docker.listContainers(), { signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.rejects(hanging, { message: 'enough' })
})

t.test('an engine that is not there', async (t) => {
  const platform = new DockerPlatform({
    server: 'redis:7.0',
    projectRoot: '/nonexistent',
    dockerSocket: '/nonexistent/docker.sock',
  })
  await t.rejects(platform.probe(), { name: 'PlatformError', message: /no Docker engine answers at .*\(ENOENT\)/ })
  await t.rejects(platform.removeRun('h1-x'), { name: 'PlatformError', hint: /DOCKER_HOST/ })
  await platform.close()
})

t.test('addresses follow the gateway of the subnet', async (t) => {
  t.same(hostAddresses('172.18.0.0/16', 3), ['172.18.0.2', '172.18.0.3', '172.18.0.4'])
  t.equal(hostAddresses('10.0.0.0/16', 400)[255], '10.0.1.1')
  t.throws(() => hostAddresses('10.0.0.0/28', 7), /room for 6 nodes, not for 7/)
})

t.test('without an engine a test is skipped, or fails where one is demanded', async (t) => {
  const before = { DOCKER_HOST: process.env.DOCKER_HOST, REQUIRE_DOCKER: process.env.REQUIRE_DOCKER }
  t.teardown(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  process.env.DOCKER_HOST = 'unix:///nonexistent/docker.sock'
  const said: string[] = []
  const recorder = {
    plan: (count: number, reason = '') => void said.push(`plan ${count} ${reason}`),
    fail: (message: string) => said.push(`fail ${message}`) > 0,
  }
  delete process.env.REQUIRE_DOCKER
  t.equal(await requireEngine(recorder), false)
  process.env.REQUIRE_DOCKER = '1'
  t.equal(await requireEngine(recorder), false)
  t.match(said[0], /^plan 0 no Docker engine answers at/)
  t.match(said[1], /^fail REQUIRE_DOCKER=1, but no Docker engine answers at/)
})

t.test('a request that is written out for debugging shows no sockets', async (t) => {
  const agent = new QuietAgent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  // As docker-modem does it, with every request.
  t.equal(inspect({ path: '/_ping', agent }, { showHidden: true, depth: null }), "{ path: '/_ping', agent: Agent }")
})
