import type { NodeAddress } from './slot-map.ts'
import { Subscriber } from './subscriber.ts'

export interface SubscriptionOptions {
  nodes: readonly NodeAddress[]
  password: string
  channels: readonly string[]
  sharded: boolean
  /** The node to be subscribed at, by its place in the list; `attempt` counts from 0. Undefined: none is known now. */
  nodeFor(attempt: number): number | undefined
  onSubscribed(channel: string, node: number): void
  onMessage(channel: string, text: string, node: number): void
  /** Told for each channel that was subscribed. */
  onUnsubscribed(channel: string, node: number): void
}

/** Pause before the next node is tried, ms. */
const RETRY_EVERY_MS = 50

/** Keeps some channels subscribed: when a connection ends, on the next node that will have it. */
export class Subscription {
  readonly #options: SubscriptionOptions
  #subscriber: Subscriber | undefined
  #retry: NodeJS.Timeout | undefined
  #attempt = 0
  #closed = false

  constructor(options: SubscriptionOptions) {
    this.#options = options
  }

  /** Resolves when the first attempt to subscribe has succeeded or failed. */
  async start(): Promise<void> {
    const { nodes, password, channels, sharded, nodeFor, onSubscribed, onMessage, onUnsubscribed } = this.#options
    const place = nodeFor(this.#attempt)
    const node = place === undefined ? undefined : nodes[place]
    this.#attempt += 1
    if (place === undefined || node === undefined) {
      this.#startLater()
      return
    }
    const open = new Set<string>()
    this.#subscriber = new Subscriber({
      node,
      password,
      channels,
      sharded,
      onSubscribed: (channel) => {
        open.add(channel)
        onSubscribed(channel, place)
      },
      onMessage: (channel, text) => onMessage(channel, text, place),
      onEnd: () => {
        for (const channel of open) onUnsubscribed(channel, place)
        this.#startLater()
      },
    })
    await this.#subscriber.start()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#subscriber?.end()
  }

  #startLater(): void {
    if (!this.#closed) this.#retry = setTimeout(() => void this.start(), RETRY_EVERY_MS)
  }
}
