import type { StreamLie } from '../faults.ts'
import type { StreamCommand } from './stream-reader.ts'

/** Commands of the stream that are no writes of clients. */
const NO_WRITES = ['ping', 'select', 'multi', 'exec', 'replconf']

/** Commands that give a key a time to live, and nothing else. */
const EXPIRIES = ['expire', 'pexpire', 'expireat', 'pexpireat']
/** Options of SET that do. */
const EXPIRY_OPTIONS = ['ex', 'px', 'exat', 'pxat']

/** Keys whose last write is remembered. */
const MOST_KEYS = 100_000

/** Every write is longer than this. */
const PING = Buffer.from('*1\r\n$4\r\nPING\r\n')

/**
 * `command` with empty lines before it, in so many bytes as what it replaces. A replica counts the bytes of the stream,
 * and one that got fewer would be behind its master for good. It counts empty lines only with the command that follows
 * them (commandProcessed, networking.c, Redis 7.0): at the end of a stream that pauses, they would be missing.
 */
function filled(command: Buffer, bytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(bytes - command.length, '\n'), command])
}

/** What goes in the place of a write and changes nothing. */
function nothing(bytes: number): Buffer {
  return filled(PING, bytes)
}

/** One lie about one stream: takes each command, and gives what goes on in its place. */
export class StreamLiar {
  readonly #lie: StreamLie
  readonly #onLie: () => void
  #writes = 0
  /** In a transaction: the last command of it, which may be its tail. */
  #held: StreamCommand | undefined
  #isInside = false
  /** Writes that wait for the next one of their key, by key. */
  readonly #overtaken = new Map<string, StreamCommand>()
  readonly #lastOfKey = new Map<string, Buffer>()

  /** `onLie` is called for each command that was treated. */
  constructor(lie: StreamLie, onLie: () => void) {
    this.#lie = lie
    this.#onLie = onLie
  }

  take(command: StreamCommand): Buffer[] {
    switch (this.#lie.how) {
      case 'skip':
        return this.#isDue(command) ? [nothing(command.raw.length)] : [command.raw]
      case 'double':
        return this.#isDue(command) ? [command.raw, command.raw] : [command.raw]
      case 'reorder':
        return this.#reorder(command)
      case 'stale':
        return [this.#goBack(command)]
      case 'no-expiry':
        return [this.#withoutExpiry(command)]
      case 'no-tail':
        return this.#withoutTail(command)
      case 'empty-sync':
      case 'early-ack':
        return [command.raw]
    }
  }

  /** What is held back, once nothing follows. */
  rest(): Buffer[] {
    const rest = [...(this.#held ? [this.#held] : []), ...this.#overtaken.values()]
    this.#held = undefined
    this.#overtaken.clear()
    return rest.map(({ raw }) => raw)
  }

  /** Every so manieth write of a client. */
  #isDue(command: StreamCommand): boolean {
    if (!isWrite(command)) return false
    this.#writes += 1
    if (this.#writes % this.#lie.every !== 0) return false
    this.#onLie()
    return true
  }

  #reorder(command: StreamCommand): Buffer[] {
    if (command.isInTransaction || !isWrite(command)) return [command.raw]
    const key = keyOf(command)
    const waiting = this.#overtaken.get(key)
    if (waiting !== undefined) {
      this.#overtaken.delete(key)
      this.#onLie()
      return [command.raw, waiting.raw]
    }
    this.#writes += 1
    if (this.#writes % this.#lie.every !== 0) return [command.raw]
    this.#overtaken.set(key, command)
    return []
  }

  /** The write before, once more, in the place of this one: where it has as many bytes. */
  #goBack(command: StreamCommand): Buffer {
    if (!isWrite(command)) return command.raw
    const key = `${command.words[0]} ${keyOf(command)}`
    const before = this.#lastOfKey.get(key)
    if (this.#lastOfKey.size < MOST_KEYS) this.#lastOfKey.set(key, command.raw)
    const fits = before?.length === command.raw.length && !before.equals(command.raw)
    return fits && this.#isDue(command) ? before : command.raw
  }

  #withoutExpiry(command: StreamCommand): Buffer {
    const { raw, words } = command
    const [name = ''] = words
    if (EXPIRIES.includes(name)) return this.#isDue(command) ? nothing(raw.length) : raw
    const at = name === 'set' ? words.findIndex((word, place) => place > 2 && EXPIRY_OPTIONS.includes(word)) : -1
    if (at < 0 || !this.#isDue(command)) return raw
    const kept = command.parts.filter((_, place) => place !== at && place !== at + 1)
    const shorter = Buffer.concat([Buffer.from(`*${kept.length}\r\n`), ...kept])
    return filled(shorter, raw.length)
  }

  #withoutTail(command: StreamCommand): Buffer[] {
    const [name] = command.words
    if (name === 'multi') this.#isInside = true
    if (!this.#isInside || name === 'multi') return [command.raw]
    const held = this.#held
    if (name !== 'exec') {
      this.#held = command
      return held ? [held.raw] : []
    }
    this.#isInside = false
    this.#held = undefined
    if (held === undefined) return [command.raw]
    return [this.#isDue(held) ? nothing(held.raw.length) : held.raw, command.raw]
  }
}

function isWrite({ words }: StreamCommand): boolean {
  return !NO_WRITES.includes(words[0] ?? '')
}

/** The first key of a command: of all that workloads send, the first word after the command's own. */
function keyOf({ words }: StreamCommand): string {
  return words[1] ?? ''
}
