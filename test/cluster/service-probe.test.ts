import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { systemClock } from '../../runner/base/clock.ts'
import { ReplyError } from '../../runner/cluster/reply-errors.ts'
import { type ProbeClient, probeService } from '../../runner/cluster/service-probe.ts'
import type { ServiceObservation } from '../../runner/record/observations.ts'
import { FakeClock } from '../support/fake-clock.ts'

t.test('a shard that a replica from elsewhere has taken over is seen to be served', async (t) => {
  const seen: ServiceObservation[] = []
  const served = () => seen.at(-1)?.served
  let owner = 'redis-node0'
  const answers = (name: string) => async () => {
    if (name === 'redis-node0' && owner !== name) throw new Error('connection reset')
    if (name !== owner)
      throw new Error(owner === 'nobody' ? 'CLUSTERDOWN The cluster is down' : `MOVED 0 127.0.0.1:701${owner.at(-1)}`)
    return null
  }
  const nodes = ['redis-node0', 'redis-node1', 'redis-node2', 'redis-node3']
  const stop = probeService({
    // It has no replica when probing begins.
    shards: [{ number: 1, slots: [[0, 16383]], nodes: ['redis-node0'] }],
    clients: nodes.map((name) => ({ name, callWithin: answers(name), close: () => undefined })),
    clock: systemClock,
    nameOfAddress: (_, port) => `redis-node${port - 7010}`,
    everyMs: () => 5,
    onChange: (change) => seen.push(change),
  })
  t.teardown(stop)
  const until = async (holds: () => boolean) => {
    for (const endMs = Date.now() + 10_000; !holds() && Date.now() < endMs; ) await systemClock.sleep(5)
    return holds()
  }
  t.ok(await until(() => served() === true), 'it is served at first')
  owner = 'nobody'
  t.ok(await until(() => served() === false), 'then it is not')
  owner = 'redis-node2'
  t.ok(await until(() => served() === true), 'and then by another')
  t.equal(seen.at(-1)?.node, 'redis-node2')
})

/** Sleepers are woken by the test alone. */
class HeldClock extends FakeClock {
  readonly #sleepers: (() => void)[] = []

  override sleep(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve))
  }

  async wakeAt(ms: number): Promise<void> {
    this.ms = ms
    for (const wake of this.#sleepers.splice(0)) wake()
    await turn()
  }
}

/** A node whose writes are answered by the test. */
class HeldNode implements ProbeClient {
  readonly name: string
  readonly #clock: FakeClock
  #answer: { resolve: (value: unknown) => void; reject: (error: unknown) => void } | undefined

  constructor(name: string, clock: FakeClock) {
    this.name = name
    this.#clock = clock
  }

  callWithin(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject }
    })
  }

  close(): void {
    this.#answer?.resolve(null)
  }

  async serves(atMs: number): Promise<void> {
    this.#clock.ms = atMs
    this.#answer?.resolve(null)
    await turn()
  }

  async refuses(atMs: number): Promise<void> {
    this.#clock.ms = atMs
    this.#answer?.reject(new ReplyError(this.name, 'CLUSTERDOWN The cluster is down'))
    await turn()
  }
}

t.test('a node may serve since its own last refusal, not since that of another', async (t) => {
  const clock = new HeldClock(1000)
  const [master, replica] = [new HeldNode('redis-node0', clock), new HeldNode('redis-node1', clock)]
  const seen: ServiceObservation[] = []
  t.teardown(
    probeService({
      shards: [{ number: 1, slots: [[0, 16_383]], nodes: [master.name, replica.name] }],
      clients: [master, replica],
      clock,
      nameOfAddress: () => undefined,
      everyMs: () => 20,
      onChange: (change) => seen.push(change),
    }),
  )
  await master.serves(1001)
  await clock.wakeAt(1020)
  await master.refuses(1021)
  await clock.wakeAt(1040)
  await replica.refuses(1042)
  await master.refuses(1043)
  await clock.wakeAt(1060)
  await master.refuses(1062)
  await replica.serves(1063)
  t.match(seen, [
    { served: true, node: 'redis-node0' },
    { served: false, error: 'CLUSTERDOWN', afterMs: 1001, seenMs: 1021 },
    { served: true, node: 'redis-node1', afterMs: 1042, seenMs: 1063 },
  ])

  await clock.wakeAt(1080)
  await replica.refuses(1081)
  await clock.wakeAt(1100)
  await replica.refuses(1101)
  await master.serves(1102)
  t.match(seen.slice(3), [
    { served: false, afterMs: 1063, seenMs: 1081 },
    { served: true, node: 'redis-node0', afterMs: 1081, seenMs: 1102 },
  ])
})
