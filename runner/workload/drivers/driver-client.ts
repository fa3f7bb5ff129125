import { systemClock } from '../../base/clock.ts'
import { ChaosError } from '../../base/errors.ts'
import { plural } from '../../base/text.ts'
import { afterRunning } from '../../base/time-limit.ts'
import type { GuestPlace } from '../../platforms/platform.ts'
import { redactor } from '../../record/redact.ts'
import { Deadlines } from '../client/deadlines.ts'
import type { LoadClient, Operation, OperationListener } from '../client/operation.ts'
import type { NodeAddress } from '../client/slot-map.ts'
import { OverdueOperations, type Unended } from '../client/unended.ts'
import { DriverChild } from './driver-child.ts'
import { DriverLog } from './driver-log.ts'
import { classOf } from './outcome.ts'
import { Pending } from './pending.ts'
import type { DriverPlan } from './plan.ts'
import { CAPABILITY_TEXTS, type Capability, type FromDriver, type Hello, type Outcome, PROTOCOL } from './protocol.ts'
import { startMessage } from './start-message.ts'

/** A driver that has misbehaved, or cannot do what is asked of it, before the first operation. */
export class DriverRefused extends ChaosError {
  override name = 'DriverRefused'
}

/** What is to be recorded of a driver. */
export interface DriverListener {
  /** It is ready to work. */
  onReady(hello: Hello): void
  /** It did what no driver may do; no operation goes through it any more. */
  onMisdeed(misdeed: Misdeed): void
  /** It had to be ended with a signal. */
  onDeaf(text: string): void
}

export interface Misdeed {
  /** Which: name and version by its hello, the plan's words for it before. */
  driver: string
  /** What it did, without its name: `ended with exit code 1`. */
  text: string
  /** The end of its log; empty if it said nothing. */
  lastWords: string
}

export interface DriverClientOptions {
  plan: DriverPlan
  nodes: readonly NodeAddress[]
  /** Where a driver that is an image is run. */
  guests?: GuestPlace | undefined
  /** Default: the user `default`. */
  username?: string | undefined
  password: string
  clients: number
  readFrom: 'master' | 'replica'
  /** Limit for an operation, ms. */
  timeoutMs: number
  /** What the workload needs of it beyond single commands. */
  needs: readonly Capability[]
  /** The file of its log. */
  log: string
  listener: DriverListener
  /** Monotonic ms. */
  now(): number
}

const HELLO_WITHIN_MS = 20_000
const READY_WITHIN_MS = 20_000

/** What the handshake waits for: the driver's next word, or its end. */
interface Waiting<T> {
  resolve(message: T): void
  reject(error: Error): void
}

/**
 * Sends operations through a client driver (docs/drivers.md). It keeps the time of each: an outcome counts from when its
 * line was read, and an operation without one ends at its deadline. No node is known of any operation.
 */
export class DriverClient implements LoadClient {
  readonly #options: DriverClientOptions
  readonly #child: DriverChild
  readonly #log: DriverLog
  readonly #deadlines: Deadlines<Pending>
  readonly #overdue = new OverdueOperations()
  /** By id; also those whose time was over: their outcome may come yet. */
  readonly #asked = new Map<number, Pending>()
  #lastId = 0
  #lastWordMs = 0
  #hello: Hello | undefined
  #isReady = false
  #misdeed: Misdeed | undefined
  #waiting: { hello?: Waiting<Hello>; ready?: Waiting<undefined> } = {}

  /** Starts the driver. */
  constructor(options: DriverClientOptions) {
    this.#options = options
    const { plan, guests, log, password, timeoutMs, now } = options
    this.#log = new DriverLog(log, redactor([password]))
    this.#deadlines = new Deadlines(timeoutMs, systemClock.ranMs, (pending) => {
      this.#overdue.add(pending, pending)
      pending.fail('timeout', true, now())
      this.#child.checkLine(false)
    })
    this.#child = new DriverChild(
      plan,
      { log: this.#log, guests, now },
      {
        onMessage: (message, atMs) => this.#onMessage(message, atMs),
        onMisdeed: (text) => this.#onMisdeed(text),
      },
    )
  }

  get isBroken(): boolean {
    return this.#misdeed !== undefined
  }

  /** Resolves when the driver is ready. Rejects with DriverRefused if it is not, or cannot do what is needed. */
  async warmUp(): Promise<void> {
    const hello = await this.#within<Hello>(
      'hello',
      HELLO_WITHIN_MS,
      `said no hello within ${HELLO_WITHIN_MS / 1000} s`,
    )
    this.#assertCan(hello)
    this.#child.send(startMessage(this.#options))
    await this.#within<undefined>(
      'ready',
      READY_WITHIN_MS,
      `was not ready within ${READY_WITHIN_MS / 1000} s of its start`,
    )
    this.#options.listener.onReady(hello)
  }

  send(operation: Operation, client: number, listener: OperationListener): void {
    const pending = new Pending(operation, listener, client, this.#options.now())
    if (this.isBroken) {
      setImmediate(() => pending.fail('unsent', false, this.#options.now()))
      return
    }
    this.#lastId += 1
    const id = this.#lastId
    this.#asked.set(id, pending)
    this.#deadlines.add(pending)
    const { commands, replica } = operation
    this.#child.send({ type: 'invoke', id, client, commands, ...(replica && { replica }) })
  }

  async unended(): Promise<Unended> {
    this.#child.checkLine(true)
    const sinceMs = this.#lastWordMs
    const hasFallenSilent = this.#isSilent
    if (hasFallenSilent) await this.#child.checkStdout()
    const { lastWords, flooded } = this.#log
    return {
      // What was sent to one that could not answer is not its client's doing.
      ...this.#overdue.seen(hasFallenSilent && this.isBroken ? sinceMs : undefined),
      ...(this.#isSilent && { silent: { driver: this.#name, sinceMs, lastWords } }),
      ...(flooded !== undefined && { flooded }),
    }
  }

  async stop(): Promise<void> {
    const signal = await this.#child.stop()
    if (signal === undefined) return
    this.#options.listener.onDeaf(`${this.#name} did not end when it was told to, and was ended with ${signal}`)
  }

  async close(): Promise<void> {
    this.#deadlines.close()
    this.#asked.clear()
    await this.#child.kill()
  }

  /** It has answered nothing of what was sent to it last. */
  get #isSilent(): boolean {
    return [...this.#asked.values()].some(({ sinceMs }) => sinceMs > this.#lastWordMs)
  }

  get #name(): string {
    return this.#hello === undefined ? this.#options.plan.client : `${this.#hello.name} ${this.#hello.version}`
  }

  #assertCan({ can }: Hello): void {
    const missing = this.#options.needs.find((need) => !can.includes(need))
    if (missing === undefined) return
    const hint = `Its hello says what it can: ${can.length === 0 ? 'single commands to masters' : can.join(', ')}.`
    throw new DriverRefused(
      `the workload needs ${CAPABILITY_TEXTS[missing]}, which the driver of ${this.#name} cannot do`,
      { hint },
    )
  }

  async #within<T>(what: 'hello' | 'ready', limitMs: number, late: string): Promise<T> {
    const cancel = afterRunning(limitMs, () => void this.#condemnLate(late))
    try {
      return await new Promise<T>((resolve, reject) => {
        if (this.#misdeed) reject(refusalOf(this.#misdeed))
        else if (what === 'hello' && this.#hello) resolve(this.#hello as T)
        else Object.assign(this.#waiting, { [what]: { resolve, reject } })
      })
    } finally {
      cancel()
    }
  }

  /** What it did while it was waited for says more than that it was late. */
  async #condemnLate(late: string): Promise<void> {
    await this.#child.checkStdout()
    this.#child.condemn(late)
  }

  #onMessage(message: FromDriver, atMs: number): void {
    this.#lastWordMs = atMs
    if (message.type === 'hello') this.#onHello(message)
    else if (message.type !== 'ready') this.#onOutcome(message, atMs)
    else if (this.#isReady || this.#waiting.ready === undefined) this.#child.condemn('said ready when nobody asked')
    else {
      this.#isReady = true
      this.#waiting.ready.resolve(undefined)
    }
  }

  #onHello(hello: Hello): void {
    if (this.#hello) this.#child.condemn('said hello twice')
    else if (hello.protocol > PROTOCOL) {
      this.#child.condemn(`speaks protocol ${hello.protocol}, and this redis-chaos speaks ${PROTOCOL}`)
    } else {
      this.#hello = hello
      this.#waiting.hello?.resolve(hello)
    }
  }

  #onOutcome(outcome: Outcome, atMs: number): void {
    const pending = this.#asked.get(outcome.id)
    if (!pending) {
      const isOld = outcome.id <= this.#lastId
      this.#child.condemn(
        isOld ? `answered operation ${outcome.id} twice` : `answered operation ${outcome.id}, which it was never asked`,
      )
      return
    }
    const count = pending.operation.commands.length
    if (outcome.type === 'ok' && outcome.replies.length !== count) {
      const given = plural(outcome.replies.length, 'reply', 'replies')
      this.#child.condemn(`gave ${given} to operation ${outcome.id}, which has ${plural(count, 'command')}`)
      return
    }
    this.#asked.delete(outcome.id)
    this.#overdue.ended(pending, atMs)
    if (outcome.type === 'ok') pending.succeed(outcome, atMs)
    else pending.fail(classOf(outcome), outcome.type === 'indeterminate', atMs)
  }

  #onMisdeed(text: string): void {
    const { lastWords } = this.#log
    const misdeed = { driver: this.#name, text, lastWords }
    this.#misdeed = misdeed
    const nowMs = this.#options.now()
    for (const pending of this.#asked.values()) pending.fail('unfinished', true, nowMs)
    this.#asked.clear()
    this.#options.listener.onMisdeed(misdeed)
    for (const waiting of [this.#waiting.hello, this.#waiting.ready]) waiting?.reject(refusalOf(misdeed))
  }
}

function refusalOf({ driver, text, lastWords }: Misdeed): DriverRefused {
  const said = lastWords === '' ? '' : `; it said: ${lastWords}`
  return new DriverRefused(`the client driver ${driver} ${text}${said}`)
}
