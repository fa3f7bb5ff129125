import { spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { codeOf } from '../../base/errors.ts'
import { programArgs } from '../../base/programs.ts'
import { afterRunning } from '../../base/time-limit.ts'
import { readJsonLines } from '../../platforms/process/json-lines.ts'
import type { KeeperReport } from '../drivers/keeper-words.ts'

/** What it has said is read for so long after its end, ms: somebody else may have its stdout open. */
const READ_AFTER_END_MS = 500
/** From SIGTERM to SIGKILL, ms. */
const TERM_WITHIN_MS = 3000
/** A process that was killed is gone in a moment, ms. */
const KILL_WITHIN_MS = 2000
/** A line that is longer is cut, characters. */
const LONGEST_LINE = 4000

export interface KeptProcessOptions {
  command: readonly [program: string, ...args: string[]]
  folder: string
  /** Its whole environment. */
  env: NodeJS.ProcessEnv
  /** Lines that it has said, whole ones. */
  onOutput(text: string): void
  /** It ended, in words: `ended with exit code 1`. Once, after its last output. */
  onEnd(text: string): void
}

/** A program of somebody else behind a keeper, which ends it and all that it has started when the runner is gone. */
export class KeptProcess {
  readonly #life: Duplex
  readonly #ended: Promise<void>
  #pid: number | undefined
  #end: KeeperReport | undefined
  #isOver = false

  constructor({ command, folder, env, onOutput, onEnd }: KeptProcessOptions) {
    const program = '../drivers/keeper-process'
    const keeper = spawn(process.execPath, [...programArgs(import.meta.url, program), ...command], {
      cwd: folder,
      // A session of its own: the terminal's Ctrl-C is not for it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env,
    })
    const [, stdout, stderr, life] = keeper.stdio as unknown as [null, Readable, Readable, Duplex]
    this.#life = life
    for (const stream of [stdout, stderr, life]) stream.on('error', () => undefined)
    const rests = [stdout, stderr].map((stream) => readLines(stream, onOutput))
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
        for (const rest of rests) rest()
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

  /** Ends it: SIGTERM, then SIGKILL, to it and all that it has started. Resolves to whether SIGTERM was enough. */
  async stop(): Promise<boolean> {
    this.#signal('SIGTERM')
    if (await this.#endsWithin(TERM_WITHIN_MS)) return true
    this.#signal('SIGKILL')
    await this.#endsWithin(KILL_WITHIN_MS)
    this.#life.end()
    return false
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#isOver && this.#life.writable) this.#life.write(`${signal}\n`)
  }

  #killGroup(): void {
    if (this.#pid === undefined) return
    try {
      process.kill(-this.#pid, 'SIGKILL')
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

/** Gives whole lines on: two streams go into one log, and a secret may come in two pieces. Returns what gives on the rest. */
function readLines(stream: Readable, onLines: (text: string) => void): () => void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (piece: string) => {
    const parts = (rest + piece).split('\n')
    rest = (parts.pop() ?? '').slice(-LONGEST_LINE)
    if (parts.length > 0) onLines(`${parts.join('\n')}\n`)
  })
  return () => {
    if (rest !== '') onLines(`${rest}\n`)
    rest = ''
  }
}

function endText(end: KeeperReport | undefined): string {
  if (end === undefined || 'pid' in end) return 'ended, and nobody saw how'
  if ('error' in end) return `could not be started: ${end.error}`
  return end.signal === null ? `ended with exit code ${end.exit}` : `was ended by ${end.signal}`
}
