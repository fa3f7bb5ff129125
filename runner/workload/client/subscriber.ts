import type { Redis } from 'ioredis'
import { afterRunning } from '../../base/time-limit.ts'
import { bareConnection } from '../../cluster/bare-connection.ts'
import type { NodeAddress } from './slot-map.ts'

export interface SubscriberOptions {
  node: NodeAddress
  password: string
  channels: readonly string[]
  /** By SSUBSCRIBE, where the slots of all channels are this node's; otherwise by SUBSCRIBE. */
  sharded: boolean
  /** The server has confirmed the subscription. */
  onSubscribed(channel: string): void
  onMessage(channel: string, text: string): void
  /** It is over, whatever ended it; nothing is told after that. */
  onEnd(): void
}

/** Limit for connecting and subscribing, and for the answer to a PING, ms. */
const ANSWER_WITHIN_MS = 1000
const PING_EVERY_MS = 500

/**
 * One connection to one node that is subscribed to channels, for as long as it lasts: until it breaks, the node is
 * silent, or the server takes a channel away because its slot has moved.
 */
export class Subscriber {
  readonly #options: SubscriberOptions
  readonly #redis: Redis
  #pings: NodeJS.Timeout | undefined
  #ended = false

  constructor(options: SubscriberOptions) {
    this.#options = options
    const { host, port, guard } = options.node
    this.#redis = bareConnection({ host, port, guard, password: options.password })
    // What goes wrong ends the connection, and the end is told.
    this.#redis.on('error', () => undefined)
    this.#redis.on('end', () => this.end())
    // A channel was taken away by the server: its slot has another owner now.
    this.#redis.on('moved', () => this.end())
    this.#redis.on(options.sharded ? 'smessage' : 'message', (channel: string, text: string) => {
      if (!this.#ended) options.onMessage(channel, text)
    })
  }

  /** Connects and subscribes. Never rejects: a failure ends it. */
  async start(): Promise<void> {
    const cancel = afterRunning(ANSWER_WITHIN_MS, () => this.end())
    try {
      await this.#redis.connect()
      await Promise.all(this.#options.channels.map((channel) => this.#subscribe(channel)))
      if (!this.#ended) this.#pings = setInterval(() => void this.#ping(), PING_EVERY_MS)
    } catch {
      this.end()
    } finally {
      cancel()
    }
  }

  /** Ends it now, if it has not ended. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#pings)
    this.#redis.disconnect()
    this.#redis.stream?.destroy()
    this.#options.onEnd()
  }

  async #subscribe(channel: string): Promise<void> {
    if (this.#options.sharded) await this.#redis.ssubscribe(channel)
    else await this.#redis.subscribe(channel)
    if (!this.#ended) this.#options.onSubscribed(channel)
  }

  /** A silent peer looks like a quiet channel: only an answer tells them apart. */
  async #ping(): Promise<void> {
    const cancel = afterRunning(ANSWER_WITHIN_MS, () => this.end())
    try {
      await this.#redis.ping()
    } catch {
      this.end()
    } finally {
      cancel()
    }
  }
}
