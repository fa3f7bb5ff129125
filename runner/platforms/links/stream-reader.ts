/** A command of the stream that a master sends its replica. */
export interface StreamCommand {
  /** All of it. */
  raw: Buffer
  /** Its words, each with its length before it, as they stand in `raw`. */
  parts: Buffer[]
  /** The words themselves; the first, and those that are short, in lower case. */
  words: string[]
  /** Between MULTI and EXEC. */
  isInTransaction: boolean
}

/** Words that may be options: longer ones are values. */
const SHORT_BYTES = 8

/** Longer than any number in the protocol with its end. */
const LINE_BYTES = 32

const CR = 13
const LINE_END = 2

/** Finds the commands in what a master sends after the copy of its data, however it is split. */
export class StreamReader {
  #kept: Buffer = Buffer.alloc(0)
  #isInTransaction = false
  /** From the first byte on that belongs to no command, nothing is read any more. */
  #isStream = true

  get isStream(): boolean {
    return this.#isStream
  }

  /** The commands that are whole by now; what is none goes on as it is, as `rest`. */
  take(data: Buffer): { commands: StreamCommand[]; rest: Buffer } {
    const commands: StreamCommand[] = []
    let left = this.#kept.length === 0 ? data : Buffer.concat([this.#kept, data])
    this.#kept = Buffer.alloc(0)
    while (this.#isStream && left.length > 0) {
      const command = readCommand(left)
      if (command === 'more') {
        this.#kept = left
        return { commands, rest: Buffer.alloc(0) }
      }
      if (command === 'none') {
        this.#isStream = false
        break
      }
      left = left.subarray(command.raw.length)
      const [name] = command.words
      if (name === 'exec') this.#isInTransaction = false
      commands.push({ ...command, isInTransaction: this.#isInTransaction })
      if (name === 'multi') this.#isInTransaction = true
    }
    return { commands, rest: left }
  }

  /** What was kept of a command that is not whole yet. */
  rest(): Buffer {
    const rest = this.#kept
    this.#kept = Buffer.alloc(0)
    return rest
  }
}

/** The command that begins the bytes; `more` if it is not whole, `none` if none begins there. */
function readCommand(bytes: Buffer): Omit<StreamCommand, 'isInTransaction'> | 'more' | 'none' {
  const head = readNumber(bytes, 0, '*')
  if (typeof head === 'string') return head
  const parts: Buffer[] = []
  const words: string[] = []
  let at = head.end
  for (let place = 0; place < head.number; place += 1) {
    const size = readNumber(bytes, at, '$')
    if (typeof size === 'string') return size
    const end = size.end + size.number + LINE_END
    if (end > bytes.length) return 'more'
    parts.push(bytes.subarray(at, end))
    const word = bytes.toString('latin1', size.end, size.end + size.number)
    words.push(place === 0 || size.number <= SHORT_BYTES ? word.toLowerCase() : word)
    at = end
  }
  return { raw: bytes.subarray(0, at), parts, words }
}

/** The number behind `sign` on the line at a place, and where the next line begins. */
function readNumber(bytes: Buffer, at: number, sign: '*' | '$'): { number: number; end: number } | 'more' | 'none' {
  if (at >= bytes.length) return 'more'
  if (bytes[at] !== sign.charCodeAt(0)) return 'none'
  const end = bytes.indexOf(CR, at)
  if (end < 0 || end + 1 >= bytes.length) return bytes.length - at > LINE_BYTES ? 'none' : 'more'
  const digits = bytes.toString('latin1', at + 1, end)
  return /^\d{1,10}$/.test(digits) ? { number: Number(digits), end: end + LINE_END } : 'none'
}
