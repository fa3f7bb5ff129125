import type { Test } from 'tap'
import { onEachPlatform } from '../support/each-platform.ts'
import { step } from '../support/fake-stage.ts'
import type { LiveStage } from '../support/live-stage.ts'

const BOTH = ['redis-node0', 'redis-node1']
const [MASTER] = BOTH as [string]

function ask({ cluster }: LiveStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  return cluster.node(node).data.callWithin(10_000, ...words)
}

async function askBoth(stage: LiveStage, ...words: [string, ...string[]]): Promise<void> {
  for (const node of BOTH) await ask(stage, node, ...words)
}

async function startBoth(t: Test, stage: LiveStage): Promise<void> {
  t.match(await stage.play(step('start', BOTH)), { verdict: 'passed' })
  await healthy(t, stage)
}

async function healthy(t: Test, stage: LiveStage): Promise<void> {
  t.match(await stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 15_000 })), { verdict: 'passed' })
}

onEachPlatform('a power cut', async (t, on) => {
  const stage = await on.cluster({ settings: { appendfsync: 'always' }, needs: { powerCut: true } })
  await askBoth(stage, 'CLUSTER', 'SAVECONFIG')

  await t.test('loses nothing that was acknowledged where each write is synced', async (t) => {
    for (let i = 0; i < 20; i += 1) await ask(stage, MASTER, 'SET', `key${i}`, 'value')
    const outcome = await stage.play(step('power-cut', BOTH))
    const killed = 'redis-node0: (process was killed by SIGKILL|container exited with code 137), no longer answers; '
    const told = new RegExp(`^${killed}.* \\(all 2 within [\\d.]+ m?s\\); redis-node1: `)
    t.match(outcome, { verdict: 'passed', proof: told })
    // What a node noted of the cluster, without syncing it, may be lost.
    t.notMatch(outcome.proof?.split('; redis-node1: ')[0], /appendonly/)
    await startBoth(t, stage)
    t.equal(await ask(stage, MASTER, 'DBSIZE'), 20)
  })

  await t.test('loses what was written since the file was begun where nothing is synced', async (t) => {
    await askBoth(stage, 'CONFIG', 'SET', 'appendfsync', 'no')
    await ask(stage, MASTER, 'SET', 'lost', 'value')
    t.match(await stage.play(step('power-cut', BOTH)), {
      verdict: 'passed',
      proof: /redis-node0: .*; lost from its disk: the last \d+ bytes of appendonlydir\/appendonly\.aof\.\d\.incr\.aof/,
    })
    await startBoth(t, stage)
    t.equal(await ask(stage, MASTER, 'EXISTS', 'lost'), 0)
    t.equal(await ask(stage, MASTER, 'DBSIZE'), 20, 'and no more than that')
  })

  await t.test('leaves what a rewrite has put in place of the file, which is synced', async (t) => {
    await askBoth(stage, 'CONFIG', 'SET', 'appendfsync', 'no')
    await ask(stage, MASTER, 'SET', 'rewritten', 'value')
    await ask(stage, MASTER, 'BGREWRITEAOF')
    const isDone = async () =>
      /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/.test(
        String(await ask(stage, MASTER, 'INFO', 'persistence')),
      )
    while (!(await isDone()));
    await ask(stage, MASTER, 'SET', 'lost', 'value')
    t.match(await stage.play(step('power-cut', MASTER, { forMs: 50 })), {
      verdict: 'passed',
      proof: /after 50 ms: start/,
    })
    await healthy(t, stage)
    t.equal(await ask(stage, MASTER, 'EXISTS', 'rewritten'), 1)
    t.equal(await ask(stage, MASTER, 'EXISTS', 'lost'), 0)
  })

  await t.test('is over when the nodes are healed', async (t) => {
    await stage.play(step('power-cut', BOTH))
    t.match(await stage.play(step('heal', 'all')), { verdict: 'passed', proof: /redis-node0: .* is running/ })
  })

  await t.test('a file that was damaged meanwhile is put right by a later runner', async (t) => {
    await stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 15_000 }))
    const before = await ask(stage, MASTER, 'DBSIZE')
    await stage.play(step('stop', MASTER))
    const damage = { node: MASTER, file: 'aof', how: 'truncated', bytes: 30 }
    t.match(await stage.play(step('damage', damage)), { verdict: 'passed', proof: /the last 30 of the \d+ bytes/ })
    const healed = await stage.successor().faults.endAll(new AbortController().signal)
    t.match(healed, [{ proof: /is again what it was \(sha256 / }])
    await stage.faults.endAll(new AbortController().signal)
    await stage.play(step('start', MASTER))
    t.equal(await ask(stage, MASTER, 'DBSIZE'), before)
  })
  t.same(stage.bugs, [])
})
