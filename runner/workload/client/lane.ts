import { Command, type Redis } from 'ioredis'
import { codeOf } from '../../base/errors.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { bareConnection } from '../../cluster/bare-connection.ts'
import type { Guard } from '../../platforms/guarded-connector.ts'
import type { Reply, Words } from './operation.ts'

export interface LaneOptions {
  host: string
  port: number
  /** Default: the user `default`. */
  username?: string | undefined
  /** Empty: the server asks for none. */
  password: string
  /** Who may be there: to others nothing is sent. */
  guard?: Guard | undefined
  /** Ask to be served by a replica (READONLY). */
  readOnly: boolean
  /** Limit for connecting and authenticating, ms. */
  connectTimeoutMs: number
  /** Least time between the starts of two attempts to connect, ms: a node that is down must not be stormed. */
  connectEveryMs: number
  /** Monotonic ms, as all times of the workload. */
  now(): number
}

export type LossKind = 'refused' | 'timeout' | 'closed'

/** Commands on their way on one connection. Exactly one of `answered` and `lost` is called, unless it is cancelled. */
export interface Exchange {
  readonly commands: readonly Words[]
  /** Told when the bytes are handed to the connection of that number. */
  sent(connection: number, atMs: number): void
  /** All replies are there, in the order of the commands. */
  answered(replies: readonly Reply[]): void
  /** No connection came to be, or it broke. `replies`: what had come by then. */
  lost(kind: LossKind, replies: readonly Reply[]): void
  /** Nobody wants it any more: it is not sent if it has not been yet. */
  readonly cancelled: boolean
}

/**
 * One connection to one node, that many exchanges share: what is sent in one turn of the event loop leaves in one
 * write. It opens when it is first used and again after it broke. Nothing is ever sent twice. RESP2.
 */
export class Lane {
  readonly #options: LaneOptions
  #redis: Redis | undefined
  #ready = false
  #opening: Promise<void> | undefined
  #waiting: Exchange[] = []
  #connection = 0
  #lastAttemptMs = Number.NEGATIVE_INFINITY
  #lastReplyMs = Number.NEGATIVE_INFINITY
  #pause: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** When the node last answered on this lane; -∞ if it never did. */
  get lastReplyMs(): number {
    return this.#lastReplyMs
  }

  /** The number of the connection that is open; undefined if none is. */
  get connection(): number | undefined {
    return this.#usable() ? this.#connection : undefined
  }

  send(exchange: Exchange): void {
    const redis = this.#usable()
    if (redis) this.#write(redis, exchange)
    else if (!this.#closed) {
      this.#waiting.push(exchange)
      this.#openSoon()
    }
  }

  /** Opens the connection, if it is not open. Resolves when it is, or when the attempt has failed. */
  async open(): Promise<void> {
    if (this.#closed || this.#usable()) return
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  /** Gives the connection up; what is under way on it is lost as `closed`. The next exchange opens a new one. */
  drop(): void {
    const redis = this.#redis
    this.#redis = undefined
    this.#ready = false
    if (!redis) return
    redis.disconnect()
    // A silent peer never answers the polite end that `disconnect` sends.
    redis.stream?.destroy()
  }

  /** Ends it for good. */
  close(): void {
    this.#closed = true
    this.#waiting = []
    clearTimeout(this.#pause)
    this.drop()
  }

  #usable(): Redis | undefined {
    return this.#ready && this.#redis?.status === 'ready' && this.#redis.stream.writable ? this.#redis : undefined
  }

  #openSoon(): void {
    if (this.#opening !== undefined || this.#pause !== undefined) return
    const waitMs = this.#lastAttemptMs + this.#options.connectEveryMs - this.#options.now()
    if (waitMs <= 0) void this.open()
    else {
      this.#pause = setTimeout(() => {
        this.#pause = undefined
        void this.open()
      }, waitMs)
    }
  }

  async #open(): Promise<void> {
    this.drop()
    this.#lastAttemptMs = this.#options.now()
    const redis = this.#connect()
    this.#redis = redis
    let cause: Error | undefined
    redis.on('error', (error: Error) => {
      cause ??= error
    })
    let timedOut = false
    const cancel = afterRunning(this.#options.connectTimeoutMs, () => {
      timedOut = true
      redis.disconnect()
      redis.stream?.destroy()
    })
    try {
      await redis.connect()
    } catch (error) {
      if (this.#redis === redis) this.drop()
      this.#failWaiting(timedOut ? 'timeout' : lossOf(cause ?? error))
      return
    } finally {
      cancel()
    }
    if (this.#redis !== redis) return
    this.#ready = true
    this.#connection += 1
    this.#sendWaiting(redis)
  }

  #connect(): Redis {
    return bareConnection(this.#options)
  }

  #sendWaiting(redis: Redis): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const exchange of waiting) if (!exchange.cancelled) this.#write(redis, exchange)
  }

  #failWaiting(kind: LossKind): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const exchange of waiting) if (!exchange.cancelled) exchange.lost(kind, [])
  }

  #write(redis: Redis, exchange: Exchange): void {
    const { stream } = redis
    if (!stream.writableCorked) {
      stream.cork()
      setImmediate(() => stream.uncork())
    }
    exchange.sent(this.#connection, this.#options.now())
    const sending = new Sending(exchange, this)
    const { commands } = exchange
    for (let index = 0; index < commands.length; index += 1) {
      const [name = '', ...args] = commands[index] ?? []
      const command = new Command(name, args)
      // In place of the promise that ioredis would settle: one less turn of the event loop, and no reshaped replies.
      command.resolve = (reply: Reply) => sending.answer(index, reply)
      command.reject = (error: Error) => sending.refuse(index, error)
      redis.sendCommand(command)
    }
  }

  /** A reply came. */
  heard(): void {
    this.#lastReplyMs = this.#options.now()
  }
}

/** The replies to an exchange, as they come. */
class Sending {
  readonly #exchange: Exchange
  readonly #lane: Lane
  readonly #replies: Reply[] = []
  #left: number

  constructor(exchange: Exchange, lane: Lane) {
    this.#exchange = exchange
    this.#lane = lane
    this.#left = exchange.commands.length
  }

  answer(index: number, reply: Reply): void {
    this.#lane.heard()
    this.#replies[index] = reply
    this.#left -= 1
    if (this.#left === 0) this.#exchange.answered(this.#replies)
  }

  /** An error reply, or the end of the connection. */
  refuse(index: number, error: Error): void {
    if (error.name === 'ReplyError') this.answer(index, error)
    else if (this.#left > 0) {
      this.#left = 0
      this.#exchange.lost('closed', this.#replies)
    }
  }
}

function lossOf(error: unknown): LossKind {
  const code = codeOf(error)
  if (code === 'ECONNREFUSED') return 'refused'
  return code === 'ETIMEDOUT' ? 'timeout' : 'closed'
}
