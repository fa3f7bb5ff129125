import { onEachPlatform } from '../support/each-platform.ts'
import { step } from '../support/fake-stage.ts'
import type { LiveStage } from '../support/live-stage.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal
const FILL = "for i = 1, 100 do redis.call('SET', KEYS[1] .. i, string.rep('x', 1000000)) end"

function ask({ cluster }: LiveStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  return cluster
    .node(node)
    .data.callWithin(10_000, ...words)
    .catch((error: Error) => error.message)
}

async function untilStopped({ servers }: LiveStage, node: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  while ((await servers.state(node)).status !== 'stopped') {
    if (performance.now() > deadlineMs) throw new Error(`${node} still runs after 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

onEachPlatform('a server with little memory', async (t, on) => {
  const stage = await on.cluster()
  const healthy = () => stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 15_000 }))

  await t.test('is ended by the system when it needs more, and only then', async (t) => {
    t.match(await stage.play(step('memory', { node: MASTER, limit: '48mb' })), {
      verdict: 'passed',
      // As a process, what a server has mapped and what it has in memory are seen one after the other.
      proof: /^redis-node0: the system lets it have 4[78]\.\d MB, and it has \d+\.\d MB$/,
    })
    t.equal(await ask(stage, MASTER, 'SET', 'small', 'x'), 'OK')
    t.match(await ask(stage, MASTER, 'EVAL', FILL, '1', '{a}'), /did not answer/)
    await untilStopped(stage, MASTER)
    t.match(await stage.servers.state(MASTER), { status: 'stopped', oomKilled: true, text: /out of memory/ })
    t.match(await stage.servers.state(REPLICA), { status: 'running' }, 'and no other')
    t.equal((await stage.faults.endAll(SIGNAL)).length, 1, 'a server that is down is healed too')
  })

  await t.test('has all memory again when it was healed and started', async (t) => {
    t.match(await stage.play(step('start', MASTER)), { verdict: 'passed' })
    t.match(await healthy(), { verdict: 'passed' })
    t.equal((await stage.servers.control.limitsOf(MASTER)).memoryBytes, undefined)
    t.equal(await ask(stage, MASTER, 'EVAL', FILL, '1', '{a}'), null)
    t.equal(await ask(stage, MASTER, 'FLUSHALL'), 'OK')
  })

  await t.test('has its limit again after a restart, until a later runner lifts it', async (t) => {
    // Its append-only file may still hold what filled the master: the restart loads that first.
    await stage.play(step('memory', { node: REPLICA, limit: '800mb' }))
    t.match(await stage.play(step('restart', REPLICA)), {
      verdict: 'passed',
      proof: /limit the memory of redis-node1 to 800mb, applied again: redis-node1: the system lets it have/,
    })
    t.match(await stage.successor().faults.endAll(SIGNAL), [{ proof: /the system does not limit its memory/ }])
    t.equal((await stage.servers.control.limitsOf(REPLICA)).memoryBytes, undefined)
    await stage.faults.endAll(SIGNAL)
    await healthy()
  })

  await t.test('has more already than the limit', async (t) => {
    t.match(await stage.play(step('memory', { node: REPLICA, limit: '1mb' })), {
      verdict: 'failed',
      error: { message: /^redis-node1 has \d+\.\d MB of memory now, and a limit of 1\.0 MB would end it at once$/ },
    })
    t.match(await stage.servers.state(REPLICA), { status: 'running' })
  })

  await t.test('with maxmemory, refuses writes and answers reads', async (t) => {
    await ask(stage, MASTER, 'SET', 'read', 'me')
    t.match(await stage.play(step('memory', { node: MASTER, maxmemory: '512kb' })), {
      verdict: 'passed',
      proof: /it says that it may use 512 KB \(noeviction\), and uses .*; it refuses a write: OOM command not allowed/,
    })
    t.match(await ask(stage, MASTER, 'SET', 'write', 'me'), /^OOM /)
    t.equal(await ask(stage, MASTER, 'GET', 'read'), 'me')
    t.match(await stage.play(step('memory', { node: MASTER, maxmemory: '1mb' })), {
      verdict: 'failed',
      error: { message: /maxmemory of redis-node0 is changed already by: set maxmemory of redis-node0 to 512kb/ },
    })
    t.match(await stage.successor().faults.endAll(SIGNAL), [
      { proof: /redis-node0: maxmemory 0, maxmemory-policy noeviction again/ },
    ])
    t.equal(await ask(stage, MASTER, 'SET', 'write', 'me'), 'OK')
    await stage.faults.endAll(SIGNAL)
  })

  await t.test('with a policy, forgets keys', async (t) => {
    // Far more than the server needs for itself, which it cannot forget.
    for (let i = 0; i < 1000; i += 1) await ask(stage, MASTER, 'SET', `key${i}`, 'x'.repeat(20_000))
    const keys = Number(await ask(stage, MASTER, 'DBSIZE'))
    t.match(await stage.play(step('memory', { node: MASTER, maxmemory: '12mb', policy: 'allkeys-random' })), {
      verdict: 'passed',
    })
    t.equal(await ask(stage, MASTER, 'SET', 'one', 'more'), 'OK')
    t.ok(Number(await ask(stage, MASTER, 'DBSIZE')) < keys, 'keys were forgotten')
    await stage.faults.endAll(SIGNAL)
  })
  t.same(stage.bugs, [])
})
