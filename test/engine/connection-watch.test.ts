import t from 'tap'
import type { LiveCluster, LiveNode } from '../../runner/cluster/live-cluster.ts'
import { ConnectionWatch } from '../../runner/engine/connection-watch.ts'
import type { Recorder } from '../../runner/record/event-log.ts'
import type { EventBody } from '../../runner/record/events.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** A clock whose sleepers wake when a test says so. */
class SteppedClock extends FakeClock {
  readonly #waiting: (() => void)[] = []

  override async sleep(_: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** A second passes, and everything that it wakes is done. */
  async second(): Promise<void> {
    this.ms += 1000
    for (const wake of this.#waiting.splice(0)) wake()
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A server with connections: ids of the users that they are of. */
class Server {
  life = 'first'
  isUp = true
  users: Record<number, string> = {}

  node(name: string): LiveNode {
    const list = () =>
      Object.entries(this.users)
        .map(([id, user]) => `id=${id} addr=127.0.0.1:1 name= flags=N user=${user} cmd=get\n`)
        .join('')
    const pipeline = async () =>
      this.isUp ? [list(), `# Server\r\nrun_id:${this.life}\r\n`] : [new Error('gone'), new Error('gone')]
    return { name, client: { pipeline } } as unknown as LiveNode
  }
}

function watching(servers: Record<string, Server>) {
  const clock = new SteppedClock()
  const events: EventBody[] = []
  const recorder = {
    record: (event: EventBody) => events.push(event),
    timeOf: (nowMs: number) => nowMs - 1000,
  } as unknown as Recorder
  const nodes = Object.entries(servers).map(([name, server]) => server.node(name))
  const cluster = { nodes, onNode: (listener: (node: LiveNode) => void) => nodes.forEach(listener) }
  const users = new Map([['load-1', 'shop']])
  const watch = new ConnectionWatch(cluster as unknown as LiveCluster, { recorder, clock, scenario: 0, users })
  const news = () => events.splice(0).map(({ type, ...rest }) => rest)
  return { watch, clock, news }
}

t.test('connections of a workload are told by its user, and only what changes is recorded', async (t) => {
  const server = new Server()
  server.users = { 3: 'load-1', 4: 'redis-chaos', 5: 'default', 6: 'load-11' }
  const { watch, clock, news } = watching({ n: server })
  await watch.begin()
  const own = { scenario: 0, workload: 'shop', node: 'n' }
  t.strictSame(news(), [{ ...own, seenMs: 0, moment: 'begin', open: 1, opened: 1, closed: 0 }])
  await clock.second()
  t.strictSame(news(), [], 'nothing has changed')
  server.users = { 7: 'load-1', 8: 'load-1' }
  await clock.second()
  t.strictSame(news(), [{ ...own, seenMs: 2000, open: 2, opened: 2, closed: 1 }])
  await watch.end()
  t.strictSame(news(), [{ ...own, seenMs: 2000, moment: 'end', open: 2, opened: 0, closed: 0 }])
  await watch.end()
  await clock.second()
  t.strictSame(news(), [], 'it has ended')
})

t.test('a server that gives no answer, and one that was started anew', async (t) => {
  const server = new Server()
  server.users = { 3: 'load-1' }
  const { watch, clock, news } = watching({ n: server })
  await watch.begin()
  news()
  server.isUp = false
  await clock.second()
  t.match(news(), [{ silent: true, open: 1, opened: 0, closed: 0 }])
  await clock.second()
  t.strictSame(news(), [], 'that is told once')
  server.isUp = true
  await clock.second()
  t.match(news(), [{ open: 1, opened: 0, closed: 0 }], 'it had only been silent')
  Object.assign(server, { life: 'second' })
  await clock.second()
  t.match(news(), [{ open: 1, opened: 1, closed: 1 }], 'the same number is another connection now')
  server.isUp = false
  await watch.end()
  t.match(news(), [{ moment: 'end', silent: true, open: 1 }])
})
