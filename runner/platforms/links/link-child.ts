import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { foreignEnvironment, programArgs } from '../../base/programs.ts'
import { lastLines } from '../../base/text.ts'
import { readJsonLines } from '../process/json-lines.ts'
import type { LinkOpening, LinkOrder, LinkPlan, LinkReply } from './protocol.ts'

const KEPT_CHARACTERS = 500

/**
 * The process that carries a group's links, seen by the one that starts it. It ends by itself when that one is gone,
 * however it went.
 */
export class LinkChild {
  readonly #child: ChildProcessWithoutNullStreams
  #lastId = 0
  #waiters = 0
  readonly #waiting = new Map<number, { resolve(reply: LinkReply): void; reject(error: Error): void }>()
  #onOpening: ((opening: LinkOpening) => void) | undefined
  #complaints = ''
  /** Why it is no more, in words. */
  #end: string | undefined
  readonly #ended: Promise<void>
  #closing = false

  /**
   * `about` is there for people who look at the list of processes: a run's id. `onLoss` is called when it ends without
   * being asked to, with the reason in words.
   */
  constructor(about: string, onLoss: (words: string) => void) {
    const child = spawn(process.execPath, [...programArgs(import.meta.url, './link-process'), about], {
      cwd: '/',
      // A session of its own: the terminal's Ctrl-C is not for it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: foreignEnvironment(),
    })
    this.#child = child
    this.#holdProgram(false)
    child.stdin.on('error', () => undefined)
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_CHARACTERS)
    })
    readJsonLines(child.stdout, (message: LinkOpening | LinkReply) => {
      if ('id' in message) this.#waiting.get(message.id)?.resolve(message)
      else this.#onOpening?.(message)
    })
    this.#ended = new Promise((resolve) => {
      const end = (words: string) => {
        if (this.#end !== undefined) return
        this.#end = words
        for (const { reject } of [...this.#waiting.values()]) reject(this.#gone())
        if (!this.#closing) onLoss(this.#gone().message)
        resolve()
      }
      child.once('error', (error) => end(error.message))
      child.once('close', (code, signal) => end(this.#describeEnd(code, signal)))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when all doors are open, to their ports. Throws Error, with the system's code. */
  async open(plan: LinkPlan): Promise<number[]> {
    const opening = new Promise<LinkOpening>((resolve) => {
      this.#onOpening = resolve
    })
    this.#tell(plan)
    const opened = await this.#waitFor(Promise.race([opening, this.#ended]))
    if (!opened) throw this.#gone()
    if ('ready' in opened) return opened.ports
    throw Object.assign(new Error(opened.error), opened.code === undefined ? {} : { code: opened.code })
  }

  async ask(order: LinkOrder): Promise<LinkReply> {
    if (this.#end !== undefined) throw this.#gone()
    this.#lastId += 1
    const id = this.#lastId
    try {
      const reply = new Promise<LinkReply>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#tell({ ...order, id })
      })
      return await this.#waitFor(reply)
    } finally {
      this.#waiting.delete(id)
    }
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.#closing = true
    this.#child.kill('SIGKILL')
    await this.#waitFor(this.#ended)
  }

  async #waitFor<T>(answer: Promise<T>): Promise<T> {
    this.#waiters += 1
    this.#holdProgram(true)
    try {
      return await answer
    } finally {
      this.#waiters -= 1
      if (this.#waiters === 0) this.#holdProgram(false)
    }
  }

  /** Only an answer that is waited for keeps this program alive. */
  #holdProgram(isWaiting: boolean): void {
    // The streams, too: they may end later than the process does, where another one has them open.
    for (const handle of [this.#child, ...(this.#child.stdio as (Socket | null)[])]) {
      if (isWaiting) handle?.ref()
      else handle?.unref()
    }
  }

  #tell(message: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`)
  }

  #gone(): Error {
    return new Error(`the process that carries the links between the nodes is gone: ${this.#end}`)
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    const words = lastLines(this.#complaints.replaceAll(/^\s+at .*$/gm, ''), 3)
    const said = words === '' ? '' : `; it said: ${words}`
    return `${signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`}${said}`
  }
}
