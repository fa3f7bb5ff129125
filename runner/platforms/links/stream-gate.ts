import type { Effect } from './effect.ts'
import { StreamLiar } from './stream-lies.ts'
import { StreamReader } from './stream-reader.ts'
import { SyncReader } from './sync-reader.ts'

/** More than any master has written: whoever acknowledges it has acknowledged all. */
const ALL_BYTES = '9007199254740000'

/** FACK is what a replica has on its disk, which servers before 7.2 do not read. */
const ALL_ACKNOWLEDGED = Buffer.from(
  `*5\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$16\r\n${ALL_BYTES}\r\n$4\r\nFACK\r\n$16\r\n${ALL_BYTES}\r\n`,
)

/** How long a command is held for the next one, ms. */
const HELD_MS = 200

const STAR = '*'.charCodeAt(0)

interface Ways {
  /** To the replica. */
  onward(data: Buffer): void
  /** Back to the master, as if the replica had said it. */
  answer(data: Buffer): void
}

/**
 * What lies do to one direction of a connection for data: they read what a master sends its replica, and falsify it.
 * Without such faults all goes on as it comes.
 */
export class StreamGate {
  readonly #ways: Ways
  #effect: Effect
  /** Up to the end of the copy; none for a connection that was there before the lie. */
  #sync: SyncReader | undefined
  #reader: StreamReader | undefined
  #liar: StreamLiar | undefined
  #hasAcknowledged = false
  #timer: NodeJS.Timeout | undefined

  constructor(effect: Effect, ways: Ways) {
    this.#effect = effect
    this.#ways = ways
    const [lie] = effect.lies
    if (lie) this.#sync = new SyncReader(lie.fault.lie?.how === 'empty-sync', () => this.#count())
  }

  take(data: Buffer): void {
    if (this.#effect.lies.length === 0) {
      this.#ways.onward(data)
      return
    }
    const stream = this.#sync ? this.#sync.take(data, this.#ways.onward) : data
    if (stream.length > 0) this.#falsify(stream)
  }

  change(effect: Effect): void {
    const isOther = effect.lies[0] !== this.#effect.lies[0]
    this.#effect = effect
    if (!isOther) return
    this.#flush()
    this.#sync = undefined
    this.#reader = undefined
    this.#liar = undefined
    this.#hasAcknowledged = false
  }

  /** Nothing more comes: what is held goes on. */
  end(): void {
    this.#flush()
  }

  #falsify(data: Buffer): void {
    if (this.#reader === undefined) {
      // In the middle of a connection, what begins as a command does is taken for one.
      if (data[0] !== STAR) {
        this.#ways.onward(data)
        return
      }
      this.#reader = new StreamReader()
    }
    const [lie] = this.#effect.lies
    if (lie?.fault.lie && this.#liar === undefined) this.#liar = new StreamLiar(lie.fault.lie, () => this.#count())
    if (lie?.fault.lie?.how === 'early-ack') this.#acknowledge()
    const { commands, rest } = this.#reader.take(data)
    if (lie) lie.seen += commands.length
    if (lie && !this.#reader.isStream) lie.unread += 1
    const told = commands.flatMap((command) => this.#liar?.take(command) ?? [command.raw])
    const all = Buffer.concat([...told, rest])
    if (all.length > 0) this.#ways.onward(all)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#letGo(), HELD_MS)
    this.#timer.unref()
  }

  /** What waits for something that does not come goes on: a manual failover waits until the replica has all. */
  #letGo(): void {
    for (const held of this.#liar?.rest() ?? []) this.#ways.onward(held)
  }

  #acknowledge(): void {
    if (this.#hasAcknowledged) return
    this.#hasAcknowledged = true
    this.#count()
    this.#ways.answer(ALL_ACKNOWLEDGED)
  }

  #count(): void {
    const [lie] = this.#effect.lies
    if (lie) lie.packets += 1
  }

  #flush(): void {
    clearTimeout(this.#timer)
    const held = [...(this.#liar?.rest() ?? []), this.#reader?.rest() ?? Buffer.alloc(0)]
    const all = Buffer.concat(held)
    if (all.length > 0) this.#ways.onward(all)
  }
}
