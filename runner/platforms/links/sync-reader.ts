/**
 * An RDB file without a key. Its checksum is 0, which stands for none (rdbLoadRio, rdb.c, Redis 7.0), and its version one
 * that every server reads.
 */
const EMPTY_COPY = Buffer.concat([Buffer.from('REDIS0009'), Buffer.from([0xff]), Buffer.alloc(8)])

const NOTHING = Buffer.alloc(0)
const LINE_END = Buffer.from('\n')

/** Length of the mark at the end of a copy whose length is not known beforehand (replication.c, Redis 7.0). */
const MARK_BYTES = 40
const MARKED = /^\$EOF:(.+)$/

/**
 * Follows what a master answers a replica that connects, up to the end of the copy of its data: what comes after is the
 * stream of commands. With `isEmptied`, another copy, without any key, goes in the place of the real one.
 */
export class SyncReader {
  readonly #isEmptied: boolean
  readonly #onEmptied: () => void
  #state: 'answers' | 'head' | 'body' | 'stream' = 'answers'
  #line: Buffer = NOTHING
  /** What is still to come of the copy; or the mark that ends it, and the last bytes before. */
  #left = 0
  #mark: Buffer | undefined
  #tail: Buffer = NOTHING

  constructor(isEmptied: boolean, onEmptied: () => void) {
    this.#isEmptied = isEmptied
    this.#onEmptied = onEmptied
  }

  /** Lets go on what belongs to it; returns what comes after. */
  take(data: Buffer, onward: (data: Buffer) => void): Buffer {
    let rest = data
    while (rest.length > 0 && this.#state !== 'stream') {
      rest = this.#state === 'body' ? this.#body(rest, onward) : this.#lineOf(rest, onward)
    }
    return rest
  }

  #lineOf(data: Buffer, onward: (data: Buffer) => void): Buffer {
    const end = data.indexOf(LINE_END)
    if (end < 0) {
      this.#line = Buffer.concat([this.#line, data])
      return NOTHING
    }
    const line = Buffer.concat([this.#line, data.subarray(0, end + 1)])
    this.#line = NOTHING
    const text = line.toString('latin1').trim()
    const begins = this.#state === 'head' && text.startsWith('$')
    if (begins) this.#begin(text, line, onward)
    else onward(line)
    if (text.startsWith('+FULLRESYNC')) this.#state = 'head'
    else if (text.startsWith('+CONTINUE')) this.#state = 'stream'
    return data.subarray(end + 1)
  }

  #begin(text: string, line: Buffer, onward: (data: Buffer) => void): void {
    const [, mark] = MARKED.exec(text) ?? []
    this.#mark = mark === undefined ? undefined : Buffer.from(mark.slice(0, MARK_BYTES), 'latin1')
    this.#left = mark === undefined ? Number(text.slice(1)) : 0
    this.#tail = NOTHING
    this.#state = 'body'
    if (!this.#isEmptied) {
      onward(line)
      return
    }
    this.#onEmptied()
    onward(Buffer.concat([Buffer.from(`$${EMPTY_COPY.length}\r\n`), EMPTY_COPY]))
  }

  #body(data: Buffer, onward: (data: Buffer) => void): Buffer {
    const size = this.#mark === undefined ? Math.min(this.#left, data.length) : this.#sizeToMark(data, this.#mark)
    const part = data.subarray(0, size)
    if (!this.#isEmptied) onward(part)
    this.#left -= part.length
    if (this.#mark === undefined && this.#left <= 0) this.#state = 'stream'
    return data.subarray(size)
  }

  /** How much of the data belongs to a copy that ends with a mark. */
  #sizeToMark(data: Buffer, mark: Buffer): number {
    const all = Buffer.concat([this.#tail, data])
    const at = all.indexOf(mark)
    if (at < 0) {
      this.#tail = all.subarray(Math.max(0, all.length - mark.length + 1))
      return data.length
    }
    this.#state = 'stream'
    return at + mark.length - this.#tail.length
  }
}
