import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { projectRoot } from './process-groups.ts'

/** An engine without any image, which reaches no registry; `asked` is what it was asked to do. */
async function isolatedEngine(t: Test): Promise<{ socket: string; asked: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-chaos-engine-'))
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = request.url ?? ''
    if (request.method !== 'GET') asked.push(`${request.method} ${url}`)
    const isPull = url.includes('/images/create')
    response.writeHead(isPull ? 500 : 404, { 'content-type': 'application/json' })
    const problem = isPull ? 'Get "https://registry.test/v2/": dial tcp: lookup registry.test: no such host' : 'none'
    response.end(JSON.stringify({ message: problem }))
  })
  const socket = join(folder, 'docker.sock')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })
  return { socket, asked }
}

t.test('a server that Debian has no package of: one sentence, and those that can be had', async (t) => {
  const { socket, asked } = await isolatedEngine(t)
  for (const [server, image] of [
    ['redis:8.4', 'redis:8.4'],
    ['valkey:9.0', 'valkey/valkey:9.0'],
  ] as const) {
    const platform = new DockerPlatform({ server, projectRoot, dockerSocket: socket })
    await t.rejects(
      platform.prepare(() => undefined),
      {
        name: 'PlatformError',
        exitCode: 3,
        message: `${server} cannot be had here: ${image} could not be pulled (no such host), and Debian has no package of it`,
        hint: new RegExp(`--server\` with redis:6\\.0, .*redict:7\\.3; .*\`docker load\` .* as ${image}`),
      },
    )
    await platform.close()
  }
  t.ok(
    asked.every((request) => request.includes('/images/create')),
    'nothing was made',
  )
})
