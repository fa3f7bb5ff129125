import type { Redis } from 'ioredis'
import { systemClock } from '../base/clock.ts'
import { codeOf } from '../base/errors.ts'
import { afterRunning } from '../base/time-limit.ts'
import type { Guard } from '../platforms/guarded-connector.ts'
import { PortHeld } from '../platforms/port-guard.ts'
import { bareConnection } from './bare-connection.ts'
import { ReplyError, Unreachable, type UnreachableKind } from './reply-errors.ts'

/** A command's words, the command itself first. */
export type Command = readonly [command: string, ...args: (string | number)[]]

/** One whose words need not be text. */
export type ByteCommand = readonly [command: string, ...args: (string | number | Buffer)[]]

export interface NodeClientOptions {
  name: string
  host: string
  port: number
  /** Default: the user `default`. */
  username?: string | undefined
  /** Empty: the server asks for none. */
  password: string
  /** Who may be on the port: to others nothing is sent. Default: whoever is. */
  guard?: Guard | undefined
  /** Limit for connecting and authenticating, in ms. Default 1000. */
  connectTimeoutMs?: number
  /** Limit for a call or pipeline, its connecting included, in ms. Default 2000. */
  commandTimeoutMs?: number
}

/** One attempt to connect and what became of it. Its `redis` is never reconnected. */
interface Connection {
  redis: Redis
  ready: Promise<void>
  /** A call got no answer in time, and all others on the connection end with it. */
  givenUp: boolean
}

/**
 * A connection to one node: direct, no redirections, no retries, RESP2 replies. It connects on demand, and calls that
 * come while it connects share the attempt. A call that gets no answer in time drops the connection, for all calls on
 * it, so that the next call starts afresh. Errors are ReplyError (the server said no) and Unreachable (no answer).
 */
export class NodeClient {
  readonly name: string
  readonly #options: NodeClientOptions
  readonly #connectTimeoutMs: number
  readonly #commandTimeoutMs: number
  #connection: Connection | undefined
  #closed = false

  constructor(options: NodeClientOptions) {
    this.name = options.name
    this.#options = options
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 1000
    this.#commandTimeoutMs = options.commandTimeoutMs ?? 2000
  }

  /** Rejects with ReplyError or Unreachable. */
  async call(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.callWithin(this.#commandTimeoutMs, command, ...args)
  }

  /** As `call`, with a limit of its own in ms: for commands that block. */
  async callWithin(timeoutMs: number, command: string, ...args: (string | number)[]): Promise<unknown> {
    const [reply] = await this.pipeline([[command, ...args]], timeoutMs)
    if (reply instanceof Error) throw reply
    return reply
  }

  /**
   * Sends all commands in one round trip; gives a reply, a ReplyError or an Unreachable for each, and never rejects.
   */
  async pipeline(commands: readonly Command[], timeoutMs = this.#commandTimeoutMs): Promise<(unknown | Error)[]> {
    return await this.#exchange(commands, timeoutMs, 'call')
  }

  /** As `pipeline`, with bytes in place of text in the replies: names of keys need not be text. */
  async pipelineBytes(commands: readonly ByteCommand[], timeoutMs: number): Promise<(unknown | Error)[]> {
    return await this.#exchange(commands, timeoutMs, 'callBuffer')
  }

  async #exchange(
    commands: readonly ByteCommand[],
    timeoutMs: number,
    call: 'call' | 'callBuffer',
  ): Promise<(unknown | Error)[]> {
    if (commands.length === 0) return []
    const startMs = systemClock.ranMs()
    let connection: Connection
    try {
      connection = await this.#connected(timeoutMs)
    } catch (error) {
      return commands.map(() => error)
    }
    const pipeline = connection.redis.pipeline()
    // Upper case keeps ioredis from reshaping replies: its transformers go by lower-case names.
    for (const [command, ...args] of commands) pipeline[call](command.toUpperCase(), ...args)
    let timedOut = false
    const cancel = afterRunning(Math.max(1, timeoutMs - (systemClock.ranMs() - startMs)), () => {
      timedOut = true
      connection.givenUp = true
      this.#drop(connection.redis)
    })
    try {
      const results = (await pipeline.exec()) ?? []
      return commands.map((command, index) => {
        const [error, reply] = results[index] ?? [new Error('no reply')]
        if (!error) return reply
        const late = timedOut ? `within ${timeoutMs} ms` : 'before the silent connection was given up'
        return this.#failure(error, command, connection.givenUp ? late : undefined)
      })
    } finally {
      cancel()
    }
  }

  /** Ends the connection at once; calls under way and later calls get Unreachable. */
  close(): void {
    this.#closed = true
    if (this.#connection) this.#drop(this.#connection.redis)
  }

  async #connected(timeoutMs: number): Promise<Connection> {
    if (this.#closed) throw this.#unreachable('closed', false, 'the connection was closed by the runner')
    if (this.#connection && isOver(this.#connection.redis)) this.#drop(this.#connection.redis)
    const connection = this.#connection ?? this.#connect()
    this.#connection = connection
    if (connection.redis.status === 'ready') return connection
    let cancel = (): void => undefined
    const late = new Promise<never>((_, reject) => {
      cancel = afterRunning(timeoutMs, () =>
        reject(this.#unreachable('timeout', false, `no connection within ${timeoutMs} ms`)),
      )
    })
    try {
      await Promise.race([connection.ready, late])
    } finally {
      cancel()
    }
    return connection
  }

  #connect(): Connection {
    const redis = bareConnection(this.#options)
    let cause: Error | undefined
    redis.on('error', (error: Error) => {
      cause ??= error
    })
    let timedOut = false
    const cancel = afterRunning(this.#connectTimeoutMs, () => {
      timedOut = true
      this.#drop(redis)
    })
    const ready = redis
      .connect()
      .catch((error: Error) => {
        this.#drop(redis)
        throw timedOut ? this.#noConnection() : this.#connectFailure(cause ?? error)
      })
      .finally(cancel)
    // Callers await `ready` themselves; an attempt nobody waits for any more must not count as unhandled.
    ready.catch(() => undefined)
    return { redis, ready, givenUp: false }
  }

  #drop(redis: Redis): void {
    if (this.#connection?.redis === redis) this.#connection = undefined
    // ioredis would wait 2 s for a connection to close that has closed already, and keep the program alive.
    if (!redis.stream?.closed) redis.disconnect()
    // A silent peer never answers the polite end that `disconnect` sends.
    redis.stream?.destroy()
  }

  #noConnection(): Unreachable {
    return this.#unreachable('timeout', false, `no connection within ${this.#connectTimeoutMs} ms`)
  }

  #connectFailure(error: Error): Error {
    if (isServerReply(error)) return new ReplyError(this.name, error.message)
    if (error instanceof PortHeld) return this.#unreachable('refused', false, error.message)
    const code = codeOf(error)
    if (code === 'ECONNREFUSED') return this.#unreachable('refused', false, 'connection refused')
    if (code === 'ETIMEDOUT') return this.#noConnection()
    if (code === 'ECONNRESET') return this.#unreachable('reset', false, 'connection reset')
    if (code !== undefined) return this.#unreachable('refused', false, `cannot connect (${code})`)
    return this.#unreachable('closed', false, 'connection closed')
  }

  #failure(error: Error, command: ByteCommand, late: string | undefined): Error {
    // A new error: the one of ioredis carries the command's arguments, which may be secret.
    if (isServerReply(error)) return new ReplyError(this.name, error.message)
    if (late !== undefined) return this.#unreachable('timeout', true, `no reply to ${title(command)} ${late}`)
    const kind = codeOf(error) === 'ECONNRESET' ? 'reset' : 'closed'
    return this.#unreachable(kind, true, `connection ${kind} before the reply to ${title(command)}`)
  }

  #unreachable(kind: UnreachableKind, indeterminate: boolean, reason: string): Unreachable {
    const { host, port } = this.#options
    return new Unreachable({ node: this.name, address: `${host}:${port}`, kind, indeterminate, reason })
  }
}

const CONTAINER_COMMANDS = new Set(['CLUSTER', 'CONFIG', 'CLIENT', 'DEBUG', 'SCRIPT', 'ACL', 'FUNCTION', 'MEMORY'])

/** The command without its arguments, which may be secret or long: `CLUSTER NODES`, `SET`. */
function title([name, sub]: ByteCommand): string {
  const command = name.toUpperCase()
  return CONTAINER_COMMANDS.has(command) && sub !== undefined ? `${command} ${String(sub).toUpperCase()}` : command
}

/** Closed, or about to be: the peer has ended it, though ioredis does not know yet. */
function isOver(redis: Redis): boolean {
  return redis.status === 'close' || redis.status === 'end' || (redis.status === 'ready' && !redis.stream.writable)
}

function isServerReply(error: Error): boolean {
  return error.name === 'ReplyError'
}
