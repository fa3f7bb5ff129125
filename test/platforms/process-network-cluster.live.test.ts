import calculateSlot from 'cluster-key-slot'
import { Redis } from 'ioredis'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { formCluster } from '../../runner/cluster/form.ts'
import { healthProblems } from '../../runner/cluster/health.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { requireDebian } from '../support/debian.ts'
import { password } from '../support/group-spec.ts'
import { cut, isolated, linkedGroup, name, skipWithoutLoopback, waitUntil } from './linked-group.ts'
import { ask } from './process-groups.ts'

const KEY_OF_FIRST_SHARD = 'b'
const KEY_OF_LAST_SHARD = 'a'

const skip = await skipWithoutLoopback()

for (const server of ['redis:7.0', 'redis:6.0']) {
  t.test(`what a cluster sees of its links, ${server}`, { skip }, async (t) => {
    if (server !== 'redis:7.0' && !(await requireDebian(t))) return
    const settings = { 'cluster-node-timeout': '1500', 'cluster-replica-validity-factor': '0' }
    const { group } = await linkedGroup(t, { server, nodes: 6, settings })
    const cluster = new LiveCluster({ nodes: group.nodes, ...(await group.users()), clock: systemClock })
    t.teardown(() => cluster.close())
    const topology = { shards: 3, replicas: 1, slots: evenSplit(3) }
    await formCluster(cluster, topology, { clock: systemClock, timeoutMs: 30_000 })
    const port = (index: number) => group.nodes[index]?.port ?? 0
    const roleOf = async (index: number) => ((await ask(port(index), 'ROLE')) as string[])[0]
    const healthy = () =>
      waitUntil(
        async () => healthProblems(await cluster.look(), { nodes: group.nodes.map(({ name }) => name) }).length === 0,
        'the cluster to be healthy',
      )
    /** What a node's own view says of another one. */
    const flagsOf = async (index: number, seenBy: number) => {
      const lines = String(await ask(port(seenBy), 'CLUSTER', 'NODES')).split('\n')
      return lines
        .find((line) => line.includes(`${group.nodes[index]?.peerHost}:`))
        ?.split(' ')[2]
        ?.split(',')
    }

    await t.test('they all go through: every address that a node has of another is the announced one', async (t) => {
      t.ok(calculateSlot(KEY_OF_FIRST_SHARD) < 16_384 / 3)
      t.ok(calculateSlot(KEY_OF_LAST_SHARD) > (16_384 / 3) * 2)
      await healthy()
      const view = String(await ask(port(2), 'CLUSTER', 'NODES'))
      for (const { peerHost, peerPort } of group.nodes) t.match(view, `${peerHost}:${peerPort}@${peerPort + 10_000}`)
      t.match(await ask(port(1), 'INFO', 'replication'), /master_host:127\.0\.10\.10\r/)
      t.match(await ask(port(0), 'INFO', 'replication'), /slave0:ip=127\.0\.10\.11,/)
    })

    await t.test('a slow link makes a write wait for its replica', async (t) => {
      const client = new Redis({ port: port(0), host: '127.0.0.1', password })
      t.teardown(() => client.disconnect())
      const waitedMs = async () => {
        await client.set(KEY_OF_FIRST_SHARD, 'value')
        const startMs = performance.now()
        t.equal(await client.call('WAIT', '1', '8000'), 1)
        return performance.now() - startMs
      }
      await group.network.set([{ from: name(0), to: name(1), channel: 'data', delayMs: 200 }])
      t.ok((await waitedMs()) >= 199)
      await group.network.set([])
      t.ok(Math.min(await waitedMs(), await waitedMs(), await waitedMs()) < 199)
    })

    await t.test('what a node says in MIGRATE goes by its links too, whatever address it comes from', async (t) => {
      const { client } = cluster.node(name(4))
      const to = group.nodes[2]
      const migrate = async () => {
        const address = [to?.peerHost ?? '', to?.peerPort ?? 0] as const
        const [reply] = await client.pipeline([
          ['MIGRATE', ...address, KEY_OF_LAST_SHARD, 0, 5000, 'COPY', 'AUTH', password],
        ])
        return String(reply)
      }
      // In another process than it was in first.
      await group.restart(name(4), 5_000)
      await healthy()
      await client.pipeline([['SET', KEY_OF_LAST_SHARD, 'value']])
      // The other side refuses a slot that is not its own: it was asked.
      const asked = /Target instance replied with error: MOVED/
      t.match(await migrate(), asked)
      await group.network.set([cut(4, 2, { cut: 'reject' })])
      t.match(await migrate(), /IOERR/)
      await group.network.set([cut(5, 2, { cut: 'reject' })])
      t.match(await migrate(), asked)
      await group.network.set([])
      await healthy()
    })

    await t.test('a master that is cut off is replaced; healed, it comes back as a replica', async (t) => {
      await group.network.set(isolated(0, 6))
      await waitUntil(async () => (await roleOf(1)) === 'master', 'the replica to be promoted')
      t.equal(await roleOf(0), 'master', 'the old one cannot know')
      t.ok((await flagsOf(0, 2))?.includes('fail'))
      await group.network.set([])
      await waitUntil(async () => (await roleOf(0)) === 'slave', 'the old master to follow the new one')
      await healthy()
    })

    await t.test('one that is not heard, but hears, is replaced too', async () => {
      await group.network.set([0, 1, 3, 4, 5].map((other) => cut(2, other)))
      await waitUntil(async () => (await roleOf(3)) === 'master', 'the replica to be promoted')
      await group.network.set([])
      await waitUntil(async () => (await roleOf(2)) === 'slave', 'the old master to follow the new one')
      await healthy()
    })

    await t.test('a cut of the data alone: replication stops, nobody fails', async (t) => {
      await group.network.set([cut(3, 2, { channel: 'data', cut: 'reject' })])
      await waitUntil(
        async () => /master_link_status:down/.test(String(await ask(port(2), 'INFO', 'replication'))),
        'replication to stop',
      )
      t.notOk((await flagsOf(3, 4))?.some((flag) => flag.startsWith('fail')))
      await group.network.set([])
      await healthy()
    })
  })
}
