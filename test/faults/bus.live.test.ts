import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { requireDebian } from '../support/debian.ts'
import { requireEngine } from '../support/docker.ts'
import { step } from '../support/fake-stage.ts'
import { type LiveStageOptions, liveStage, PASSWORD } from '../support/live-stage.ts'

const [A, B, C] = ['redis-node0', 'redis-node1', 'redis-node2'] as const
const SIGNAL = new AbortController().signal

interface Subscriber {
  /** What was heard since it was last asked for, when this has come. */
  until(message: string): Promise<string[]>
}

/** From one node to another; a third hears it too. */
interface Way {
  from: string
  to: string
  there: Subscriber
  elsewhere: Subscriber
  publish(message: string): Promise<unknown>
}

/** A cluster whose nodes tell each other what clients publish, and subscribers that hear it. */
async function stand(t: Test, options: LiveStageOptions) {
  const settings = { 'cluster-node-timeout': '1000' }
  const stage = await liveStage(t, { shards: 3, replicas: 0, needs: { links: true }, settings, ...options })
  const play = (verb: string, arg: unknown, more = {}) => stage.play(step(verb, arg, more))
  const listen = async (node: string, channel: string): Promise<Subscriber> => {
    const { port } = stage.cluster.node(node)
    const subscriber = new Redis({ port, host: '127.0.0.1', password: PASSWORD })
    t.teardown(() => subscriber.disconnect())
    const heard: string[] = []
    subscriber.on('message', (_, message) => heard.push(message))
    await subscriber.subscribe(channel)
    return {
      until: async (message) => {
        const startMs = systemClock.ranMs()
        while (!heard.includes(message) && systemClock.ranMs() - startMs < 5000) await systemClock.sleep(5)
        return heard.splice(0)
      },
    }
  }
  const way = async (from: string, to: string): Promise<Way> => {
    const publish = (message: string) => stage.cluster.node(from).client.call('PUBLISH', `of ${from}`, message)
    return { from, to, publish, there: await listen(to, `of ${from}`), elsewhere: await listen(C, `of ${from}`) }
  }
  const [forth, back] = [await way(A, B), await way(B, A)]
  // A node that has just met another may not have its connection to it yet.
  for (const { publish, there, elsewhere } of [forth, back]) {
    for (const one of [there, elsewhere]) {
      let heard: string[] = []
      for (let tries = 0; heard.length === 0 && tries < 5; tries += 1) {
        await publish('hello')
        heard = await one.until('hello')
      }
    }
    await publish('settled')
    for (const one of [there, elsewhere]) await one.until('settled')
  }
  return { stage, play, forth, back }
}

type Stand = Awaited<ReturnType<typeof stand>>

async function areDropped(t: Test, { play }: Stand, { from, to, publish, there, elsewhere }: Way): Promise<void> {
  t.match(await play('bus', { from, to, type: 'publish', drop: true }), { verdict: 'passed' })
  await publish('lost')
  t.strictSame(await elsewhere.until('lost'), ['lost'], 'other links are whole')
  t.match(await play('heal', 'bus'), { verdict: 'passed', proof: /1 publish packet dropped; all packets pass again/ })
  await publish('after')
  t.strictSame(await there.until('after'), ['after'])
  await elsewhere.until('after')
}

async function gossipIsLost(t: Test, { play }: Stand): Promise<void> {
  t.match(await play('bus', { from: A, to: B, type: ['ping', 'pong'], drop: true }), {
    verdict: 'passed',
    proof: /p[io]ng packets? dropped/,
  })
  t.match(await play('heal', 'bus'), { verdict: 'passed', proof: /all packets pass again/ })
}

async function comeLate(t: Test, { play, back }: Stand, { from, to, publish, there, elsewhere }: Way): Promise<void> {
  t.match(await play('bus', { from, to, type: 'publish', delay: '60s' }), { verdict: 'passed' })
  await publish('late')
  await elsewhere.until('late')
  await back.publish('back')
  t.strictSame(await back.there.until('back'), ['back'], 'the other direction is whole')
  t.match(await play('heal', 'bus'), { verdict: 'passed', proof: /1 publish packet delayed/ })
  t.strictSame(await there.until('late'), ['late'], 'what was on its way comes')
}

async function comeTwice(t: Test, { stage, play }: Stand, { from, to, publish, there }: Way): Promise<void> {
  t.match(await play('bus', { from, to, type: 'publish', duplicate: true }), { verdict: 'passed' })
  await publish('twice')
  const pings = { from, to, type: 'ping', duplicate: true }
  t.match(await play('bus', pings), { verdict: 'passed', proof: /ping packets? sent twice/ })
  await t.resolves(stage.successor().faults.endAll(SIGNAL), 'whoever comes after a runner that died can heal it')
  await publish('once')
  t.strictSame(await there.until('once'), ['twice', 'twice', 'once'])
}

t.test('between processes', async (t) => {
  if (!(await requireDebian(t))) return
  const made = await stand(t, { server: 'redis:7.0' })
  await areDropped(t, made, made.forth)
  await areDropped(t, made, made.back)
  await comeLate(t, made, made.forth)
  await comeTwice(t, made, made.forth)
  t.match(await made.play('expect', { cluster: 'healthy' }, { withinMs: 10_000 }), { verdict: 'passed' })
  t.same(made.stage.bugs, [])
})

t.test('with the short header of Valkey', async (t) => {
  if (!(await requireDebian(t))) return
  const made = await stand(t, { server: 'valkey:9.1' })
  await areDropped(t, made, made.forth)
})

t.test('of Redis 6, which has fewer types', async (t) => {
  if (!(await requireDebian(t))) return
  const made = await stand(t, { server: 'redis:6.0' })
  await areDropped(t, made, made.forth)
  const shards = await made.play('bus', { from: A, to: B, type: 'publish-shard', drop: true })
  const message = /publish-shard packets is unsupported here: redis-node0 is redis 6\.0\.\d+, which has none/
  t.match(shards, { verdict: 'inconclusive', error: { message } })
})

t.test('between containers', async (t) => {
  if (!(await requireEngine(t))) return
  const made = await stand(t, { platform: 'docker' })
  // The first fault opens the links: what asks for the way there is a ping, too.
  await gossipIsLost(t, made)
  await areDropped(t, made, made.forth)
  await areDropped(t, made, made.back)
  await comeLate(t, made, made.forth)
  t.match(await made.play('expect', { cluster: 'healthy' }, { withinMs: 10_000 }), { verdict: 'passed' })
})
