import Docker from 'dockerode'
import type { Test } from 'tap'
import { type OnPlatform, onEachPlatform } from '../support/each-platform.ts'
import { step } from '../support/fake-stage.ts'
import type { LiveStage } from '../support/live-stage.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal

function ask({ cluster }: LiveStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  return cluster
    .node(node)
    .data.callWithin(10_000, ...words)
    .catch((error: Error) => error.message)
}

/** Asks again until the answer is as expected; gives the last one. */
async function until(pattern: RegExp, look: () => Promise<unknown>): Promise<string> {
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    const seen = String(await look())
    if (pattern.test(seen) || performance.now() > deadlineMs) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

onEachPlatform('a server with a small disk', async (t, on) => {
  const stage = await on.cluster({ needs: { disk: true } })
  const set = (node: string, value: string) => ask(stage, node, 'SET', 'key', value)
  await set(MASTER, 'before')

  await t.test('that is full: it refuses writes with MISCONF, and answers reads', async (t) => {
    t.match(await stage.play(step('disk', { node: MASTER, state: 'full' })), {
      verdict: 'passed',
      proof: 'redis-node0: its disk is full, and it fails to save its data there',
    })
    // The rest of its last page is still its own.
    await set(MASTER, 'x'.repeat(10_000))
    t.match(await until(/^MISCONF/, () => set(MASTER, 'no')), /^MISCONF Errors writing to the AOF file: No space left/)
    t.match(await ask(stage, MASTER, 'GET', 'key'), /^x+$/)
    t.match(await stage.play(step('expect', { node: MASTER, role: 'master' })), { verdict: 'passed' })
    t.match(await ask(stage, REPLICA, 'INFO', 'persistence'), /aof_last_write_status:ok/, 'and no other')

    t.match(await stage.faults.endAll(SIGNAL), [{ proof: 'redis-node0: it saves its data again' }])
    t.equal(await until(/^OK$/, () => set(MASTER, 'after')), 'OK')
    t.same(await stage.servers.control.limitsOf(MASTER), { heldBackMs: 0 })
  })

  await t.test('keeps its data while it is stopped', async (t) => {
    await stage.servers.stop(MASTER, 10_000)
    await stage.servers.start(MASTER)
    t.equal(await until(/after/, () => ask(stage, MASTER, 'GET', 'key')), 'after')
  })

  await t.test('that is read-only: it can make and replace no file', async (t) => {
    t.match(await stage.play(step('disk', { node: REPLICA, state: 'read-only' })), {
      verdict: 'passed',
      proof: 'redis-node1: its disk is read-only, and it fails to save its data there',
    })
    t.match(await ask(stage, REPLICA, 'CLUSTER', 'SAVECONFIG'), /^ERR error saving the cluster node config/)
    t.equal(await ask(stage, MASTER, 'CLUSTER', 'SAVECONFIG'), 'OK', 'and no other')
    // A later runner heals it.
    t.match(await stage.successor().faults.endAll(SIGNAL), [{ proof: 'redis-node1: it saves its data again' }])
    t.equal(await ask(stage, REPLICA, 'CLUSTER', 'SAVECONFIG'), 'OK')
    await stage.faults.endAll(SIGNAL)
  })

  await t.test(
    'ends where it cannot save what it learns of the cluster, and starts again when it is healed',
    async (t) => {
      await stage.play(step('disk', { node: REPLICA, state: 'read-only' }))
      await ask(stage, REPLICA, 'CLUSTER', 'FAILOVER', 'TAKEOVER')
      t.match(await until(/exited/, async () => (await stage.servers.state(REPLICA)).text), /exited with code 1/)
      t.match(await stage.faults.endAll(SIGNAL), [{ proof: /redis-node1 is down/ }])
      t.match(await stage.play(step('start', REPLICA)), { verdict: 'passed' })
      t.equal(await ask(stage, REPLICA, 'CLUSTER', 'SAVECONFIG'), 'OK')
    },
  )

  await t.test('is emptied by data-wiped', async (t) => {
    t.match(await stage.play(step('data-wiped', MASTER)), { verdict: 'passed' })
    t.match(await stage.play(step('disk', { node: MASTER, state: 'full' })), { verdict: 'passed' })
    t.match(await stage.faults.endAll(SIGNAL), [{ proof: /redis-node0: it saves its data again/ }])
  })
  t.same(stage.bugs, [])
})

onEachPlatform('a server without a small disk', async (t, on) => {
  const stage = await on.cluster({ settings: { appendfsync: 'always' } })
  t.match(await stage.play(step('disk', { node: MASTER, state: 'full' })), {
    verdict: 'inconclusive',
    error: { message: 'a full disk is unsupported here: the servers were made without disks of their own' },
  })
  await t.test('that is slow', async (t) => await slow(t, stage, on))
  t.same(stage.bugs, [])
})

async function slow(t: Test, stage: LiveStage, { platform }: OnPlatform): Promise<void> {
  const outcome = await stage.play(step('disk', { node: MASTER, state: 'slow', rate: '50kb/s' }))
  if (platform === 'process') {
    t.match(outcome, {
      verdict: 'inconclusive',
      error: { message: /^a slow disk is unsupported here: the writes of a process/ },
    })
    return
  }
  t.match(outcome, { verdict: 'passed', proof: /^redis-node0: the kernel lets it write 49 KB in a second at most$/ })
  const client = stage.cluster.connect(MASTER)
  const written = async () => {
    const startMs = performance.now()
    await client.callWithin(20_000, 'SET', 'key', 'x'.repeat(100_000))
    return performance.now() - startMs
  }
  await written()
  t.ok((await written()) > 1000, 'each write waits until it is on the disk: 100 kB at 50 kB/s')
  t.match(await stage.play(step('restart', MASTER)), {
    proof: /applied again: redis-node0: the kernel lets it write 49/,
  })

  t.match(await stage.successor().faults.endAll(SIGNAL), [{ proof: 'redis-node0: it saves its data again' }])
  t.equal((await stage.servers.control.limitsOf(MASTER)).disk, undefined)
  await stage.faults.endAll(SIGNAL)
  const left = await new Docker().listContainers({ all: true, filters: { name: ['-writes-'] } })
  t.same(
    left.filter(({ Names }) => Names.join().includes(stage.servers.runId)),
    [],
    'no helper is left',
  )
}
