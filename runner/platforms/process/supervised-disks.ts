import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { DiskPlan } from './protocol.ts'

const OPEN_WITHIN_MS = 5_000
const KEPT_CHARACTERS = 500

/**
 * The process that keeps a group's small disks, for as long as the group is there. It ends by itself when its
 * supervisor is gone.
 */
export class SupervisedDisks {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #enter: string[]
  #complaints = ''
  readonly #ended: Promise<void>

  constructor({ command, args, enter }: DiskPlan) {
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

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Resolves when all disks are there. Throws Error. */
  async open(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, OPEN_WITHIN_MS)
    })
    const ready = new Promise((resolve) => createInterface({ input: this.#child.stdout }).once('line', resolve))
    const said = await Promise.race([ready, late, this.#ended])
    clearTimeout(timer)
    if (said === 'ready') return
    throw new Error(`the small disks could not be made: ${this.#complaints.trim() || 'no answer'}`)
  }

  /** The command of a server, in the namespace that has the disks and with every right there: it must give them up. */
  inside(command: string, args: string[]): [string, ...string[]] {
    const [program = 'nsenter', ...options] = this.#enter.map((word) => word.replace('@pid@', String(this.pid)))
    return [program, ...options, command, ...args]
  }

  async close(): Promise<void> {
    this.#child.stdin.end()
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
