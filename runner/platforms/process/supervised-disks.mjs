// Plain JavaScript, as all that the supervisor loads: see supervisor.mjs.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** @typedef {import('./protocol.ts').DiskPlan} DiskPlan */

const OPEN_WITHIN_MS = 5_000
const KEPT_CHARACTERS = 500

/** The process that keeps a group's small disks, for as long as the group is there. It ends by itself when its supervisor is gone. */
export class SupervisedDisks {
  #child
  /** @type {string[]} */
  #enter
  #complaints = ''
  /** @type {Promise<void>} */
  #ended

  /** @param {DiskPlan} plan */
  constructor({ command, args, enter }) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    this.#enter = enter
    child.stdin.on('error', () => undefined)
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_CHARACTERS)
    })
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#complaints = error.message
        resolve()
      })
      child.once('close', () => resolve())
    })
  }

  get pid() {
    return this.#child.pid
  }

  /** Resolves when all disks are there. Throws Error. */
  async open() {
    let timer
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, OPEN_WITHIN_MS)
    })
    const ready = new Promise((resolve) => createInterface({ input: this.#child.stdout }).once('line', resolve))
    const said = await Promise.race([ready, late, this.#ended])
    clearTimeout(timer)
    if (said === 'ready') return
    throw new Error(`the small disks could not be made: ${this.#complaints.trim() || 'no answer'}`)
  }

  /**
   * The command of a server, in the namespace that has the disks.
   * @param {string} command
   * @param {string[]} args
   * @returns {[string, ...string[]]}
   */
  inside(command, args) {
    const [program = 'nsenter', ...options] = this.#enter.map((word) => word.replace('@pid@', String(this.pid)))
    return [program, ...options, command, ...args]
  }

  async close() {
    this.#child.stdin.end()
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
