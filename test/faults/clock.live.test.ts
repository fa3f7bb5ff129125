import { readdirSync } from 'node:fs'
import type { Test } from 'tap'
import { onEachPlatform } from '../support/each-platform.ts'
import { step } from '../support/fake-stage.ts'
import type { LiveStage } from '../support/live-stage.ts'

const [MASTER, REPLICA] = ['redis-node0', 'redis-node1'] as const
const SIGNAL = new AbortController().signal

async function offset({ cluster }: LiveStage, node: string): Promise<number> {
  const [seconds] = (await cluster.node(node).data.callWithin(5000, 'TIME')) as [string]
  return Number(seconds) - Math.floor(Date.now() / 1000)
}

function ask({ cluster }: LiveStage, node: string, ...words: [string, ...string[]]): Promise<unknown> {
  return cluster.node(node).data.callWithin(5000, ...words)
}

onEachPlatform('a server whose clock is off', async (t, on) => {
  const stage = await on.cluster({ needs: { clock: true } })
  const near = (t: Test, seen: number, wanted: number) =>
    t.ok(Math.abs(seen - wanted) <= 1, `${seen} s, and should be ${wanted}`)

  await t.test('is right unless it is asked for', async (t) => near(t, await offset(stage, MASTER), 0))

  await t.test('is ahead: keys expire early, and durations stay what they are', async (t) => {
    await ask(stage, MASTER, 'SET', 'key', 'value', 'EX', '20')
    t.match(await stage.play(step('clock', { node: MASTER, skew: '30s' })), {
      verdict: 'passed',
      proof: /^redis-node0: TIME is (30\.\d\d|29\.9\d) s ahead$/,
    })
    near(t, await offset(stage, MASTER), 30)
    near(t, await offset(stage, REPLICA), 0)
    t.equal(await ask(stage, MASTER, 'GET', 'key'), null)
    const uptime = async () =>
      Number(/uptime_in_seconds:(\d+)/.exec(String(await ask(stage, MASTER, 'INFO', 'server')))?.[1])
    t.ok((await uptime()) < 120)
    t.match(await stage.play(step('expect', { cluster: 'healthy' }, { withinMs: 10_000 })), { verdict: 'passed' })
  })

  await t.test('is off still after a restart', async (t) => {
    await stage.play(step('restart', MASTER))
    near(t, await offset(stage, MASTER), 30)
  })

  await t.test('two faults add up, and each is healed alone', async (t) => {
    t.match(await stage.play(step('clock', { node: [MASTER, REPLICA], skew: '-1h' })), {
      verdict: 'passed',
      proof: /redis-node0: TIME is 59 min (29|30) s behind; redis-node1: TIME is 60 min 0 s behind/,
    })
    near(t, await offset(stage, MASTER), -3570)
    const [ahead] = stage.faults.active
    await stage.faults.end(ahead?.id ?? '', SIGNAL)
    near(t, await offset(stage, MASTER), -3600)
  })

  await t.test('is put right by a later runner', async (t) => {
    t.match(await stage.successor().faults.endAll(SIGNAL), [
      { proof: 'redis-node0: TIME is right; redis-node1: TIME is right' },
    ])
    near(t, await offset(stage, MASTER), 0)
    near(t, await offset(stage, REPLICA), 0)
    await stage.faults.endAll(SIGNAL)
  })

  await t.test('leaves nothing in shared memory', async (t) => {
    t.same(
      readdirSync('/dev/shm').filter((name) => name.includes('faketime')),
      [],
    )
  })
  t.same(stage.bugs, [])
})

onEachPlatform('a server without a clock of its own', async (t, on) => {
  const stage = await on.cluster({ replicas: 0 })
  t.match(await stage.play(step('clock', { node: MASTER, skew: '30s' })), {
    verdict: 'inconclusive',
    error: { message: 'a wrong clock is unsupported here: the servers were made without clocks of their own' },
  })
  t.same(stage.faults.active, [])
})
