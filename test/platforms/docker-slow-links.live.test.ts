import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import calculateSlot from 'cluster-key-slot'
import { Redis } from 'ioredis'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { formCluster } from '../../runner/cluster/form.ts'
import { healthProblems } from '../../runner/cluster/health.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import { Engine } from '../../runner/platforms/docker/engine.ts'
import { DockerNetworkControl } from '../../runner/platforms/docker/network-control.ts'
import { findMissingFeatures } from '../../runner/platforms/docker/network-faults/kernel-features.ts'
import { Toolbox } from '../../runner/platforms/docker/toolbox/toolbox.ts'
import type { LinkFault, LinkProbe } from '../../runner/platforms/faults.ts'
import { requireEngine } from '../support/docker.ts'
import { foreignContainer } from '../support/foreign-container.ts'
import { groupSpec, password } from '../support/group-spec.ts'
import { name, waitUntil } from './linked-group.ts'

const projectRoot = new URL('../..', import.meta.url).pathname
const WITHIN_MS = 8_000
const KEY_OF_FIRST_SHARD = 'b'

function fault(from: number, to: number, what: Partial<LinkFault>): LinkFault {
  return { from: name(from), to: name(to), channel: 'all', ...what }
}

/** The process that carries links for this program. */
function linkProcess(): number {
  const pids = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'link-process'], { encoding: 'utf8' })
  return Number(pids.trim())
}

/** Where a process listens, as the kernel has it (proc(5), net/tcp: the state of a listener is 0A). */
function listenersOf(pid: number): { host: string; port: number }[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/)
    if (state !== '0A' || !inodes.includes(`socket:[${inode}]`)) return []
    const [address = '', port = ''] = local.split(':')
    const bytes = address.match(/../g) ?? []
    return [
      {
        host: bytes
          .reverse()
          .map((byte) => parseInt(byte, 16))
          .join('.'),
        port: parseInt(port, 16),
      },
    ]
  })
}

t.test('slow links between containers on a kernel without netem', async (t) => {
  if (!(await requireEngine(t))) return
  const platform = new DockerPlatform({ server: 'redis:7.0', projectRoot })
  t.teardown(() => platform.close())
  const settings = { 'cluster-node-timeout': '3000' }
  const wanted = await groupSpec({ nodes: 6, settings, needs: { links: true } })
  const { runId } = wanted
  t.teardown(() => platform.removeRun(runId))
  const group = await platform.create(wanted, () => undefined)

  const engine = new Engine()
  t.teardown(() => engine.close())
  const toolbox = new Toolbox(engine, projectRoot)
  const found = await findMissingFeatures(engine, toolbox)
  t.equal(found.detour, undefined, 'links can stand in here')
  const missingFeatures = async () => ({ ...found, netem: 'left out by this test' })
  // Where the kernel has netem after all, links stand in for it only when they are told that it has not.
  const own = group.network
  if (!(own instanceof DockerNetworkControl)) throw new Error('this is no group of containers')
  const network = found.netem
    ? own
    : new DockerNetworkControl({ engine, toolbox, missingFeatures, runId, nodes: group.nodes, isNew: true })
  t.teardown(() => network.close())

  const cluster = new LiveCluster({ nodes: group.nodes, ...(await group.users()), clock: systemClock })
  t.teardown(() => cluster.close())
  await formCluster(cluster, { shards: 3, replicas: 1, slots: evenSplit(3) }, { clock: systemClock, timeoutMs: 60_000 })
  const healthy = () =>
    waitUntil(async () => {
      const problems = healthProblems(await cluster.look(), { nodes: group.nodes.map(({ name }) => name) })
      return problems.length === 0
    }, 'the cluster to be healthy')
  const ask = async (from: number, to: number, more: Partial<LinkProbe> = {}) => {
    const [answer] = await network.probe([{ from: name(from), to: name(to), channel: 'data', ...more }], WITHIN_MS)
    t.equal(answer?.outcome, 'open', `${from} to ${to}`)
    return answer?.roundTripMs ?? Number.NaN
  }
  const quickest = async (from: number, to: number, more: Partial<LinkProbe> = {}) =>
    Math.min(await ask(from, to, more), await ask(from, to, more), await ask(from, to, more))
  const replicationOf = async (index: number) =>
    String(await cluster.node(name(index)).client.pipeline([['INFO', 'replication']]))

  await t.test('a delay of one direction, seen by probes and by replication that was there before', async (t) => {
    await network.set([fault(0, 1, { delayMs: 150 })])
    t.ok((await ask(0, 1)) >= 149)
    t.ok((await ask(1, 0)) >= 149, 'whichever opened it')
    t.ok((await ask(0, 1, { channel: 'bus' })) >= 149)
    t.ok((await quickest(0, 2)) < 149)
    t.ok((await quickest(2, 1)) < 149)
    await healthy()
    t.ok(calculateSlot(KEY_OF_FIRST_SHARD) < 16_384 / 3)
    const client = new Redis({ port: wanted.portBase, host: '127.0.0.1', password })
    await client.set(KEY_OF_FIRST_SHARD, 'value')
    const startMs = performance.now()
    t.equal(await client.call('WAIT', '1', String(WITHIN_MS)), 1)
    t.ok(performance.now() - startMs >= 149)
    client.disconnect()
    const replication = await replicationOf(0)
    t.match(replication, /connected_slaves:1\r/, 'the earlier connection of the replica is gone')
    t.match(replication, `slave0:ip=${group.nodes[1]?.peerHost},`, 'and it is known by its own address')
    t.ok(((await network.counts())[0]?.packets ?? 0) >= 3)
  })

  await t.test('strangers at the doors of a delay get nothing and are told', async (t) => {
    const network2 = `${runId}-foreign`
    const other = await engine.docker.createNetwork({ Name: network2 })
    t.teardown(() => other.remove())
    const doors = listenersOf(linkProcess())
    t.equal(doors.length, 2 * group.nodes.length)
    for (const where of ['bridge', network2]) {
      const stranger = await foreignContainer(t, engine, { imageOf: group.nodes[0]?.serverName ?? '', network: where })
      for (const { host, port } of doors) t.equal(stranger.bytesFrom(host, port, 'PING\r\n'), 0, `${where}: ${port}`)
      await network.counts()
      const told = network.strangers.find(({ address }) => address === stranger.address)
      t.equal(told?.times, doors.length, where)
    }
    t.ok((await ask(0, 1)) >= 149, 'nodes still go by them')
    await healthy()
  })

  await t.test('bandwidth of the same two nodes, another two with a delay, and a cut', async (t) => {
    await network.set([
      fault(1, 0, { delayMs: 100 }),
      fault(0, 1, { bytesPerSecond: 40_000 }),
      fault(2, 3, { delayMs: 100 }),
    ])
    const slowMs = await ask(0, 1, { payloadBytes: 40_000 })
    t.ok(slowMs >= 1_090, `${slowMs} ms`)
    t.ok((await ask(3, 2)) >= 99)
    await network.set([fault(2, 3, { delayMs: 100 }), fault(2, 3, { cut: 'drop' })])
    t.ok((await quickest(0, 1)) < 99, 'these speak directly again')
    const probes: LinkProbe[] = [2, 3].map((from) => ({ from: name(from), to: name(5 - from), channel: 'data' }))
    const outcomes = (await network.probe(probes, 1_000)).map(({ outcome }) => outcome)
    t.same(outcomes, ['silent', 'silent'], 'what goes by a link is cut too')
  })

  await t.test('a node that starts anew is slow again', async (t) => {
    await network.set([fault(4, 5, { delayMs: 150 })])
    await group.restart(name(4), WITHIN_MS)
    await group.restart(name(5), WITHIN_MS)
    for (const node of [4, 5]) await network.started(name(node))
    await healthy()
    t.ok((await ask(4, 5)) >= 149)
    t.ok((await ask(5, 4)) >= 149)
  })

  await t.test('healed: nothing goes by a link, and none is left', async (t) => {
    await network.set([])
    t.ok((await quickest(4, 5)) < 149)
    t.same(await network.counts(), [])
    await healthy()
    const replication = await replicationOf(1)
    t.match(replication, /role:slave\r/)
    t.match(replication, /master_link_status:up\r/)
  })

  await t.test('links that die are told, and healed', async (t) => {
    await network.set([fault(0, 1, { delayMs: 50 })])
    t.match(await platform.probe(), /^Docker/)
    process.kill(linkProcess(), 'SIGKILL')
    await waitUntil(() => network.loss !== undefined, 'the loss to be seen')
    await t.rejects(network.counts(), { name: 'PlatformError', message: /links .* is gone: it was killed by SIGKILL/ })
    if (network === own) await t.rejects(platform.probe(), { name: 'PlatformError', message: /is gone/ })
    await network.set([])
    await network.close()
    await healthy()
  })

  await t.test('another program heals what a dead one left', async (t) => {
    const third = new DockerNetworkControl({
      engine,
      toolbox,
      missingFeatures,
      runId,
      nodes: group.nodes,
      isNew: false,
    })
    await third.set([fault(0, 1, { delayMs: 150 })])
    await third.close()
    const probe: LinkProbe = { from: name(0), to: name(1), channel: 'data' }
    const other = new DockerPlatform({ server: 'redis:7.0', projectRoot })
    t.teardown(() => other.close())
    const same = await other.find(runId)
    t.match(await same?.network.probe([probe], 1_000), [{ outcome: 'refused' }], 'the links ended with their program')
    await same?.network.set([])
    const [answer] = (await same?.network.probe([probe], WITHIN_MS)) ?? []
    t.equal(answer?.outcome, 'open')
    await healthy()
  })
})
