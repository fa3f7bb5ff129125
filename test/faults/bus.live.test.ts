import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { requireDebian } from '../support/debian.ts'
import { requireEngine } from '../support/docker.ts'
import { step } from '../support/fake-stage.ts'
import { type LiveStageOptions, liveStage, PASSWORD } from '../support/live-stage.ts'

const [FROM, TO, OTHER] = ['redis-node0', 'redis-node1', 'redis-node2'] as const
const SIGNAL = new AbortController().signal

/** A cluster whose nodes tell each other what clients publish, and subscribers that hear it. */
async function stand(t: Test, options: LiveStageOptions) {
  const settings = { 'cluster-node-timeout': '1000' }
  const stage = await liveStage(t, { shards: 3, replicas: 0, needs: { links: true }, settings, ...options })
  const play = (verb: string, arg: unknown, more = {}) => stage.play(step(verb, arg, more))
  const listen = async (node: string) => {
    const { port } = stage.cluster.node(node)
    const subscriber = new Redis({ port, host: '127.0.0.1', password: PASSWORD })
    t.teardown(() => subscriber.disconnect())
    const heard: string[] = []
    subscriber.on('message', (_, message) => heard.push(message))
    await subscriber.subscribe('news')
    return {
      /** What was heard since it was last asked for, when this has come. */
      until: async (message: string) => {
        const startMs = systemClock.ranMs()
        while (!heard.includes(message) && systemClock.ranMs() - startMs < 5000) await systemClock.sleep(5)
        return heard.splice(0)
      },
    }
  }
  const [there, elsewhere] = [await listen(TO), await listen(OTHER)]
  const publish = (message: string) => stage.cluster.node(FROM).client.call('PUBLISH', 'news', message)
  // A node that has just met another may not have its connection to it yet.
  for (const one of [there, elsewhere]) {
    let heard: string[] = []
    for (let tries = 0; heard.length === 0 && tries < 5; tries += 1) {
      await publish('hello')
      heard = await one.until('hello')
    }
  }
  await publish('settled')
  await Promise.all([there.until('settled'), elsewhere.until('settled')])
  return { stage, play, publish, there, elsewhere }
}

const PACKETS = { from: FROM, to: TO, type: 'publish' }

type Stand = Awaited<ReturnType<typeof stand>>

async function areDropped(t: Test, { play, publish, there, elsewhere }: Stand): Promise<void> {
  t.match(await play('bus', { ...PACKETS, drop: true }), { verdict: 'passed' })
  await publish('lost')
  t.strictSame(await elsewhere.until('lost'), ['lost'], 'other links are whole')
  t.match(await play('heal', 'bus'), { verdict: 'passed', proof: /1 publish packet dropped; all packets pass again/ })
  await publish('after')
  t.strictSame(await there.until('after'), ['after'])
}

async function comeLate(t: Test, { play, publish, there, elsewhere }: Stand): Promise<void> {
  t.match(await play('bus', { ...PACKETS, delay: '60s' }), { verdict: 'passed' })
  await publish('late')
  await elsewhere.until('late')
  t.match(await play('heal', 'bus'), { verdict: 'passed', proof: /1 publish packet delayed/ })
  t.strictSame(await there.until('late'), ['late'], 'what was on its way comes')
}

async function comeTwice(t: Test, { stage, play, publish, there }: Stand): Promise<void> {
  t.match(await play('bus', { ...PACKETS, duplicate: true }), { verdict: 'passed' })
  await publish('twice')
  const pings = { from: FROM, to: TO, type: 'ping', duplicate: true }
  t.match(await play('bus', pings), { verdict: 'passed', proof: /ping packets? sent twice/ })
  await t.resolves(stage.successor().faults.endAll(SIGNAL), 'whoever comes after a runner that died can heal it')
  await publish('once')
  t.strictSame(await there.until('once'), ['twice', 'twice', 'once'])
}

t.test('between processes', async (t) => {
  if (!(await requireDebian(t))) return
  const made = await stand(t, { server: 'redis:7.0' })
  for (const one of [areDropped, comeLate, comeTwice]) await one(t, made)
  t.match(await made.play('expect', { cluster: 'healthy' }, { withinMs: 10_000 }), { verdict: 'passed' })
  t.same(made.stage.bugs, [])
})

t.test('with the short header of Valkey', async (t) => {
  if (await requireDebian(t)) await areDropped(t, await stand(t, { server: 'valkey:9.1' }))
})

t.test('between containers', async (t) => {
  if (await requireEngine(t)) await comeLate(t, await stand(t, { platform: 'docker' }))
})
