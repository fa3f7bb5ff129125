import { closeSync, openSync, write, writeSync } from 'node:fs'
import { reasonOf } from '../base/surroundings.ts'
import { FRAME_HEADER_BYTES, frameHeader, HISTORY_MAGIC, HistoryError, padded } from './history-format.ts'

/** So much may wait for the disk, bytes; what comes then is written before the caller goes on. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024

/**
 * Appends frames to the file of a history, in the background. The first failure ends the writing and is thrown by
 * `close`.
 */
export class HistoryFile {
  readonly #path: string
  readonly #descriptor: number
  #end = 0
  #waitingBytes = 0
  #failure: HistoryError | undefined
  readonly #pending = new Set<Promise<void>>()

  /** Throws HistoryError if the file cannot be made. */
  constructor(path: string) {
    this.#path = path
    try {
      this.#descriptor = openSync(path, 'w')
    } catch (cause) {
      throw new HistoryError(`The history ${path} cannot be made: ${reasonOf(cause)}`, { cause })
    }
    this.#append(HISTORY_MAGIC)
  }

  append(kind: number, rows: number, payload: Uint8Array): void {
    const frame = Buffer.alloc(FRAME_HEADER_BYTES + padded(payload.byteLength))
    frameHeader(kind, rows, payload.byteLength).copy(frame)
    frame.set(payload, FRAME_HEADER_BYTES)
    this.#append(frame)
  }

  appendJson(kind: number, value: unknown): void {
    this.append(kind, 1, Buffer.from(JSON.stringify(value)))
  }

  /** Resolves when all is written; rejects with the first HistoryError. */
  async close(): Promise<void> {
    await Promise.all(this.#pending)
    closeSync(this.#descriptor)
    if (this.#failure) throw this.#failure
  }

  /** Each write has its own place in the file, so their order does not matter. */
  #append(bytes: Buffer): void {
    if (this.#failure) return
    const at = this.#end
    this.#end += bytes.length
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#writeNow(bytes, at)
    else this.#writeLater(bytes, at)
  }

  #writeNow(bytes: Buffer, at: number): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done)
      }
    } catch (cause) {
      this.#fail(cause)
    }
  }

  #writeLater(bytes: Buffer, at: number): void {
    this.#waitingBytes += bytes.length
    const written = writeAll(this.#descriptor, bytes, at)
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => {
        this.#waitingBytes -= bytes.length
        this.#pending.delete(written)
      })
    this.#pending.add(written)
  }

  #fail(cause: unknown): void {
    this.#failure ??= new HistoryError(
      `The history ${this.#path} cannot be written (${reasonOf(cause)}): it is incomplete, and checks cannot be judged from it`,
      { cause },
    )
  }
}

function writeAll(descriptor: number, bytes: Buffer, at: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (done: number) =>
      write(descriptor, bytes, done, bytes.length - done, at + done, (error, count) => {
        if (error) reject(error)
        else if (done + count === bytes.length) resolve()
        else next(done + count)
      })
    next(0)
  })
}
