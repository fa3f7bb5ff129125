import t, { type Test } from 'tap'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { UnsupportedFault } from '../../runner/platforms/faults.ts'
import type { Platform, ServerGroupSpec } from '../../runner/platforms/platform.ts'
import { requireEngine } from '../support/docker.ts'
import { groupSpec } from '../support/group-spec.ts'
import { skipWithoutLoopback, waitUntil } from './linked-group.ts'
import { ask, newStateFolder, platformIn, projectRoot } from './process-groups.ts'

const settings = { 'cluster-node-timeout': '500', 'cluster-require-full-coverage': 'no' }
const noProgress = () => undefined

/** Servers that start again at another address or as nobody that is known: the same on every platform. */
async function movesServers(t: Test, platform: Platform, spec: ServerGroupSpec): Promise<void> {
  const group = await platform.create({ ...spec, nodes: 3, needs: { links: true, addresses: true } }, noProgress)
  t.teardown(() => group.remove())
  const [port0, port1, port2] = group.nodes.map(({ port }) => port) as [number, number, number]
  const addressOf = (index: number) => group.nodes[index]?.peerHost ?? ''
  const viewOf = async (port: number) => String(await ask(port, 'CLUSTER', 'NODES'))
  for (const { peerHost, peerPort } of group.nodes.slice(1))
    await ask(port0, 'CLUSTER', 'MEET', peerHost, String(peerPort))
  const knows = (port: number, index: number) => async () => (await viewOf(port)).includes(`${addressOf(index)}:`)
  for (const port of [port1, port2]) await waitUntil(knows(port, 0), 'nodes to meet')
  await waitUntil(async () => (await viewOf(port1)).split(' connected').length === 4, 'nodes to meet')

  await t.test('at another address: the same node, and the others learn it by gossip', async (t) => {
    const [was, id] = [addressOf(1), await ask(port1, 'CLUSTER', 'MYID')]
    await group.restart('redis-node1', 5000, { address: 'new' })
    t.not(addressOf(1), was)
    t.equal(group.nodes[1]?.port, port1, 'clients find it where it was')
    await waitUntil(async () => (await ask(port1, 'CLUSTER', 'MYID').catch(() => '')) === id, 'it to answer')
    for (const port of [port0, port2]) await waitUntil(knows(port, 1), 'the others to learn its address')
    t.notMatch(await viewOf(port0), `${was}:`)
    t.equal((await platform.find(spec.runId))?.nodes[1]?.peerHost, addressOf(1), 'another runner finds it there')
  })

  await t.test('network faults follow it', async (t) => {
    const probe = { from: 'redis-node0', to: 'redis-node1', channel: 'data' } as const
    const outcome = async () => (await group.network.probe([probe], 1000))[0]?.outcome
    t.equal(await outcome(), 'open')
    await group.network.set([{ from: 'redis-node0', to: 'redis-node1', channel: 'data', cut: 'drop' }])
    t.equal(await outcome(), 'silent')
    const was = addressOf(1)
    await group.stop('redis-node1', 5000)
    await group.start('redis-node1', { address: 'new' })
    t.not(addressOf(1), was)
    await waitUntil(async () => (await ask(port1, 'PING').catch(() => '')) === 'PONG', 'it to answer')
    t.equal(await outcome(), 'silent', 'also when it moves')
    t.match(await group.network.probe([{ ...probe, from: 'redis-node2' }], 2000), [{ outcome: 'open' }])
    await group.network.set([])
    t.equal(await outcome(), 'open')
  })

  await t.test('all at once: nobody can tell anybody, until one is introduced', async () => {
    await Promise.all(group.nodes.map(({ name }) => group.restart(name, 5000, { address: 'new' })))
    await waitUntil(async () => (await ask(port0, 'PING').catch(() => '')) === 'PONG', 'it to answer')
    for (const { peerHost, peerPort } of group.nodes.slice(1))
      await ask(port0, 'CLUSTER', 'MEET', peerHost, String(peerPort))
    for (const [port, index] of [
      [port0, 1],
      [port1, 0],
      [port1, 2],
      [port2, 1],
    ] as const) {
      await waitUntil(knows(port, index), 'all to know where the others are')
    }
  })

  await t.test('without its identity: another node, with the data that it had', async (t) => {
    await ask(port2, 'CLUSTER', 'ADDSLOTS', '12182')
    await waitUntil(async () => (await ask(port2, 'SET', 'foo', 'kept').catch(() => '')) === 'OK', 'it to serve')
    const id = await ask(port2, 'CLUSTER', 'MYID')
    await group.stop('redis-node2', 5000)
    await group.start('redis-node2', { identity: 'lost' })
    await waitUntil(async () => (await ask(port2, 'PING').catch(() => '')) === 'PONG', 'it to answer')
    t.not(await ask(port2, 'CLUSTER', 'MYID'), id)
    t.equal((await viewOf(port2)).trim().split('\n').length, 1, 'it knows nobody')
    t.equal(await ask(port2, 'DBSIZE'), 1)
  })
}

t.test('processes', { skip: await skipWithoutLoopback() }, async (t) => {
  const platform = platformIn(newStateFolder(t))
  t.teardown(() => platform.close())
  await movesServers(t, platform, await groupSpec({ settings }))

  await t.test('a group made without addresses of its own says so, and nothing was stopped', async (t) => {
    const group = await platform.create(await groupSpec({ nodes: 1 }), noProgress)
    t.teardown(() => group.remove())
    await t.rejects(group.restart('redis-node0', 5000, { address: 'new' }), UnsupportedFault)
    t.equal(await ask(group.nodes[0]?.port ?? 0, 'PING'), 'PONG')
  })
})

t.test('containers', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  t.teardown(() => platform.close())
  await movesServers(t, platform, await groupSpec({ settings }))
})
