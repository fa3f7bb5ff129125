import { Worker } from 'node:worker_threads'
import { formatDuration } from '../base/duration.ts'
import { ChaosError, messageOf } from '../base/errors.ts'
import { unlessAborted } from '../base/on-abort.ts'
import { threadProgram } from '../base/programs.ts'
import type { Stall } from '../base/pulse.ts'
import { afterRunning } from '../base/time-limit.ts'
import type { LoadSeries } from '../record/load-series.ts'
import type { Unended } from './client/unended.ts'
import type { FromThread, LoadRequest, Method, Methods, SeenDriver } from './thread/request.ts'

/** The servers cannot take the load that the scenario asks for, or its client driver cannot carry it. */
export class LoadRefused extends ChaosError {
  override name = 'LoadRefused'
}

/** The thread of the load ended, or does not answer: a bug of the runner. */
class LoadBroke extends Error {
  override name = 'LoadBroke'
}

/** Beyond what a driver may take to be ready, ms. */
const OPEN_WITHIN_MS = 60_000
/** Beyond the longest time-out of an operation, ms: a driver that does not obey is ended within 6 s. */
const STOP_MARGIN_MS = 8000
const CLOSE_WITHIN_MS = 10_000

interface Waiting {
  resolve(result: unknown): void
  reject(error: unknown): void
  /** Takes the limit back. */
  cancel(): void
}

/**
 * The workloads of one scenario, in a thread of their own. In order: `open`, `begin`, any number of `phase`, `rest`,
 * `stop`, `readFinals`, `close`. `close` may come at any time, and must.
 */
export class Load {
  readonly #worker: Worker
  readonly #onSeries: (workload: string, series: LoadSeries) => void
  readonly #onStall: (stall: Stall) => void
  readonly #onStranger: (node: string, text: string) => void
  readonly #onDriver: (workload: string, seen: SeenDriver) => void
  readonly #waiting = new Map<number, Waiting>()
  #longestTimeoutMs = 0
  #lastId = 0
  #broke: Error | undefined

  /**
   * Starts the thread, which takes a moment: well ahead of `open`. `onSeries` is told what clients see, about once a
   * second; `onStall`, when the thread stood still, ms from the scenario's start; `onStranger`, when somebody else was met on
   * the port of a node;
   * `onDriver`, what is to be recorded of a client driver.
   */
  constructor(
    onSeries: (workload: string, series: LoadSeries) => void,
    onStall: (stall: Stall) => void = () => undefined,
    onStranger: (node: string, text: string) => void = () => undefined,
    onDriver: (workload: string, seen: SeenDriver) => void = () => undefined,
  ) {
    this.#onSeries = onSeries
    this.#onStall = onStall
    this.#onStranger = onStranger
    this.#onDriver = onDriver
    this.#worker = new Worker(threadProgram(import.meta.url, './thread/load-thread'), { execArgv: [] })
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message))
    this.#worker.on('error', (error) => this.#break(error))
    this.#worker.on('exit', () => this.#break(new LoadBroke('the thread of the load has ended')))
  }

  /**
   * Opens histories and connections. Rejects with LoadRefused if the load cannot run here, and with the signal's reason
   * as soon as that aborts: a driver may take long to be ready.
   */
  async open(request: LoadRequest, signal?: AbortSignal): Promise<void> {
    this.#longestTimeoutMs = Math.max(0, ...request.workloads.map(({ options }) => options.timeoutMs))
    const refusal = await unlessAborted(this.#ask('open', request, OPEN_WITHIN_MS), signal)
    if (refusal) throw new LoadRefused(refusal.message, { hint: refusal.hint })
  }

  /** Lets the clients begin. */
  async begin(): Promise<void> {
    await this.#ask('begin', undefined, CLOSE_WITHIN_MS)
  }

  /** Operations from now on belong to this phase. A load that broke says so when it is stopped. */
  phase(name: string): void {
    this.#ask('phase', name, CLOSE_WITHIN_MS).catch(() => undefined)
  }

  /**
   * How long clients have been out at this moment, by workload, ms: of those alone that are. `waitedMs`: how long
   * somebody has waited for that to end.
   */
  async outForMs(waitedMs: number): Promise<Record<string, number>> {
    return this.#ask('outForMs', { waitedMs }, CLOSE_WITHIN_MS)
  }

  /**
   * Sends nothing more. Resolves when no operation is waited for any more, with what clients have not ended all the
   * same, by workload. Their connections stay open until `stop`.
   */
  async rest(): Promise<Record<string, Unended>> {
    return this.#ask('rest', undefined, this.#longestTimeoutMs + STOP_MARGIN_MS)
  }

  /** Resolves when no operation is under way any more. */
  async stop(): Promise<void> {
    await this.#ask('stop', undefined, this.#longestTimeoutMs + STOP_MARGIN_MS)
  }

  /**
   * Reads what is left of the data from the masters, trying for `withinMs`. Resolves with how many reads came to
   * nothing, by workload; those in `except` are left out.
   */
  async readFinals(withinMs: number, except: readonly string[] = []): Promise<Record<string, number>> {
    return this.#ask('readFinals', { withinMs, except }, withinMs + STOP_MARGIN_MS)
  }

  /** Ends connections, histories and the thread, at any time. Resolves with what could not be written. Idempotent. */
  async close(): Promise<string[]> {
    const problems = this.#broke
      ? []
      : await this.#ask('close', undefined, CLOSE_WITHIN_MS).catch((error) => [messageOf(error)])
    this.#broke ??= new LoadBroke('the load is closed')
    await this.#worker.terminate()
    return problems
  }

  #ask<M extends Method>(method: M, arg: Methods[M]['arg'], withinMs: number): Promise<Methods[M]['result']> {
    if (this.#broke) return Promise.reject(this.#broke)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      const late = new LoadBroke(
        `the thread of the load did not answer to ${method} within ${formatDuration(withinMs)}`,
      )
      const cancel = afterRunning(withinMs, () => {
        this.#waiting.delete(id)
        reject(late)
      })
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, cancel })
      this.#worker.postMessage({ id, method, arg })
    })
  }

  #onMessage(message: FromThread): void {
    if (message.type === 'series') {
      this.#onSeries(message.workload, message.series)
      return
    }
    if (message.type === 'stall') {
      this.#onStall(message.stall)
      return
    }
    if (message.type === 'stranger') {
      this.#onStranger(message.node, message.text)
      return
    }
    if (message.type === 'driver') {
      this.#onDriver(message.workload, message.seen)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    waiting?.cancel()
    if (message.type === 'answer') waiting?.resolve(message.result)
    else waiting?.reject(message.error)
  }

  #break(error: Error): void {
    this.#broke ??= error
    for (const { reject, cancel } of this.#waiting.values()) {
      cancel()
      reject(this.#broke)
    }
    this.#waiting.clear()
  }
}
