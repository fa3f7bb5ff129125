import { appendFileSync } from 'node:fs'
import { lastLines } from '../../base/text.ts'
import type { Redact } from '../../record/redact.ts'

/** A driver that says more than this loses the rest, bytes: a run's folder is no place for a flood. */
const LONGEST_LOG = 10 * 1024 * 1024
const KEPT_CHARACTERS = 4000
const LAST_WORDS = 3

/** What a driver says on stderr: kept as a file, without secrets, and its last words in memory. */
export class DriverLog {
  readonly #file: string
  readonly #hide: Redact
  readonly #stamp: () => string
  /** What has no end of line yet: a secret may come in two pieces. */
  #line = ''
  #kept = ''
  #written = 0
  #said = 0

  /** `file` is made with the first line that is said. `stamp`: what each line of it begins with. */
  constructor(file: string, hide: Redact, stamp: () => string = () => '') {
    this.#file = file
    this.#hide = hide
    this.#stamp = stamp
  }

  add(text: string): void {
    this.#said += text.length
    const parts = (this.#line + text).split('\n')
    this.#line = (parts.pop() ?? '').slice(-KEPT_CHARACTERS)
    if (parts.length > 0) this.#write(`${parts.join('\n')}\n`)
  }

  /** The end of what it said, in one line; empty if it said nothing. */
  get lastWords(): string {
    return lastLines(this.#kept + this.#hide(this.#line), LAST_WORDS)
  }

  /** How much it said, in characters, if that is more than is kept. */
  get flooded(): number | undefined {
    return this.#said > LONGEST_LOG ? this.#said : undefined
  }

  /** Keeps what was said without an end of line. */
  close(): void {
    if (this.#line !== '') this.#write(`${this.#line}\n`)
    this.#line = ''
  }

  #write(text: string): void {
    const hidden = this.#hide(text)
    this.#kept = (this.#kept + hidden).slice(-KEPT_CHARACTERS)
    if (this.#written > LONGEST_LOG) return
    this.#written += hidden.length
    const stamp = this.#stamp()
    const lines = hidden.replaceAll(/^(?=.)/gm, () => stamp)
    try {
      appendFileSync(this.#file, this.#written > LONGEST_LOG ? `${stamp}more was said than is kept\n` : lines)
    } catch {
      // A disk that is full shows in the history, which says so.
    }
  }
}
