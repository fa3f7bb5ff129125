import { fstatSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'
import { wrapFileErrors } from '../files.ts'
import { LAST_WORDS_BYTES } from '../last-words.ts'
import { readStamp } from '../log-stamp.ts'
import type { LogLine } from '../platform.ts'

const LOOK_EVERY_MS = 50
const CHUNK_BYTES = 64 * 1024

/**
 * Feeds every line of a log file, from its first, as the file grows. The supervisor lets each life of a server append
 * to the same file, so nothing is lost or repeated over restarts. It looks again and again instead of watching:
 * watching misses nothing less, and is limited in number on Linux.
 */
export class LogFollower {
  readonly #file: FileHandle
  readonly #onLine: (line: LogLine) => void
  readonly #ending = new AbortController()
  readonly #decoder = new StringDecoder('utf8')
  readonly #following: Promise<void>
  #offset = 0
  #rest = ''

  private constructor(file: FileHandle, onLine: (line: LogLine) => void) {
    this.#file = file
    this.#onLine = onLine
    this.#following = this.#follow()
  }

  static async open(file: string, onLine: (line: LogLine) => void): Promise<LogFollower> {
    return new LogFollower(await wrapFileErrors(`read the log ${file}`, () => open(file)), onLine)
  }

  /** Ends following, after feeding what the log has by now. */
  async end(): Promise<void> {
    this.#ending.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    try {
      for (;;) {
        const isEnding = this.#ending.signal.aborted
        // At once and not by a thread of the pool: twenty times a second for each node that is most of what it costs.
        const { nlink, size } = fstatSync(this.#file.fd)
        const last = isEnding || nlink === 0
        if (size > this.#offset) await this.#readNew()
        if (last) break
        await sleep(LOOK_EVERY_MS, undefined, { ref: false, signal: this.#ending.signal }).catch(() => undefined)
      }
      if (this.#rest !== '') this.#onLine(parseLogLine(this.#rest, Date.now()))
    } finally {
      await this.#file.close()
    }
  }

  async #readNew(): Promise<void> {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await this.#file.read(chunk, 0, CHUNK_BYTES, this.#offset)
      if (bytesRead === 0) return
      this.#offset += bytesRead
      const lines = (this.#rest + this.#decoder.write(chunk.subarray(0, bytesRead))).split('\n')
      this.#rest = lines.pop() ?? ''
      const nowMs = Date.now()
      for (const line of lines) this.#onLine(parseLogLine(line, nowMs))
    }
  }
}

/** The last part of a log; empty if there is none. */
export async function endOfLog(file: string): Promise<string> {
  const log = await readFile(file, 'utf8').catch(() => '')
  return log.slice(-LAST_WORDS_BYTES)
}

/** With the server's own time, which the supervisor has made UTC; else `nowMs`. */
export function parseLogLine(line: string, nowMs: number): LogLine {
  const text = line.replace(/\r$/, '')
  return { wallMs: readStamp(text)?.wallMs ?? nowMs, text }
}
