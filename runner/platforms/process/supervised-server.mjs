// Plain JavaScript, as all that the supervisor loads: see supervisor.mjs.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { lookAt } from '../process-id.mjs'
import { CpuThrottle } from './cpu-throttle.mjs'

/**
 * @typedef {import('./protocol.ts').ServerPlan} ServerPlan
 * @typedef {import('../platform.ts').NodeState} NodeState
 */

const SIGNAL_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 2

/** One server, from its first start to its last end. Its methods throw Error with the reason in words. */
export class SupervisedServer {
  /** @type {ServerPlan} */
  #plan
  /** @type {(pid: number) => void} */
  #onStart
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  /** @type {Promise<void>} */
  #ended = Promise.resolve()
  /** What it may use of one core, if that is limited; outlasts its end and start. @type {number | undefined} */
  #cpuShare
  /** @type {CpuThrottle | undefined} */
  #throttle
  /** Held back by a limit that is no more, ms. */
  #heldBackMs = 0
  /** Signals that this supervisor sent. @type {Set<string>} */
  #sent = new Set()
  #closed = false
  /** @type {NodeState} */
  #lastEnd = { status: 'stopped', text: 'process was never started' }

  /**
   * @param {ServerPlan} plan
   * @param {(pid: number) => void} onStart called with each process that is started; if it throws, the process is ended and the start fails
   */
  constructor(plan, onStart) {
    this.#plan = plan
    this.#onStart = onStart
  }

  get pid() {
    return this.#child?.pid
  }

  /** @returns {Promise<NodeState>} */
  async state() {
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

  /** @returns {Promise<void>} */
  async start() {
    if ((await this.state()).status === 'paused') throw new Error('the process is paused: unpause it instead')
    if (this.#closed) throw new Error('the servers are being removed')
    if (this.#child) return
    const { command, args, folder, log } = this.#plan
    const env = { ...process.env, ...this.#plan.env }
    const output = openSync(log, 'a', 0o600)
    try {
      // A group of its own, so that children of the server (which save its data) end with it.
      const child = spawn(command, args, { cwd: folder, env, detached: true, stdio: ['ignore', output, output] })
      await this.#adopt(child)
    } finally {
      closeSync(output)
    }
  }

  /** @param {import('node:child_process').ChildProcess} child */
  async #adopt(child) {
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

  /** @param {number} graceMs */
  async stop(graceMs) {
    if (this.pid === undefined) return
    this.#signal('SIGTERM')
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), graceMs)
    await this.#ended
    clearTimeout(timer)
  }

  async kill() {
    this.#signalGroup('SIGKILL')
    await this.#ended
  }

  /** Ends it for good: it cannot be started again. */
  async close() {
    this.#closed = true
    await this.kill()
  }

  async pause() {
    const { status } = await this.state()
    if (status === 'paused') throw new Error('the process is paused already')
    if (status === 'stopped') throw new Error('the process is not running')
    this.#throttle?.suspend()
    this.#signalGroup('SIGSTOP')
    await this.#wait('paused', 'SIGSTOP')
  }

  async unpause() {
    if ((await this.state()).status !== 'paused') throw new Error('the process is not paused')
    this.#signalGroup('SIGCONT')
    await this.#wait('running', 'SIGCONT')
    this.#throttle?.resume()
  }

  /** How long it was held back since its start, ms. */
  get heldBackMs() {
    return this.#heldBackMs + (this.#throttle?.heldBackMs ?? 0)
  }

  get cpuShare() {
    return this.#cpuShare
  }

  /**
   * Holds it to a share of one core, now and after every start, or lets it have all of it again.
   * @param {number | undefined} share
   */
  async limitCpu(share) {
    if (share === this.#cpuShare) return
    const { status } = await this.state()
    this.#cpuShare = share
    this.#endThrottle()
    this.#startThrottle()
    if (status === 'paused') this.#throttle?.suspend()
  }

  #startThrottle() {
    if (this.#cpuShare === undefined || this.pid === undefined) return
    this.#throttle = new CpuThrottle(this.pid, this.#cpuShare, (signal) => this.#signalGroup(signal))
  }

  #endThrottle() {
    this.#throttle?.end()
    this.#heldBackMs += this.#throttle?.heldBackMs ?? 0
    this.#throttle = undefined
  }

  /**
   * @param {NodeState['status']} wanted
   * @param {string} signal
   */
  async #wait(wanted, signal) {
    const deadlineMs = performance.now() + SIGNAL_WITHIN_MS
    for (let looks = 1; ; looks += 1) {
      const { status, text } = await this.state()
      if (status === wanted) return
      if (status === 'stopped') throw new Error(`${text} meanwhile`)
      if (performance.now() > deadlineMs) {
        throw new Error(`${text}, still ${SIGNAL_WITHIN_MS / 1000} s after ${signal} (looked ${looks} times)`)
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  /** @param {NodeJS.Signals} signal */
  #signal(signal) {
    this.#sent.add(signal)
    if (this.pid !== undefined) sendTo(this.pid, signal)
  }

  /** @param {NodeJS.Signals} signal */
  #signalGroup(signal) {
    this.#sent.add(signal)
    if (this.pid !== undefined) sendTo(-this.pid, signal)
  }

  /**
   * @param {number | null} code
   * @param {NodeJS.Signals | null} signal
   * @returns {NodeState}
   */
  #endOf(code, signal) {
    if (signal === null) return { status: 'stopped', exitCode: code ?? 0, text: `process exited with code ${code}` }
    const foreign = this.#sent.has(signal) ? '' : ', which redis-chaos did not send'
    // A shell's and Docker's way to say it.
    const exitCode = 128 + constants.signals[signal]
    return { status: 'stopped', exitCode, text: `process was killed by ${signal}${foreign}` }
  }
}

/**
 * @param {number} target a process, or a whole group as its negative
 * @param {NodeJS.Signals} signal
 */
function sendTo(target, signal) {
  try {
    process.kill(target, signal)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error
  }
}
