import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { systemClock } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import { type FailureClass, NO_NODE, statusClass, UNKNOWN } from '../../record/history-codes.ts'
import { Deadlines } from '../client/deadlines.ts'
import type { LoadClient, Operation, OperationListener, Words } from '../client/operation.ts'
import { KEY_WORD } from './app-schema.ts'

export interface HttpClientOptions {
  /** Of the application, on the loopback. */
  port: number
  /** Paths of the requests, with `KEY` in the place of the key. */
  put: string
  get: string
  /** How many requests may be under way. */
  clients: number
  /** Limit for a request, ms. */
  timeoutMs: number
  /** Monotonic ms. */
  now(): number
}

/** No connection was made: nothing was sent. */
const NOT_SENT = ['ECONNREFUSED', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE']
/** An answer that is longer is none to one of these requests, bytes. */
const LONGEST_BODY = 4 * 1024 * 1024

/**
 * Sends operations on registers to an application as HTTP requests: a SET is a PUT with the value as its body, a GET is
 * a GET. It tries nothing again. What the application does behind a request is its own: of a PUT that is answered with
 * 5xx, or not at all, nobody knows whether it was carried out. No node is known of any operation.
 */
export class HttpClient implements LoadClient {
  readonly #options: HttpClientOptions
  readonly #agent: Agent
  readonly #deadlines: Deadlines<Pending>

  constructor(options: HttpClientOptions) {
    const { clients, timeoutMs, now } = options
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients })
    this.#deadlines = new Deadlines(timeoutMs, systemClock.ranMs, (pending) => pending.giveUp(now()))
  }

  async warmUp(): Promise<void> {
    // Connections are made by the first requests, as by its users.
  }

  send(operation: Operation, _client: number, listener: OperationListener): void {
    const [words] = operation.commands
    const { port, put, get, now } = this.#options
    const [name, key = '', value] = words ?? ([''] as unknown as Words)
    const isWrite = name === 'SET'
    const path = (isWrite ? put : get).replaceAll(KEY_WORD, inPath(key))
    const body = isWrite ? (value ?? '') : undefined
    const headers = {
      ...(body !== undefined && { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }),
    }
    const method = isWrite ? 'PUT' : 'GET'
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: this.#agent })
    const pending = new Pending(operation, listener, isWrite, sent, now)
    this.#deadlines.add(pending)
    sent.end(body)
  }

  close(): void {
    this.#deadlines.close()
    this.#agent.destroy()
  }
}

/** A key has colons, which a path may have as they are, and perhaps a hash tag in braces. */
function inPath(key: string): string {
  return encodeURIComponent(key).replaceAll('%3A', ':')
}

/** A request under way; its first end counts. */
class Pending {
  readonly #operation: Operation
  readonly #listener: OperationListener
  readonly #isWrite: boolean
  readonly #request: ClientRequest
  readonly #now: () => number
  ended = false

  constructor(
    operation: Operation,
    listener: OperationListener,
    isWrite: boolean,
    sent: ClientRequest,
    now: () => number,
  ) {
    this.#operation = operation
    this.#listener = listener
    this.#isWrite = isWrite
    this.#request = sent
    this.#now = now
    sent.once('response', (response) => this.#read(response))
    sent.on('error', (error) => this.#onError(error))
  }

  /** Its time is over: whoever sent it does not wait any more. */
  giveUp(atMs: number): void {
    this.#fail('timeout', this.#isWrite, atMs)
    this.#request.destroy()
  }

  #read(response: IncomingMessage): void {
    const pieces: Buffer[] = []
    let length = 0
    response.on('data', (piece: Buffer) => {
      pieces.push(piece)
      length += piece.length
      if (length > LONGEST_BODY) response.destroy(new Error('the answer is too long'))
    })
    response.on('error', (error) => this.#onError(error))
    response.once('end', () => this.#onAnswer(response.statusCode ?? 0, Buffer.concat(pieces)))
    response.once('close', () => this.#onClosed())
  }

  #onAnswer(status: number, body: Buffer): void {
    if (this.ended) return
    const atMs = this.#now()
    if (status >= 200 && status < 300) this.#succeed(this.#isWrite ? 'OK' : body, atMs)
    else if (status === 404 && !this.#isWrite) this.#succeed(null, atMs)
    // An application that refuses a request has not carried it out; one that breaks in the middle may have.
    else this.#fail(statusClass(status), this.#isWrite && !(status >= 400 && status < 500), atMs)
  }

  #succeed(reply: Buffer | string | null, atMs: number): void {
    const verdict = this.#operation.judge([reply])
    if (typeof verdict !== 'number') {
      this.#fail(verdict.failure, verdict.indeterminate, atMs, verdict.r)
      return
    }
    this.ended = true
    this.#listener.ok(verdict, NO_NODE, atMs, false)
  }

  #onError(error: unknown): void {
    const isSent = !NOT_SENT.includes(codeOf(error) ?? '')
    this.#fail(isSent ? 'closed' : 'refused', isSent && this.#isWrite, this.#now())
  }

  #onClosed(): void {
    this.#fail('closed', this.#isWrite, this.#now())
  }

  #fail(failure: FailureClass, indeterminate: boolean, atMs: number, r: number = UNKNOWN): void {
    if (this.ended) return
    this.ended = true
    this.#listener.failed(failure, indeterminate, NO_NODE, atMs, r)
  }
}
