import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { poll } from '../../runner/base/poll.ts'
import { watchTiming } from '../../runner/cluster/failover-timing.ts'
import type { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { NodeClient } from '../../runner/cluster/node-client.ts'
import { probeService } from '../../runner/cluster/service-probe.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { ViewWatch } from '../../runner/cluster/view-watch.ts'
import { dialectOf } from '../../runner/platforms/dialects.ts'
import type { ServiceObservation, TimingObservation, ViewObservation } from '../../runner/record/observations.ts'
import { formedCluster } from '../support/formed-cluster.ts'
import { type LocalServers, skipWithoutRedis } from '../support/local-servers.ts'

const skip = skipWithoutRedis()
const clock = systemClock
const everyMs = () => 20

function clientsOf(cluster: LiveCluster, { password }: LocalServers): NodeClient[] {
  return cluster.nodes.map(({ name, host, port }) => new NodeClient({ name, host, port, password }))
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const look = async () => ({ ok: isSo(), seen: what })
  const { ok } = await poll(look, { clock, withinMs: 20_000, everyMs: 10 })
  if (!ok) throw new Error(`waited 20 s for ${what}`)
}

function probe(t: Test, cluster: LiveCluster, servers: LocalServers): ServiceObservation[] {
  const facts: ServiceObservation[] = []
  const slots = evenSplit(3)
  const stop = probeService({
    shards: slots.map((ranges, index) => ({
      number: index + 1,
      slots: ranges,
      nodes: [`redis-node${2 * index}`, `redis-node${2 * index + 1}`],
    })),
    clients: clientsOf(cluster, servers),
    clock,
    nameOfAddress: (host, port, asked) => cluster.nameOfAddress(host === '' ? cluster.node(asked).host : host, port),
    everyMs,
    onChange: (fact) => facts.push(fact),
  })
  t.teardown(stop)
  return facts
}

t.test('watching a cluster of 3 × 2', { skip }, async (t) => {
  // A master's own PINGs would move its replication offset.
  const settings = { 'cluster-node-timeout': '1000', 'repl-ping-replica-period': '3600' }
  const { cluster, servers } = await formedCluster(t, { shards: 3, replicas: 1, settings })
  const ask = (node: string, ...words: [string, ...string[]]): Promise<unknown> =>
    cluster.node(node).client.call(...words)
  const service = probe(t, cluster, servers)
  const views: ViewObservation[] = []
  const watch = new ViewWatch({
    clock,
    nameOf: (node) => cluster.nameOf(node),
    everyMs,
    onChange: (change) => views.push(change),
  })
  for (const client of clientsOf(cluster, servers)) watch.watch(client)
  t.teardown(() => watch.stop())
  // Names are known once every node was asked who it is.
  await cluster.look()
  await until('the first outcome of each shard', () => service.length >= 3)

  t.test('writes that are tried change nothing: no key, no replication offset', async (t) => {
    const offset = async () =>
      /master_repl_offset:(\d+)/.exec(String(await ask('redis-node0', 'INFO', 'replication')))?.[1]
    const commands = async () =>
      Number(/cmdstat_set:calls=(\d+)/.exec(String(await ask('redis-node0', 'INFO', 'commandstats')))?.[1])
    const before = { offset: await offset(), calls: await commands() }
    await poll(async () => ({ ok: (await commands()) >= before.calls + 20, seen: '' }), {
      clock,
      withinMs: 20_000,
      everyMs: 20,
    })
    t.ok((await commands()) >= before.calls + 20, 'writes went on')
    t.equal(await ask('redis-node0', 'DBSIZE'), 0)
    t.equal(await offset(), before.offset)
  })

  t.test('each shard is served by its master, and nothing else is told while nothing changes', async (t) => {
    const first = [...service].sort((a, b) => a.shard - b.shard)
    t.match(first, [
      { shard: 1, served: true, node: 'redis-node0' },
      { shard: 2, served: true, node: 'redis-node2' },
      { shard: 3, served: true, node: 'redis-node4' },
    ])
    for (const { afterMs, seenMs } of first) t.ok(afterMs <= seenMs)
  })

  t.test('a write that is refused as writes are: for want of replicas', async (t) => {
    await ask('redis-node2', 'CONFIG', 'SET', 'min-replicas-to-write', '2')
    await until('shard 2 refused', () => service.at(-1)?.served === false)
    t.match(service.at(-1), { shard: 2, served: false, error: 'NOREPLICAS' })
    await ask('redis-node2', 'CONFIG', 'SET', 'min-replicas-to-write', '0')
    await until('shard 2 served', () => service.at(-1)?.served === true)
    t.match(service.at(-1), { shard: 2, served: true, node: 'redis-node2' })
  })

  t.test('a frozen master: refused from when the write was sent, then served by its replica', async (t) => {
    const from = service.length
    const viewsFrom = views.length
    const pausedMs = clock.nowMs()
    servers.signal('redis-node0', 'SIGSTOP')
    await until('shard 1 served again', () => service.slice(from).some(({ served, shard }) => served && shard === 1))
    const own = service.slice(from).filter(({ shard }) => shard === 1)
    t.match(own, [
      { served: false, error: 'timeout' },
      { served: true, node: 'redis-node1' },
    ])
    const [refused, served] = own
    t.ok((refused?.seenMs ?? 0) >= pausedMs - 20 && (refused?.seenMs ?? 0) < pausedMs + 400, 'not half a second late')
    t.ok((refused?.afterMs ?? 0) <= (refused?.seenMs ?? 0))
    t.ok((served?.seenMs ?? 0) - pausedMs > 1000, 'a failover takes longer than the node time-out')
    const elsewhere = service.slice(from).filter(({ shard, error }) => shard !== 1 && error === 'CLUSTERDOWN')
    t.ok(elsewhere.length > 0, 'the others were refused while the cluster was down')

    await until('all to see the new master', () =>
      views
        .slice(viewsFrom)
        .some(
          (fact) =>
            fact.node === 'redis-node5' &&
            fact.view?.some(({ name, role, slots }) => name === 'redis-node1' && role === 'master' && slots !== ''),
        ),
    )
    const changes = views.slice(viewsFrom)
    const marked = (flag: string) =>
      changes.find(({ view }) => view?.some(({ name, failing }) => name === 'redis-node0' && failing === flag))
    const [suspected, failed] = [marked('fail?'), marked('fail')]
    t.ok(suspected && failed && suspected.seenMs <= failed.seenMs, 'fail? was seen, then fail')
    t.ok((suspected?.seenMs ?? 0) - pausedMs > 900)
    t.ok(
      changes.some(({ node, unreachable }) => node === 'redis-node0' && unreachable !== undefined),
      'and that it is silent',
    )
    for (const { afterMs, seenMs } of changes) t.ok(afterMs <= seenMs)
    servers.signal('redis-node0', 'SIGCONT')
    await until('the old master to say that it is a replica', () =>
      views.some(
        (fact) =>
          fact.node === 'redis-node0' &&
          fact.view?.some(({ name, role, of }) => name === 'redis-node0' && role === 'replica' && of === 'redis-node1'),
      ),
    )
  })

  t.test('the settings that rule failovers, and when they change', async (t) => {
    const timings: TimingObservation[] = []
    const clients = clientsOf(cluster, servers)
    const stop = watchTiming({
      clients,
      clock,
      dialectOf: () => dialectOf('redis 7.0.15'),
      onChange: (timing) => timings.push(timing),
    })
    t.teardown(() => {
      stop()
      for (const client of clients) client.close()
    })
    await until('the first settings', () => timings.length === 1)
    t.match(timings[0], { nodeTimeoutMs: 1000, manualTimeoutMs: 5000, fullCoverage: true, election: { leastMs: 500 } })
    for (const { name } of cluster.nodes) {
      await ask(name, 'CONFIG', 'SET', 'cluster-node-timeout', '3000')
      await ask(name, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
    }
    await until(
      'the changed settings',
      () => timings.at(-1)?.nodeTimeoutMs === 3000 && timings.at(-1)?.fullCoverage === false,
    )
  })
})
