import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { expectedError } from '../../base/surroundings.ts'
import { finalFile } from './final-files.ts'
import { answer, headersFor, pathAskedFor, refuse } from './http.ts'
import { LiveFeed } from './live-feed.ts'

/** More connections than all the tabs that people open. */
const MOST_CONNECTIONS = 200
/** How often it is looked whether anybody still needs it, ms. */
const LOOK_EVERY_MS = 1000

export interface LiveServerOptions {
  /** The run's. */
  folder: string
  clock: Clock
  /** How long it stays when the run is over and nobody asks for anything, ms. */
  lingerMs: number
}

/**
 * Serves the page of one run on loopback: live while the run is on, its report from then on. Whoever does not know the
 * address, which has a random part, gets nothing.
 */
export class LiveServer {
  readonly #options: LiveServerOptions
  readonly #secret = randomBytes(24).toString('base64url')
  readonly #server: Server
  readonly #feed: LiveFeed
  #askedAtMs: number

  private constructor(options: LiveServerOptions) {
    this.#options = options
    this.#askedAtMs = options.clock.nowMs()
    this.#feed = new LiveFeed(options.folder, options.clock)
    this.#server = createServer({ maxHeaderSize: 8192 }, (request, response) => this.#serve(request, response))
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /** Resolves when it listens, at a free port. Throws what the system says. */
  static async start(options: LiveServerOptions): Promise<LiveServer> {
    const made = new LiveServer(options)
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', reject)
      made.#server.listen(0, '127.0.0.1', resolve)
    })
    return made
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Who knows it sees the page: it goes to no other user of the machine. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/${this.#secret}/`
  }

  /** Resolves when the run is over and nobody has asked for anything for a while; when `signal` aborts, too. */
  async unneeded(signal: AbortSignal): Promise<void> {
    const { clock, lingerMs } = this.#options
    while (!signal.aborted) {
      if (this.#feed.viewers > 0 || !this.#feed.hasEnded) this.#askedAtMs = clock.nowMs()
      if (clock.nowMs() - this.#askedAtMs >= lingerMs) return
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    }
  }

  async close(): Promise<void> {
    this.#feed.close()
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const asked = pathAskedFor(request, this.#secret)
    if (asked === undefined || request.method !== 'GET') {
      refuse(response)
      return
    }
    this.#askedAtMs = this.#options.clock.nowMs()
    try {
      this.#give(asked, response)
    } catch (error) {
      // A damaged record ends no page but its own.
      const expected = expectedError(error)
      if (expected === undefined) throw error
      answer(response, 'text/plain', `${expected.message}\n`)
    }
  }

  #give(asked: string, response: ServerResponse): void {
    if (asked === 'events') {
      response.writeHead(200, headersFor('text/event-stream'))
      this.#feed.add(response)
    } else if (this.#feed.hasReport) {
      const found = finalFile(this.#options.folder, asked)
      if (found === undefined) refuse(response)
      else answer(response, found.type, found.text)
    } else if (asked === '') {
      answer(response, 'text/html', this.#feed.page())
    } else refuse(response)
  }
}
