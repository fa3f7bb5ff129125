import { closeSync, fstatSync, readSync } from 'node:fs'
import { openPlainFile, PlainFileError } from '../base/plain-file.ts'

/** So much is read at a time, bytes: whoever reads a long file has time for others in between. */
const PIECE_BYTES = 1_000_000
/** A line that is longer is left out: no program of this project writes one, bytes. */
const LONGEST_LINE_BYTES = 32_000_000
const NEWLINE = 0x0a

/** A text file that somebody else appends to, read line by line while it grows: each line once, none before its end. */
export class GrowingFile {
  readonly #file: string
  readonly #skipTo: number
  #descriptor: number | undefined
  #offset = 0
  /** The beginning of a line whose end is not written yet. */
  #rest: Buffer[] = []
  #restBytes = 0
  /** The line at hand is left out, up to its end: it began before what is read, or is too long. */
  #skipsLine = false
  #changedMs = Number.NaN

  /** `lastBytes`: of a file that is longer when it is first read, only so much, from its end. */
  constructor(file: string, { lastBytes = Number.POSITIVE_INFINITY }: { lastBytes?: number } = {}) {
    this.#file = file
    this.#skipTo = lastBytes
  }

  /**
   * The lines that were completed since the last call; none where there is no such file yet. `more`: the file holds more
   * than was read now.
   */
  read(): { lines: string[]; more: boolean } {
    const descriptor = this.#open()
    if (descriptor === undefined) return { lines: [], more: false }
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    this.#changedMs = fstatSync(descriptor).mtimeMs
    const count = readSync(descriptor, piece, 0, piece.length, this.#offset)
    this.#offset += count
    return { lines: this.#linesOf(piece.subarray(0, count)), more: count === piece.length }
  }

  /** When it had last been written to when it was last read, ms since the epoch; NaN before. */
  get changedMs(): number {
    return this.#changedMs
  }

  /** Idempotent. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open(): number | undefined {
    if (this.#descriptor !== undefined) return this.#descriptor
    try {
      this.#descriptor = openPlainFile(this.#file, 'refuse')
    } catch (error) {
      if (error instanceof PlainFileError) return undefined
      throw error
    }
    const { size } = fstatSync(this.#descriptor)
    if (this.#offset === 0 && size > this.#skipTo) {
      this.#offset = size - this.#skipTo
      this.#skipsLine = true
    }
    return this.#descriptor
  }

  #linesOf(piece: Buffer): string[] {
    const end = piece.lastIndexOf(NEWLINE)
    if (end < 0) {
      this.#keep(piece)
      return []
    }
    const whole = Buffer.concat([...this.#rest, piece.subarray(0, end)])
    const lines = whole.toString().split('\n')
    if (this.#skipsLine) lines.shift()
    this.#rest = []
    this.#restBytes = 0
    this.#skipsLine = false
    this.#keep(piece.subarray(end + 1))
    return lines
  }

  #keep(beginning: Buffer): void {
    if (this.#skipsLine || beginning.length === 0) return
    this.#rest.push(Buffer.from(beginning))
    this.#restBytes += beginning.length
    if (this.#restBytes <= LONGEST_LINE_BYTES) return
    this.#rest = []
    this.#restBytes = 0
    this.#skipsLine = true
  }
}
