import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import type { LogLine, Platform } from '../../runner/platforms/platform.ts'
import { groupSpec } from '../support/group-spec.ts'
import { loginAt } from '../support/login.ts'

/** What is the same for every platform: a group of two versions, one of which changes forth and back. */

const [first, second] = ['redis-node0', 'redis-node1'] as const
const none = () => undefined

type Ask = (...command: [string, ...string[]]) => Promise<unknown>

/** Plays on `platform`, whose own server is redis:7.0. */
export async function changeVersions(t: Test, platform: Platform): Promise<void> {
  const spec = await groupSpec({ servers: { [second]: 'valkey:8.1' } })
  t.teardown(() => platform.removeRun(spec.runId))
  t.match(await platform.prepare(none, undefined, 'redis:8.0'), /^redis 8\.0\.\d+$/)
  const group = await platform.create(spec, none)
  const lines: LogLine[] = []
  const endLogs = await group.followLogs(first, (line) => lines.push(line))
  const ask = asker(spec.portBase, loginAt(await group.users()))

  await t.test('each node runs its own server', async (t) => {
    t.match(
      group.nodes.map(({ server }) => server),
      [/^redis 7\.0\./, /^valkey 8\.1\./],
    )
    t.match(await ask('INFO', 'server'), /redis_version:7\.0\./)
    const other = asker(spec.portBase + 1, loginAt(await group.users(), second))
    t.match(await other('INFO', 'server'), /valkey_version:8\.1\./)
  })

  await t.test('the same data under a later version', async (t) => {
    await ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    const id = await ask('CLUSTER', 'MYID')
    await ask('SET', 'a', 'of 7.0')
    await group.restart(first, 10_000, { server: 'redis:8.0' })
    t.match(await ask('INFO', 'server'), /redis_version:8\.0\./)
    t.match(group.nodes[0]?.server, /^redis 8\.0\./)
    t.equal(await ask('GET', 'a'), 'of 7.0')
    t.equal(await ask('CLUSTER', 'MYID'), id)
    await group.kill(first)
    await group.start(first)
    t.match(await ask('INFO', 'server'), /redis_version:8\.0\./, 'it stays')
    t.equal(await ask('GET', 'a'), 'of 7.0')
  })

  await t.test('an earlier version refuses what it cannot read, and says so', async (t) => {
    await ask('SET', 'b', 'of 8.0')
    await ask('BGREWRITEAOF')
    await until(async () =>
      /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(String(await ask('INFO', 'persistence'))),
    )
    await group.stop(first, 10_000)
    await group.start(first, { server: 'redis:7.0' })
    await until(async () => (await group.state(first)).status === 'stopped')
    t.match(await group.lastWords(first), /Can't handle RDB format version \d+/)
    await group.start(first, { server: 'redis:8.0' })
    t.equal(await ask('GET', 'b'), 'of 8.0')
  })

  await t.test('a server that cannot be had changes nothing', async (t) => {
    await t.rejects(group.restart(first, 10_000, { server: 'redis:1.0' }), {
      message: /there is no server `redis:1\.0`/,
    })
    t.match(await ask('INFO', 'server'), /redis_version:8\.0\./)
  })

  t.same((await platform.find(spec.runId))?.nodes, group.nodes)
  await endLogs()
  const started = lines.flatMap(({ text }) => /(?:Redis|Valkey) version=(\d+\.\d+)/.exec(text)?.[1] ?? [])
  t.same(started, ['7.0', '8.0', '8.0', '7.0', '8.0'], 'its log has every life')
  await group.remove()
}

/** A master that has just started serves no key for two seconds. */
function asker(port: number, login: { username: string; password: string }): Ask {
  return async (...command) => {
    const client = new Redis({ port, host: 'localhost', ...login, retryStrategy: (tries) => (tries < 200 ? 50 : null) })
    client.on('error', none)
    try {
      for (;;) {
        const reply = await client.call(...command).catch((error: Error) => error)
        if (!(reply instanceof Error)) return reply
        if (!/^(CLUSTERDOWN|LOADING)/.test(reply.message)) throw reply
        await sleep(20)
      }
    } finally {
      client.disconnect()
    }
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(20)
}
