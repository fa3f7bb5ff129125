import { COPY_REFUSED } from '../platforms/dialects.ts'
import { readStamp } from '../platforms/log-stamp.ts'
import type { LogLine } from '../platforms/platform.ts'

interface Refusal {
  wallMs: number
  /** Of the server: why, and what follows from it. */
  words: string
}

/**
 * Which replicas could not load the data that their masters sent them. Such a server does not end, it asks again and
 * again, and only its log says why: the line before.
 */
export class RefusedCopies {
  readonly #before = new Map<string, string>()
  readonly #last = new Map<string, Refusal>()

  /** Takes a line of a node's log, every one from the first. */
  readLine(node: string, { wallMs, text }: LogLine): void {
    const message = readStamp(text)?.message ?? text
    if (COPY_REFUSED.test(message)) {
      const why = this.#before.get(node)
      this.#last.set(node, { wallMs, words: why === undefined ? message : `${why} / ${message}` })
    }
    this.#before.set(node, message)
  }

  /** By node, those from a moment of the wall clock on: a sentence for each. */
  since(wallMs: number): Map<string, string> {
    const told = [...this.#last].filter(([, refusal]) => refusal.wallMs >= wallMs)
    return new Map(told.map(([node, { words }]) => [node, `${node} refused the data of its master: "${words}"`]))
  }
}
