import { NIL } from '../../record/history-codes.ts'
import type { HistoryWriter } from '../../record/history-writer.ts'
import type { Reply } from '../client/operation.ts'

const FILLER = 0x2e
const DIGIT_0 = 0x30

/** Values as they stand on the servers: a whole number, filled up with dots to the size that was asked for. */
export class Values {
  readonly #size: number
  readonly #filling: string
  readonly #history: Pick<HistoryWriter, 'value'>

  /** `size`: bytes of each value, at least; 0: as few as it takes. */
  constructor(size: number, history: Pick<HistoryWriter, 'value'>) {
    this.#size = size
    this.#filling = '.'.repeat(size)
    this.#history = history
  }

  text(value: number): string {
    const digits = String(value)
    return digits.length >= this.#size ? digits : digits + this.#filling.slice(digits.length)
  }

  /** What was read, as a value of the history. Anything but a value as `text` writes it is a text of its own there. */
  read(reply: Reply | undefined): number {
    if (reply === null || reply === undefined) return NIL
    if (typeof reply === 'number') return this.#history.value(String(reply))
    if (!Buffer.isBuffer(reply)) return this.#history.value(String(reply))
    return this.#number(reply) ?? this.#history.value(reply.toString())
  }

  #number(bytes: Buffer): number | undefined {
    let value = 0
    let length = 0
    for (; length < bytes.length && length < 10; length += 1) {
      const digit = (bytes[length] ?? 0) - DIGIT_0
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const right = length > 0 && (bytes[0] !== DIGIT_0 || length === 1) && value <= 0x7fff_ffff
    const sized = bytes.length === Math.max(length, this.#size)
    return right && sized && isFilling(bytes, length) ? value : undefined
  }
}

function isFilling(bytes: Buffer, from: number): boolean {
  for (let i = from; i < bytes.length; i += 1) if (bytes[i] !== FILLER) return false
  return true
}
