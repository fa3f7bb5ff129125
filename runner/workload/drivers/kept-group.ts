import { spawn } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'
import { codeOf } from '../../base/errors.ts'
import { programArgs } from '../../base/programs.ts'
import { afterRunning, isOverWithin } from '../../base/time-limit.ts'
import { readJsonLines } from '../../platforms/process/json-lines.ts'
import type { KeeperReport } from './keeper-words.ts'
import type { KeptProgram } from './kept-program.ts'

/** What its process has said is read for so long after its end, ms: somebody else may have its stdout open. */
const READ_AFTER_END_MS = 500

export interface KeptGroupOptions {
  command: readonly [program: string, ...args: string[]]
  folder: string
  /** Its whole environment. */
  env: NodeJS.ProcessEnv
  /** It ended, in words: `ended with exit code 1`. Once. */
  onEnd(text: string): void
}

/**
 * A program of somebody else in a process group of its own, behind a keeper that ends the whole group when the runner is
 * gone. Its streams are the program's own: the keeper copies no byte.
 */
export class KeptGroup implements KeptProgram {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly #life: Duplex
  readonly #ended: Promise<void>
  #pid: number | undefined
  /** How the program ended, as its keeper says. */
  #end: KeeperReport | undefined
  #isOver = false

  constructor({ command, folder, env, onEnd }: KeptGroupOptions) {
    const keeper = spawn(process.execPath, [...programArgs(import.meta.url, './keeper-process'), ...command], {
      cwd: folder,
      // A session of its own: the terminal's Ctrl-C is not for it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      env,
    })
    const [stdin, stdout, stderr, life] = keeper.stdio as unknown as [Writable, Readable, Readable, Duplex]
    this.stdin = stdin
    this.stdout = stdout
    this.stderr = stderr
    this.#life = life
    for (const stream of [stdin, stdout, stderr, life]) stream.on('error', () => undefined)
    readJsonLines(life, (report: KeeperReport) => {
      if ('pid' in report) this.#pid = report.pid
      else this.#end = report
    })
    this.#ended = new Promise((resolve) => {
      const over = () => {
        if (this.#isOver) return
        this.#isOver = true
        // A keeper that was killed leaves its program behind.
        if (this.#end === undefined) this.#killGroup()
        onEnd(endText(this.#end))
        resolve()
      }
      keeper.once('error', over)
      keeper.once('close', over)
      keeper.once('exit', () => afterRunning(READ_AFTER_END_MS, over))
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Sends a signal to the program and all that it has started. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#isOver && this.#life.writable) this.#life.write(`${signal}\n`)
  }

  /** The keeper ends, and ends what is left of the group. */
  async letGo(): Promise<void> {
    this.#life.end()
  }

  /** Whether it ends within so many ms. */
  async endsWithin(limitMs: number): Promise<boolean> {
    return this.#isOver || (await isOverWithin(this.#ended, limitMs))
  }

  #killGroup(): void {
    if (this.#pid === undefined) return
    try {
      process.kill(-this.#pid, 'SIGKILL')
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error
    }
  }
}

function endText(end: KeeperReport | undefined): string {
  if (end === undefined || 'pid' in end) return 'ended, and nobody saw how'
  if ('error' in end) return `could not be started: ${end.error}`
  return end.signal === null ? `ended with exit code ${end.exit}` : `was ended by ${end.signal}`
}
