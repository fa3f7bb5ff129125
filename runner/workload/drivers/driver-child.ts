import { foreignEnvironment } from '../../base/programs.ts'
import { oneLine, truncate } from '../../base/text.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { GuestContainer } from '../../platforms/docker/guest-container.ts'
import type { GuestPlace } from '../../platforms/platform.ts'
import type { DriverLog } from './driver-log.ts'
import { KeptGroup } from './kept-group.ts'
import type { KeptProgram } from './kept-program.ts'
import { Lines } from './lines.ts'
import type { DriverPlan } from './plan.ts'
import { type FromDriver, fromDriver, LONGEST_LINE, type ToDriver } from './protocol.ts'

/** What a driver has not read yet may come to so much, bytes. */
const LONGEST_BACKLOG = 16 * 1024 * 1024
/** A line that is quoted is cut after so many characters. */
const QUOTED_CHARACTERS = 200
/** No more of a line is looked at for that, UTF-16 units or bytes: a line may have 16 MB. */
const QUOTED_FROM = 10 * QUOTED_CHARACTERS
/** From `stop` to SIGTERM, and from there to SIGKILL, ms. */
const STOP_WITHIN_MS = 3000
const TERM_WITHIN_MS = 1000
/** A process that was killed is gone in a moment, ms. */
const KILL_WITHIN_MS = 2000
/** From the end of its stdout to its own end, ms: what exits closes its stdout on the way, and may write a core file. */
const EXIT_WITHIN_MS = 1000
/** A line comes in pieces, and the next one of a long line within so many ms. */
const NEXT_PIECE_WITHIN_MS = 5000
/** The same when its load is over, and nothing is left that it must do. */
const LAST_PIECE_WITHIN_MS = 1000

export interface DriverChildListener {
  /** `atMs`: when it was read. */
  onMessage(message: FromDriver, atMs: number): void
  /** What it did that no driver may do, as it is told of it: `wrote what is no JSON: …`. Once; it is being ended. */
  onMisdeed(text: string): void
}

/** The program of a driver. Lines that are sent in one turn of the event loop go out together. */
export class DriverChild {
  readonly #listener: DriverChildListener
  readonly #now: () => number
  readonly #program: KeptProgram
  readonly #lines = new Lines(LONGEST_LINE)
  #unsent: string[] = []
  /** When the last piece of what it says was read. */
  #lastPieceMs = 0
  #hasClosedStdout = false
  /** Nothing that it says from here on is a misdeed. */
  #isStopping = false
  #hasMisbehaved = false

  constructor(
    plan: DriverPlan,
    { log, guests, now }: { log: DriverLog; guests: GuestPlace | undefined; now: () => number },
    listener: DriverChildListener,
  ) {
    this.#listener = listener
    this.#now = now
    this.#program = startProgram(plan, guests, (text) => {
      log.close()
      this.condemn(text)
    })
    this.#program.stdout.on('data', (piece: Buffer) => this.#read(piece))
    this.#program.stdout.once('end', () => {
      this.#hasClosedStdout = true
      afterRunning(EXIT_WITHIN_MS, () => this.#condemnIfMute())
    })
    this.#program.stderr.setEncoding('utf8').on('data', (text: string) => log.add(text))
  }

  send(message: ToDriver): void {
    if (this.#unsent.length === 0) setImmediate(() => this.#flush())
    this.#unsent.push(JSON.stringify(message))
  }

  /** A line that it has begun and does not end is a misdeed. `isLoadOver`: no operation waits for it any more. */
  checkLine(isLoadOver: boolean): void {
    if (this.#hasMisbehaved || !this.#lines.hasUnended) return
    const limitMs = isLoadOver ? LAST_PIECE_WITHIN_MS : NEXT_PIECE_WITHIN_MS
    if (this.#now() - this.#lastPieceMs < limitMs) return
    this.condemn(`wrote a line that it did not end: \`${quoted(this.#lines.unendedHead(QUOTED_FROM))}\``)
  }

  /** Closing its stdout is a misdeed, also of a driver whose stream does not tell: there it has to be looked for. */
  async checkStdout(): Promise<void> {
    if (await this.#program.hasClosedStdout?.()) this.condemn('was found to have closed its stdout')
  }

  /** Ends it in good order. Resolves to what it took beyond `stop`, in words; undefined for a driver that obeys. */
  async stop(): Promise<string | undefined> {
    if (this.#hasClosedStdout) this.#condemnIfMute()
    if (this.#isStopping) return undefined
    this.#isStopping = true
    this.send({ type: 'stop' })
    this.#flush()
    this.#program.stdin.end()
    if (await this.#program.endsWithin(STOP_WITHIN_MS)) return undefined
    this.#program.signal('SIGTERM')
    if (await this.#program.endsWithin(TERM_WITHIN_MS)) return 'SIGTERM'
    this.#program.signal('SIGKILL')
    await this.#program.endsWithin(KILL_WITHIN_MS)
    return 'SIGKILL'
  }

  /** Ends it at once, at any time. Idempotent. */
  async kill(): Promise<void> {
    this.#isStopping = true
    this.#program.signal('SIGKILL')
    this.#program.stdin.destroy()
    await Promise.all([this.#program.letGo(), this.#program.endsWithin(KILL_WITHIN_MS)])
  }

  /** It did what no driver may do: it is told once, and ended. */
  condemn(text: string): void {
    if (this.#hasMisbehaved || this.#isStopping) return
    this.#hasMisbehaved = true
    this.#listener.onMisdeed(text)
    void this.kill()
  }

  /** An end of the program says more, and is told by itself. */
  #condemnIfMute(): void {
    if (!this.#program.isOver) this.condemn('closed its stdout')
  }

  #flush(): void {
    const lines = this.#unsent
    this.#unsent = []
    if (lines.length === 0 || !this.#program.stdin.writable) return
    this.#program.stdin.write(`${lines.join('\n')}\n`)
    if (this.#program.stdin.writableLength > LONGEST_BACKLOG) {
      this.condemn(`reads nothing: ${megabytes(this.#program.stdin.writableLength)} wait for it on its stdin`)
    }
  }

  #read(piece: Buffer): void {
    if (this.#hasMisbehaved) return
    const atMs = this.#now()
    this.#lastPieceMs = atMs
    const lines = this.#lines.add(piece)
    if (!lines) {
      this.condemn(`wrote more than ${megabytes(LONGEST_LINE)} without an end of line`)
      return
    }
    for (const line of lines) {
      const message = parse(line)
      if (this.#hasMisbehaved) return
      if (typeof message === 'string') this.condemn(`${message}: \`${quoted(line)}\``)
      else this.#listener.onMessage(message, atMs)
    }
  }
}

function startProgram(plan: DriverPlan, guests: GuestPlace | undefined, onEnd: (text: string) => void): KeptProgram {
  if (!('image' in plan)) return new KeptGroup({ ...plan, env: foreignEnvironment(), onEnd })
  if (guests === undefined) throw new Error(`${plan.client} cannot be run beside these servers`)
  return new GuestContainer({ ...plan, place: guests, name: 'driver', env: {}, onEnd })
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

function quoted(line: string): string {
  const looked = truncate(oneLine(line.slice(0, QUOTED_FROM)), QUOTED_CHARACTERS)
  return line.length <= QUOTED_FROM || looked.endsWith('…') ? looked : `${looked}…`
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1024 * 1024))} MB`
}
