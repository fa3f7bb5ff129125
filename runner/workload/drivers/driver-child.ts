import { spawn } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'
import { codeOf } from '../../base/errors.ts'
import { foreignEnvironment, programArgs } from '../../base/programs.ts'
import { oneLine, truncate } from '../../base/text.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { readJsonLines } from '../../platforms/process/json-lines.ts'
import type { DriverLog } from './driver-log.ts'
import type { KeeperReport } from './keeper-words.ts'
import { Lines } from './lines.ts'
import type { DriverPlan } from './plan.ts'
import { type FromDriver, fromDriver, LONGEST_LINE, type ToDriver } from './protocol.ts'

/** What a driver has not read yet may come to so much, bytes. */
const LONGEST_BACKLOG = 16 * 1024 * 1024
/** A line that is quoted is cut after so many characters. */
const QUOTED_CHARACTERS = 200
/** What its process has said is read for so long after its end, ms: somebody else may have its stdout open. */
const READ_AFTER_END_MS = 500
/** From `stop` to SIGTERM, and from there to SIGKILL, ms. */
const STOP_WITHIN_MS = 3000
const TERM_WITHIN_MS = 1000
/** A process that was killed is gone in a moment, ms. */
const KILL_WITHIN_MS = 2000

export interface DriverChildListener {
  /** `atMs`: when it was read. */
  onMessage(message: FromDriver, atMs: number): void
  /** What it did that no driver may do, as it is told of it: `wrote what is no JSON: …`. Once; it is being ended. */
  onMisdeed(text: string): void
}

/** The process of a driver, behind its keeper. Lines that are sent in one turn of the event loop go out together. */
export class DriverChild {
  readonly #listener: DriverChildListener
  readonly #log: DriverLog
  readonly #now: () => number
  readonly #stdin: Writable
  readonly #life: Duplex
  readonly #lines = new Lines(LONGEST_LINE)
  readonly #ended: Promise<void>
  #unsent: string[] = []
  #isOver = false
  #pid: number | undefined
  /** How the driver ended, as its keeper says. */
  #end: KeeperReport | undefined
  /** Nothing that it says from here on is a misdeed. */
  #isStopping = false
  #hasMisbehaved = false

  constructor(plan: DriverPlan, log: DriverLog, now: () => number, listener: DriverChildListener) {
    this.#listener = listener
    this.#log = log
    this.#now = now
    const keeper = spawn(process.execPath, [...programArgs(import.meta.url, './keeper-process'), ...plan.command], {
      cwd: plan.folder,
      // A session of its own: the terminal's Ctrl-C is not for it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env: foreignEnvironment(),
    })
    const [stdin, stdout, stderr, life] = keeper.stdio as unknown as [Writable, Readable, Readable, Duplex]
    this.#stdin = stdin
    this.#life = life
    for (const stream of [stdin, stdout, stderr, life]) stream.on('error', () => undefined)
    stdout.on('data', (piece: Buffer) => this.#read(piece))
    stderr.setEncoding('utf8').on('data', (text: string) => log.add(text))
    readJsonLines(life, (report: KeeperReport) => this.#onReport(report))
    this.#ended = new Promise((resolve) => {
      const over = () => {
        this.#isOver = true
        this.#onEnd()
        resolve()
      }
      keeper.once('error', over)
      keeper.once('close', over)
      keeper.once('exit', () => afterRunning(READ_AFTER_END_MS, over))
    })
  }

  send(message: ToDriver): void {
    if (this.#unsent.length === 0) setImmediate(() => this.#flush())
    this.#unsent.push(JSON.stringify(message))
  }

  /** Ends it in good order. Resolves to what it took beyond `stop`, in words; undefined for a driver that obeys. */
  async stop(): Promise<string | undefined> {
    if (this.#isStopping) return undefined
    this.#isStopping = true
    this.send({ type: 'stop' })
    this.#flush()
    this.#stdin.end()
    if (await this.#endsWithin(STOP_WITHIN_MS)) return undefined
    this.#signal('SIGTERM')
    if (await this.#endsWithin(TERM_WITHIN_MS)) return 'SIGTERM'
    this.#signal('SIGKILL')
    await this.#endsWithin(KILL_WITHIN_MS)
    return 'SIGKILL'
  }

  /** Ends it at once, at any time. Idempotent. */
  async kill(): Promise<void> {
    this.#isStopping = true
    this.#signal('SIGKILL')
    this.#stdin.destroy()
    this.#life.end()
    await this.#endsWithin(KILL_WITHIN_MS)
  }

  /** It did what no driver may do: it is told once, and ended. */
  condemn(text: string): void {
    if (this.#hasMisbehaved || this.#isStopping) return
    this.#hasMisbehaved = true
    this.#listener.onMisdeed(text)
    void this.kill()
  }

  #flush(): void {
    const lines = this.#unsent
    this.#unsent = []
    if (lines.length === 0 || !this.#stdin.writable) return
    this.#stdin.write(`${lines.join('\n')}\n`)
    if (this.#stdin.writableLength > LONGEST_BACKLOG) {
      this.condemn(`reads nothing: ${megabytes(this.#stdin.writableLength)} wait for it on its stdin`)
    }
  }

  #read(piece: Buffer): void {
    if (this.#hasMisbehaved) return
    const atMs = this.#now()
    const lines = this.#lines.add(piece)
    if (!lines) {
      this.condemn(`wrote more than ${megabytes(LONGEST_LINE)} without an end of line`)
      return
    }
    for (const line of lines) {
      const message = parse(line)
      if (this.#hasMisbehaved) return
      if (typeof message === 'string') this.condemn(`${message}: \`${truncate(oneLine(line), QUOTED_CHARACTERS)}\``)
      else this.#listener.onMessage(message, atMs)
    }
  }

  #onReport(report: KeeperReport): void {
    if ('pid' in report) this.#pid = report.pid
    else this.#end = report
  }

  #onEnd(): void {
    this.#log.close()
    // A keeper that was killed leaves its driver behind.
    if (this.#end === undefined) this.#signalDriver('SIGKILL')
    this.condemn(endText(this.#end))
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#isOver && this.#life.writable) this.#life.write(`${signal}\n`)
  }

  #signalDriver(signal: NodeJS.Signals): void {
    if (this.#pid === undefined) return
    try {
      process.kill(-this.#pid, signal)
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error
    }
  }

  async #endsWithin(limitMs: number): Promise<boolean> {
    if (this.#isOver) return true
    return await new Promise((resolve) => {
      const cancel = afterRunning(limitMs, () => resolve(false))
      void this.#ended.then(() => {
        cancel()
        resolve(true)
      })
    })
  }
}

/** The message of a line; in words, why it is none. */
function parse(line: string): FromDriver | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'wrote what is no JSON'
  }
  const { success, data } = fromDriver.safeParse(value)
  return success ? data : 'wrote what is no message of the protocol'
}

function endText(end: KeeperReport | undefined): string {
  if (end === undefined || 'pid' in end) return 'ended, and nobody saw how'
  if ('error' in end) return `could not be started: ${end.error}`
  return end.signal === null ? `ended with exit code ${end.exit}` : `was ended by ${end.signal}`
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1024 * 1024))} MB`
}
