// Plain JavaScript, as all that the supervisor of processes loads, which starts it: see process/supervisor.mjs.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readJsonLines } from '../process/json-lines.mjs'

/**
 * @typedef {import('./protocol.ts').LinkPlan} LinkPlan
 * @typedef {import('./protocol.ts').LinkOpening} LinkOpening
 * @typedef {import('./protocol.ts').LinkOrder} LinkOrder
 * @typedef {import('./protocol.ts').LinkReply} LinkReply
 */

const PROGRAM = fileURLToPath(new URL('./link-process.mjs', import.meta.url))
const KEPT_CHARACTERS = 500

/** The process that carries a group's links, seen by the one that starts it. It ends by itself when that one is gone, however it went. */
export class LinkChild {
  #child
  #lastId = 0
  #waiters = 0
  /** @type {Map<number, { resolve: (reply: LinkReply) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()
  /** @type {((opening: LinkOpening) => void) | undefined} */
  #onOpening
  #complaints = ''
  /** Why it is no more, in words. @type {string | undefined} */
  #end
  /** @type {Promise<void>} */
  #ended
  #closing = false

  /**
   * @param {string} about there for people who look at the list of processes: a run's id
   * @param {(words: string) => void} onLoss called when it ends without being asked to
   */
  constructor(about, onLoss) {
    const child = spawn(process.execPath, [PROGRAM, about], {
      cwd: '/',
      // A session of its own: the terminal's Ctrl-C is not for it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environment(),
    })
    this.#child = child
    // Only an answer that is waited for keeps this program alive.
    child.unref()
    for (const stream of child.stdio) /** @type {import('node:net').Socket | null} */ (stream)?.unref()
    child.stdin.on('error', () => undefined)
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_CHARACTERS)
    })
    readJsonLines(child.stdout, (/** @type {LinkOpening | LinkReply} */ message) => {
      if ('id' in message) this.#waiting.get(message.id)?.resolve(message)
      else this.#onOpening?.(message)
    })
    this.#ended = new Promise((resolve) => {
      const end = (/** @type {string} */ words) => {
        if (this.#end !== undefined) return
        this.#end = words
        for (const { reject } of [...this.#waiting.values()]) reject(this.#gone())
        if (!this.#closing) onLoss(this.#gone().message)
        resolve()
      }
      child.once('error', (error) => end(error.message))
      child.once('close', (code, signal) => end(this.#endInWords(code, signal)))
    })
  }

  get pid() {
    return this.#child.pid
  }

  /**
   * Resolves when all doors are open, to their ports. Throws Error, with the system's code.
   * @param {LinkPlan} plan
   * @returns {Promise<number[]>}
   */
  async open(plan) {
    /** @type {Promise<LinkOpening>} */
    const opening = new Promise((resolve) => {
      this.#onOpening = resolve
    })
    this.#tell(plan)
    const opened = await this.#waitFor(Promise.race([opening, this.#ended]))
    if (!opened) throw this.#gone()
    if ('ready' in opened) return opened.ports
    throw Object.assign(new Error(opened.error), opened.code === undefined ? {} : { code: opened.code })
  }

  /**
   * @param {LinkOrder} order
   * @returns {Promise<LinkReply>}
   */
  async ask(order) {
    if (this.#end !== undefined) throw this.#gone()
    this.#lastId += 1
    const id = this.#lastId
    try {
      /** @type {Promise<LinkReply>} */
      const reply = new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#tell({ ...order, id })
      })
      return await this.#waitFor(reply)
    } finally {
      this.#waiting.delete(id)
    }
  }

  /** Ends it for good. */
  async close() {
    this.#closing = true
    this.#child.kill('SIGKILL')
    await this.#waitFor(this.#ended)
  }

  /**
   * @template T
   * @param {Promise<T>} answer
   * @returns {Promise<T>}
   */
  async #waitFor(answer) {
    this.#waiters += 1
    this.#child.ref()
    try {
      return await answer
    } finally {
      this.#waiters -= 1
      if (this.#waiters === 0) this.#child.unref()
    }
  }

  /** @param {unknown} message */
  #tell(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`)
  }

  #gone() {
    return new Error(`the process that carries the links between the nodes is gone: ${this.#end}`)
  }

  /**
   * @param {number | null} code
   * @param {NodeJS.Signals | null} signal
   */
  #endInWords(code, signal) {
    const words = this.#complaints.split('\n').filter((line) => /\S/.test(line) && !/^\s+at /.test(line))
    const said = words.length === 0 ? '' : `; it said: ${words.slice(-3).join(' / ')}`
    return `${signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`}${said}`
  }
}

/** Nothing of this program's own. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_|REDIS_CHAOS_|npm_|TAP)/.test(name)),
  )
}
