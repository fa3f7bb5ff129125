import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { ConflictError, PlatformError } from '../../runner/platforms/errors.ts'
import type { Platform, ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec } from '../support/group-spec.ts'
import { ask, newStateFolder, platformIn, projectRoot } from './process-groups.ts'

const noProgress = () => undefined

/** A server that comes up beside the others, and all that must know it: the same on every platform. */
async function addsServers(t: Test, platform: Platform, spec: ServerGroupSpec): Promise<void> {
  const wanted = { ...spec, nodes: 2, spares: 1, needs: { links: true } } as const
  const next = spec.portBase + 2

  await t.test('the port of a spare is taken: refused before anything is made', async (t) => {
    const other = createServer().listen(next, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    await t.rejects(platform.create(wanted, noProgress), ConflictError)
    await new Promise((resolve) => other.close(resolve))
  })

  const group = await platform.create(wanted, noProgress)
  t.teardown(() => group.remove())
  t.same(
    [group.nodes.map(({ name }) => name), group.spares.map(({ name, port }) => [name, port])],
    [['redis-node0', 'redis-node1'], [['redis-node2', next]]],
  )
  const before = await platform.find(spec.runId)
  t.same([before?.nodes.length, before?.spares.length], [2, 1], 'a spare is none of the servers')

  const added = await group.add()
  t.match(added, { name: 'redis-node2', index: 2, port: next })
  t.equal(await ask(next, 'PING'), 'PONG')
  t.match(await ask(next, 'CONFIG', 'GET', 'maxmemory'), ['maxmemory', '12345678'], 'it has the settings of the others')
  t.ok((await group.users()).passwords['redis-node2'])
  await t.rejects(group.add(), PlatformError, 'there is room for no more')
  t.same([group.nodes.length, group.spares.length], [3, 0])
  const found = await platform.find(spec.runId)
  t.same(
    found?.nodes.map(({ name }) => name),
    ['redis-node0', 'redis-node1', 'redis-node2'],
  )

  await t.test('it is a server like the others', async (t) => {
    const lines: string[] = []
    const end = await group.followLogs('redis-node2', ({ text }) => lines.push(text))
    await group.stop('redis-node2', 5000)
    t.equal((await group.state('redis-node2')).status, 'stopped')
    await group.start('redis-node2')
    t.equal(await ask(next, 'PING'), 'PONG')
    await end()
    t.match(lines.join('\n'), /Ready to accept connections/)
    const probe = { from: 'redis-node0', to: 'redis-node2', channel: 'data' } as const
    await group.network.set([{ from: 'redis-node0', to: 'redis-node2', channel: 'data', cut: 'drop' }])
    t.match(await group.network.probe([probe], 300), [{ outcome: 'silent' }])
    await group.network.set([])
    t.match(await group.network.probe([probe], 2000), [{ outcome: 'open' }])
  })

  await group.remove()
  t.equal(await platform.find(spec.runId), undefined)
}

t.test('processes', async (t) => {
  const platform = platformIn(newStateFolder(t))
  t.teardown(() => platform.close())
  await addsServers(t, platform, await groupSpec({ settings: { maxmemory: '12345678' } }))
})

t.test('containers', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  t.teardown(() => platform.close())
  await addsServers(t, platform, await groupSpec({ settings: { maxmemory: '12345678' } }))
})
