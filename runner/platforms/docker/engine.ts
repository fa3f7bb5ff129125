import { Agent } from 'node:http'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import Docker from 'dockerode'
import { onAbort } from '../../base/on-abort.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { PlatformError } from '../errors.ts'

/** The engine answered, and refused. `statusCode` is that of its HTTP reply. */
export class EngineRefusal extends PlatformError {
  override name = 'EngineRefusal'
  readonly statusCode: number
  readonly reply: string
  constructor(doing: string, statusCode: number, reply: string, cause: unknown) {
    super(`the Docker engine could not ${doing}: ${reply}`, { cause })
    this.statusCode = statusCode
    this.reply = reply
  }
}

export interface CallOptions {
  /** Default 30 000. */
  timeoutMs?: number
  /** Aborting rejects the call with the signal's reason; what was asked for may still happen. */
  signal?: AbortSignal | undefined
}

const CALL_TIMEOUT_MS = 30_000

/**
 * Keeps sockets, and shows none of them: docker-modem (5.0) has every request written out for its debugging, its agent
 * with all that hangs on it included, whether or not anybody debugs. With the logs of 40 nodes open that took seconds.
 */
export class QuietAgent extends Agent {
  [inspect.custom](): string {
    return 'Agent'
  }
}

/** A Docker engine. Every call has a deadline, and every failure is a sentence. */
export class Engine {
  readonly docker: Docker
  /** Where it is, for messages. */
  readonly address: string
  readonly #agent: Agent | undefined
  #answered = false

  /** The engine at `socketPath`, else at the environment's DOCKER_HOST, else at this machine's socket. */
  constructor(socketPath?: string) {
    const remote = socketPath ? `unix://${socketPath}` : (process.env.DOCKER_HOST ?? '')
    // Sockets are kept and closed in `close`; over TLS or SSH dockerode makes its own.
    this.#agent = remote === '' || remote.startsWith('unix:') ? new QuietAgent({ keepAlive: true }) : undefined
    this.docker = new Docker({ ...(socketPath && { socketPath }), ...(this.#agent && { agent: this.#agent }) })
    this.address = remote || 'unix:///var/run/docker.sock'
  }

  /**
   * Asks the engine something. `doing` completes `could not …` and `stopped answering while trying to …`.
   * Throws EngineRefusal when the engine says no, PlatformError when it does not answer.
   */
  async call<T>(
    doing: string,
    request: (abortSignal: AbortSignal) => Promise<T>,
    options: CallOptions = {},
  ): Promise<T> {
    const { timeoutMs = CALL_TIMEOUT_MS, signal } = options
    signal?.throwIfAborted()
    const deadline = new AbortController()
    const giveUp = () => deadline.abort()
    // Not every request of dockerode can be aborted: waiting for it ends in any case.
    const given = new Promise<never>((_, reject) => {
      deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason), { once: true })
    })
    const cancel = afterRunning(timeoutMs, giveUp)
    const stopListening = onAbort(signal, giveUp)
    try {
      const answer = await Promise.race([request(deadline.signal), given])
      this.#answered = true
      return answer
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (deadline.signal.aborted) throw this.#silence(doing, `no answer for ${timeoutMs / 1000} s`, error)
      throw this.explain(doing, error)
    } finally {
      cancel()
      stopListening()
    }
  }

  /** The failure of a request, or of a stream of the engine, as a PlatformError. */
  explain(doing: string, error: unknown): PlatformError {
    if (error instanceof PlatformError) return error
    const { statusCode, json, code, message } = error as {
      statusCode?: number
      json?: unknown
      code?: string
      message?: string
    }
    if (statusCode !== undefined) {
      this.#answered = true
      return new EngineRefusal(doing, statusCode, refusalText(json, message), error)
    }
    return this.#silence(doing, code ?? message ?? String(error), error)
  }

  #silence(doing: string, reason: string, cause: unknown): PlatformError {
    if (this.#answered) {
      return new PlatformError(
        `the Docker engine at ${this.address} stopped answering while trying to ${doing} (${reason})`,
        {
          hint: 'look at the engine (`docker info`), then remove what is left of the run',
          cause,
        },
      )
    }
    const denied = reason === 'EACCES' || reason === 'EPERM'
    return new PlatformError(`no Docker engine answers at ${this.address} (${reason})`, {
      hint: denied
        ? 'this user may not use the engine: add it to the group `docker`, or use a rootless engine'
        : 'start Docker, or name the engine with DOCKER_HOST',
      cause,
    })
  }

  close(): void {
    this.#agent?.destroy()
  }
}

function refusalText(json: unknown, message: string | undefined): string {
  const said = (json as { message?: unknown } | undefined)?.message
  const text =
    typeof said === 'string' ? said : (message ?? 'no reason given').replace(/^\(HTTP code \d+\) [^-]*- /, '')
  return text.trim().replace(/container [0-9a-f]{64}/gi, 'the container')
}

/** Resolves to undefined where `promise` rejects because the thing is gone, or someone else is removing it already. */
export async function undefinedIfGone<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof EngineRefusal && isGone(error)) return undefined
    throw error
  }
}

function isGone(error: EngineRefusal): boolean {
  return error.statusCode === 404 || (error.statusCode === 409 && error.reply.includes('already in progress'))
}

/** The values of a stream of the engine that has one JSON value per line. */
export async function* jsonLines<T>(stream: Readable): AsyncGenerator<T> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T
  }
}
