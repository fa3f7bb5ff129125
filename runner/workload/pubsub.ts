import { z } from 'zod'
import { FN, UNKNOWN } from '../record/history-codes.ts'
import type { Operation, Reply } from './client/operation.ts'
import { Subscription } from './client/subscription.ts'
import type { Workload, WorkloadKind, WorkloadSetup, WorkloadTools } from './kind.ts'
import { commonOptions, workloadSchema } from './option-schemas.ts'

const SUBSCRIBERS = 2
/** What was published last must arrive before the subscribers leave, ms. */
const LINGER_MS = 300

const { client: _client, ioredis: _ioredis, options: _options, ...plainOptions } = commonOptions

/** Clients publish messages, each once; subscribers record what they are sent, and when they were not subscribed. */
export const pubsub: WorkloadKind = {
  name: 'pubsub',
  summary: 'Publishes messages, each once, and records which subscriber was sent which: loss and duplicates show',
  example: '{ type: pubsub, rate: 100/s, channels: 6, sharded: true }',
  schema: workloadSchema('pubsub', {
    ...plainOptions,
    channels: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('How many channels, spread over the shards; 10 if not given'),
    sharded: z
      .boolean()
      .optional()
      .describe('Sharded channels (SPUBLISH, from Redis 7.0), which only the shard of their slot carries'),
    subscribers: z
      .number()
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('Subscribers, each to all channels; 2 if not given'),
  }),
  mix: { publish: 1 },
  keys: 10,
  open: (setup) => new PubSub(setup),
}

class PubSub implements Workload {
  readonly #setup: WorkloadSetup
  readonly #sharded: boolean
  readonly #subscribers: number
  readonly #channelNumbers = new Map<string, number>()
  #subscriptions: Subscription[] = []
  #published = 0

  constructor(setup: WorkloadSetup) {
    this.#setup = setup
    const { own } = setup.options
    this.#sharded = own.sharded === true
    this.#subscribers = typeof own.subscribers === 'number' ? own.subscribers : SUBSCRIBERS
    for (const { name, slot } of setup.keys) this.#channelNumbers.set(name, setup.history.key(name, slot))
  }

  async start(tools: WorkloadTools): Promise<void> {
    for (let subscriber = 0; subscriber < this.#subscribers; subscriber += 1) {
      this.#subscriptions.push(
        ...(this.#sharded ? this.#ofShards(subscriber, tools) : [this.#ofAll(subscriber, tools)]),
      )
    }
    await Promise.all(this.#subscriptions.map((subscription) => subscription.start()))
  }

  operation(fn: number, key: number): Operation {
    const { keys, values } = this.#setup
    const { name = '', slot = 0 } = keys[key] ?? {}
    this.#published += 1
    return {
      fn,
      key: this.#channelNumbers.get(name) ?? 0,
      a: this.#published,
      b: UNKNOWN,
      slot,
      replica: false,
      commands: [[this.#sharded ? 'SPUBLISH' : 'PUBLISH', name, values.text(this.#published)]],
      work: 1,
      judge: ([reply]: readonly Reply[]) => values.read(reply),
    }
  }

  /** Nothing is kept: there is nothing to read. */
  finalReads(): Operation[] {
    return []
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS))
    this.halt()
  }

  halt(): void {
    for (const subscription of this.#subscriptions) subscription.close()
    this.#subscriptions = []
  }

  /**
   * One connection for all channels, at any node: each subscriber begins at another, and moves on when that one fails.
   */
  #ofAll(subscriber: number, tools: WorkloadTools): Subscription {
    const count = tools.nodes.length
    const nodeFor = (attempt: number) => (subscriber + attempt) % count
    return this.#subscription(
      subscriber,
      this.#setup.keys.map(({ name }) => name),
      nodeFor,
      tools,
    )
  }

  /** One connection for each shard's channels, at the owner of their slots. */
  #ofShards(subscriber: number, tools: WorkloadTools): Subscription[] {
    const { keys } = this.#setup
    return [...new Set(keys.map(({ shard }) => shard))].map((shard) => {
      const own = keys.filter((key) => key.shard === shard)
      const nodeFor = (attempt: number) => {
        if (attempt > 0) tools.doubt()
        return tools.ownerOf(own[0]?.slot ?? 0)
      }
      return this.#subscription(
        subscriber,
        own.map(({ name }) => name),
        nodeFor,
        tools,
      )
    })
  }

  #subscription(
    subscriber: number,
    channels: readonly string[],
    nodeFor: (attempt: number) => number | undefined,
    { nodes, password, nodeNumbers, now }: WorkloadTools,
  ): Subscription {
    const { history, options, values } = this.#setup
    // Subscribers are clients too, numbered behind those that publish.
    const client = options.clients + subscriber
    const moment = (fn: number, channel: string, message: number, node: number) =>
      history.moment(fn, client, this.#channelNumbers.get(channel) ?? 0, message, nodeNumbers[node] ?? 0, now())
    return new Subscription({
      nodes,
      password,
      channels,
      nodeFor,
      sharded: this.#sharded,
      onSubscribed: (channel, node) => moment(FN.subscribe, channel, UNKNOWN, node),
      onMessage: (channel, text, node) => moment(FN.deliver, channel, values.read(Buffer.from(text)), node),
      onUnsubscribed: (channel, node) => moment(FN.unsubscribe, channel, UNKNOWN, node),
    })
  }
}
