import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { typed } from '../../base/command-line.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { PlatformError } from '../errors.ts'
import type { LinkOrder, LinkReply } from '../links/protocol.ts'
import { noSpaceFor } from '../state-folder.ts'
import { readJsonLines } from './json-lines.ts'
import type { Action, Reply, Request, ServerPlan } from './protocol.ts'

const CONNECT_TIMEOUT_MS = 5_000
/** What the supervisor may need beyond the grace of a stop. */
const MARGIN_MS = 30_000

/** The supervisor of a run does not answer: it has ended. */
export class SupervisorGone extends PlatformError {
  override name = 'SupervisorGone'
}

interface Waiting {
  resolve(reply: Reply): void
  reject(error: Error): void
}

/**
 * Requests to the supervisor of a run, over its socket. Opened by the first request, and again after an interruption.
 */
export class Control {
  readonly #runId: string
  readonly #socketFile: string
  readonly #waiting = new Map<number, Waiting>()
  #connecting: Promise<Socket> | undefined
  #lastId = 0

  constructor(runId: string, socketFile: string) {
    this.#runId = runId
    this.#socketFile = socketFile
  }

  /**
   * Asks and waits for the answer. `doing` says in words what for: `stop redis-node0`. Throws SupervisorGone, or
   * PlatformError when the supervisor refuses or takes 30 s longer than `graceMs`.
   */
  async ask(doing: string, action: Action, server?: string, graceMs = 0): Promise<Reply> {
    return await this.#send(doing, { action, graceMs, ...(server === undefined ? {} : { server }) })
  }

  /** Asks the links of the group; throws as `ask` does. */
  async askLinks(doing: string, order: LinkOrder): Promise<LinkReply> {
    const { links } = await this.#send(doing, { action: 'links', order })
    if (!links)
      throw new PlatformError(`could not ${doing}: the supervisor of run ${this.#runId} gave no answer from them`)
    if (links.error !== undefined) throw new PlatformError(`could not ${doing}: ${links.error}`)
    return links
  }

  /** Holds a server to a share of one core, or with `undefined` to none; throws as `ask` does. */
  async limitCpu(doing: string, server: string, cpuShare: number | undefined): Promise<void> {
    await this.#send(doing, { action: 'limit', server, ...(cpuShare === undefined ? {} : { cpuShare }) })
  }

  /** Has a server that is down started by another plan from now on; throws as `ask` does. */
  async replace(doing: string, plan: ServerPlan): Promise<void> {
    await this.#send(doing, { action: 'replace', server: plan.name, plan })
  }

  async #send(doing: string, request: Omit<Request, 'id'>): Promise<Reply> {
    const socket = await this.#connected(doing)
    this.#lastId += 1
    const id = this.#lastId
    const timeoutMs = (request.graceMs ?? 0) + MARGIN_MS
    const reply = await new Promise<Reply>((resolve, reject) => {
      const cancel = afterRunning(timeoutMs, () =>
        reject(new PlatformError(`could not ${doing}: no answer from its supervisor within ${timeoutMs / 1000} s`)),
      )
      const settled = (settle: () => void) => {
        cancel()
        this.#waiting.delete(id)
        settle()
      }
      this.#waiting.set(id, {
        resolve: (answer) => settled(() => resolve(answer)),
        reject: () => settled(() => reject(this.#gone(doing))),
      })
      socket.write(`${JSON.stringify({ id, ...request })}\n`)
    })
    if (reply.code === 'ENOSPC') throw noSpaceFor(doing, dirname(this.#socketFile))
    if (reply.error !== undefined) throw new PlatformError(`could not ${doing}: ${reply.error}`)
    return reply
  }

  close(): void {
    void this.#connecting?.then(
      (socket) => socket.destroy(),
      () => undefined,
    )
    this.#connecting = undefined
  }

  async #connected(doing: string): Promise<Socket> {
    this.#connecting ??= this.#connect()
    try {
      return await this.#connecting
    } catch (error) {
      this.#connecting = undefined
      throw this.#gone(doing, error)
    }
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path: this.#socketFile, timeout: CONNECT_TIMEOUT_MS })
      socket.once('connect', () => {
        socket.setTimeout(0)
        // What waits for an answer has a timer of its own that keeps this program alive.
        socket.unref()
        readJsonLines(socket, (reply: Reply) => this.#waiting.get(reply.id)?.resolve(reply))
        resolve(socket)
      })
      socket.once('timeout', () => socket.destroy(new Error('timed out')))
      socket.on('error', reject)
      socket.once('close', () => {
        this.#connecting = undefined
        for (const { reject: lose } of [...this.#waiting.values()]) lose(new Error('closed'))
        reject(new Error('closed'))
      })
    })
  }

  #gone(doing: string, cause?: unknown): SupervisorGone {
    return new SupervisorGone(`could not ${doing}: the supervisor of the processes of run ${this.#runId} is gone`, {
      hint: `something else ended it; \`${typed('cluster', ['clean'])}\` (for a cluster) or the next run ends what it left`,
      cause,
    })
  }
}
