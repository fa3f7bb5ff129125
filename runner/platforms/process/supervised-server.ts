import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { constants } from 'node:os'
import { systemClock } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import { afterRunning } from '../../base/time-limit.ts'
import type { NodeState } from '../platform.ts'
import { lookAt } from '../process-id.ts'
import { CpuThrottle } from './cpu-throttle.ts'
import type { ServerPlan } from './protocol.ts'

const SIGNAL_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 2
const LAST_WORDS_BYTES = 65_536

/** One server, from its first start to its last end. Its methods throw Error with the reason in words. */
export class SupervisedServer {
  #plan: ServerPlan
  readonly #onStart: (pid: number) => void
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  /** What it may use of one core, if that is limited; outlasts its end and start. */
  #cpuShare: number | undefined
  #throttle: CpuThrottle | undefined
  /** Held back by a limit that is no more, ms. */
  #heldBackMs = 0
  /** Signals that this supervisor sent. */
  readonly #sent = new Set<string>()
  #closed = false
  #lastEnd: NodeState = { status: 'stopped', text: 'process was never started' }

  /** `onStart` is called with each process that is started; if it throws, the process is ended and the start fails. */
  constructor(plan: ServerPlan, onStart: (pid: number) => void) {
    this.#plan = plan
    this.#onStart = onStart
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async state(): Promise<NodeState> {
    if (this.pid === undefined) return this.#lastEnd
    const seen = lookAt(this.pid)
    if (!seen) {
      await this.#ended
      return this.#lastEnd
    }
    return seen.letter.startsWith('T') && !this.#throttle?.isActive
      ? { status: 'paused', text: 'process is paused' }
      : { status: 'running', text: 'process is running' }
  }

  async start(): Promise<void> {
    if ((await this.state()).status === 'paused') throw new Error('the process is paused: unpause it instead')
    if (this.#closed) throw new Error('the servers are being removed')
    if (this.#child) return
    const { command, args, folder, log } = this.#plan
    const env = { ...environment(), ...this.#plan.env }
    const output = openSync(log, 'a', 0o600)
    try {
      // A group of its own, so that children of the server (which save its data) end with it.
      const child = spawn(command, args, { cwd: folder, env, detached: true, stdio: ['ignore', output, output] })
      await this.#adopt(child)
    } finally {
      closeSync(output)
    }
  }

  /** It is started by this plan from now on. */
  async replace(plan: ServerPlan): Promise<void> {
    if ((await this.state()).status !== 'stopped') throw new Error('the process still runs: stop it first')
    this.#plan = plan
  }

  async #adopt(child: ChildProcess): Promise<void> {
    const { pid } = child
    if (pid === undefined) {
      throw await new Promise((resolve) => child.once('error', resolve))
    }
    this.#child = child
    this.#sent.clear()
    this.#heldBackMs = 0
    this.#startThrottle()
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#child = undefined
        this.#endThrottle()
        this.#lastEnd = this.#endOf(code, signal)
        sendTo(-pid, 'SIGKILL')
        resolve()
      })
    })
    try {
      this.#onStart(pid)
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  async stop(graceMs: number): Promise<void> {
    if (this.pid === undefined) return
    this.#signal('SIGTERM')
    // A server that stood still with this process had no time to end.
    const cancel = afterRunning(graceMs, () => this.#signalGroup('SIGKILL'))
    await this.#ended
    cancel()
  }

  async kill(): Promise<void> {
    this.#signalGroup('SIGKILL')
    await this.#ended
  }

  /** Ends it for good: it cannot be started again. */
  async close(): Promise<void> {
    this.#closed = true
    await this.kill()
  }

  async pause(): Promise<void> {
    const { status } = await this.state()
    if (status === 'paused') throw new Error('the process is paused already')
    if (status === 'stopped') throw new Error('the process is not running')
    this.#throttle?.suspend()
    this.#signalGroup('SIGSTOP')
    await this.#wait('paused', 'SIGSTOP')
  }

  async unpause(): Promise<void> {
    if ((await this.state()).status !== 'paused') throw new Error('the process is not paused')
    this.#signalGroup('SIGCONT')
    await this.#wait('running', 'SIGCONT')
    this.#throttle?.resume()
  }

  /** How long it was held back since its start, ms. */
  get heldBackMs(): number {
    return this.#heldBackMs + (this.#throttle?.heldBackMs ?? 0)
  }

  get cpuShare(): number | undefined {
    return this.#cpuShare
  }

  /** Holds it to a share of one core, now and after every start, or lets it have all of it again. */
  async limitCpu(share: number | undefined): Promise<void> {
    if (share === this.#cpuShare) return
    const { status } = await this.state()
    this.#cpuShare = share
    this.#endThrottle()
    this.#startThrottle()
    if (status === 'paused') this.#throttle?.suspend()
  }

  #startThrottle(): void {
    if (this.#cpuShare === undefined || this.pid === undefined) return
    this.#throttle = new CpuThrottle(this.pid, this.#cpuShare, (signal) => this.#signalGroup(signal))
  }

  #endThrottle(): void {
    this.#throttle?.end()
    this.#heldBackMs += this.#throttle?.heldBackMs ?? 0
    this.#throttle = undefined
  }

  async #wait(wanted: NodeState['status'], signal: string): Promise<void> {
    const deadlineMs = systemClock.ranMs() + SIGNAL_WITHIN_MS
    for (let looks = 1; ; looks += 1) {
      const { status, text } = await this.state()
      if (status === wanted) return
      if (status === 'stopped') throw new Error(`${text} meanwhile`)
      if (systemClock.ranMs() > deadlineMs) {
        throw new Error(`${text}, still ${SIGNAL_WITHIN_MS / 1000} s after ${signal} (looked ${looks} times)`)
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  #signal(signal: NodeJS.Signals): void {
    this.#sent.add(signal)
    if (this.pid !== undefined) sendTo(this.pid, signal)
  }

  #signalGroup(signal: NodeJS.Signals): void {
    this.#sent.add(signal)
    if (this.pid !== undefined) sendTo(-this.pid, signal)
  }

  #endOf(code: number | null, signal: NodeJS.Signals | null): NodeState {
    if (signal === null) return { status: 'stopped', exitCode: code ?? 0, text: `process exited with code ${code}` }
    // A shell's and Docker's way to say it.
    const exitCode = 128 + constants.signals[signal]
    if (!this.#sent.has(signal) && ranOutOfMemory(this.#plan.log)) {
      return { status: 'stopped', exitCode, oomKilled: true, text: `process ended out of memory (${signal})` }
    }
    const foreign = this.#sent.has(signal) ? '' : ', which redis-chaos did not send'
    return { status: 'stopped', exitCode, text: `process was killed by ${signal}${foreign}` }
  }
}

/**
 * Whether the last words of a server are that it got no memory (zmallocDefaultOOM and redisOutOfMemoryHandler,
 * zmalloc.c and server.c, Redis 7.0). A report of the crash follows, of some ten thousand characters.
 */
function ranOutOfMemory(log: string): boolean {
  try {
    const file = openSync(log, 'r')
    try {
      const { size } = fstatSync(file)
      const words = Buffer.alloc(Math.min(size, LAST_WORDS_BYTES))
      readSync(file, words, 0, words.length, size - words.length)
      return words.toString('latin1').includes('Out Of Memory allocating')
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}

/** What a server needs and what its developers set. All else of the user's own is none of its business. */
const PASSED_ON = /^(PATH|TZ|LC_ALL|LD_LIBRARY_PATH|MALLOC_\w+|\w+SAN_OPTIONS)$/

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)))
}

/** `target`: a process, or a whole group as its negative. */
function sendTo(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}
