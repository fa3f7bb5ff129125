import type { Readable } from 'node:stream'
import type { KeptProgram } from '../drivers/kept-program.ts'

/** From SIGTERM to SIGKILL, ms. */
const TERM_WITHIN_MS = 3000
/** A process that was killed is gone in a moment, ms. */
const KILL_WITHIN_MS = 2000
/** A line that is longer is cut, characters. */
const LONGEST_LINE = 4000

export interface KeptProcessOptions {
  /** Starts it. `onEnd`: see there. */
  start(onEnd: (text: string) => void): KeptProgram
  /** Lines that it has said, whole ones. */
  onOutput(text: string): void
  /** It ended, in words: `ended with exit code 1`. Once, after its last output. */
  onEnd(text: string): void
}

/** A program of somebody else that says what it does on its output; it ends with the runner. */
export class KeptProcess {
  readonly #program: KeptProgram

  constructor({ start, onOutput, onEnd }: KeptProcessOptions) {
    this.#program = start((text) => {
      for (const rest of rests) rest()
      onEnd(text)
    })
    // It has nothing to read.
    this.#program.stdin.end()
    const rests = [this.#program.stdout, this.#program.stderr].map((stream) => readLines(stream, onOutput))
  }

  get isOver(): boolean {
    return this.#program.isOver
  }

  /** Ends it: SIGTERM, then SIGKILL, to it and all that it has started. Resolves to whether SIGTERM was enough. */
  async stop(): Promise<boolean> {
    this.#program.signal('SIGTERM')
    const isEnough = await this.#program.endsWithin(TERM_WITHIN_MS)
    if (!isEnough) {
      this.#program.signal('SIGKILL')
      await this.#program.endsWithin(KILL_WITHIN_MS)
    }
    await this.#program.letGo()
    return isEnough
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
