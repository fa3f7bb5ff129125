const LINE_FEED = 0x0a

/** Cuts a stream of bytes into lines. */
export class Lines {
  readonly #longest: number
  #rest: Buffer[] = []
  #restLength = 0

  /** `longest`: bytes of a line. */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** The lines that are complete with this piece. A text that is longer than a line may be is given up: `undefined`. */
  add(piece: Buffer): string[] | undefined {
    const lines: string[] = []
    let from = 0
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      lines.push(this.#ended(piece.subarray(from, end)))
      from = end + 1
    }
    if (from < piece.length) {
      this.#rest.push(piece.subarray(from))
      this.#restLength += piece.length - from
    }
    return this.#restLength > this.#longest ? undefined : lines
  }

  /** Whether a line has begun that has no end yet. */
  get hasUnended(): boolean {
    return this.#restLength > 0
  }

  /** The first bytes, at most so many, of a line that has no end yet. */
  unendedHead(most: number): string {
    const pieces: Buffer[] = []
    let length = 0
    for (const piece of this.#rest) {
      if (length >= most) break
      pieces.push(piece.subarray(0, most - length))
      length += piece.length
    }
    return Buffer.concat(pieces).toString()
  }

  #ended(last: Buffer): string {
    if (this.#restLength === 0) return last.toString()
    const line = Buffer.concat([...this.#rest, last]).toString()
    this.#rest = []
    this.#restLength = 0
    return line
  }
}
