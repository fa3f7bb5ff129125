// Plain JavaScript, as all that the link process loads: see link-process.mjs.
import { SEGMENT_BYTES } from './loss.mjs'

/**
 * @typedef {import('node:net').Socket} Socket
 * @typedef {import('./effect.mjs').Effect} Effect
 */

/** What waits for bandwidth, and what is on its way (a TCP window: tcp_rmem, Linux); beyond it the sender is made to wait. */
const WAITING_BYTES = 256 * 1024
const TRAVELLING_BYTES = 4 * 1024 * 1024
/** What a cut swallows before the sender is made to wait, as it would for acknowledgements. */
const SWALLOWED_BYTES = 256 * 1024
/** What TCP sends without any acknowledgement: 10 segments (RFC 6928). */
const UNACKNOWLEDGED_BYTES = 10 * SEGMENT_BYTES
/** Timers are whole milliseconds: rather this much too early than up to 1 ms too late. */
const EARLY_MS = 0.5

/**
 * What goes over one direction of a connection; all but `data` stands for the way in which it ends.
 * @typedef {object} Piece
 * @property {'data' | 'end' | 'reset'} kind
 * @property {Buffer} data
 * @property {number} cameAtMs
 * @property {number} dueAtMs when it leaves the sender's end; when it arrives, once it has left
 */

const NOTHING = Buffer.alloc(0)

/**
 * One direction of a connection: carries what comes from one socket to another, in order, whatever the effect of faults on it.
 * Without any it hands data on at once.
 */
export class Flow {
  /** Something was swallowed: the connection cannot go on. */
  broken = false
  /** @type {Socket} */
  #source
  /** @type {Socket | undefined} */
  #sink
  /** @type {Effect} */
  #effect
  #roundTripMs = 0
  #opensAtMs
  /** For bandwidth. @type {Piece[]} */
  #waiting = []
  #waitingBytes = 0
  /** On their way. @type {Piece[]} */
  #travelling = []
  #travellingBytes = 0
  #lastDueAtMs = 0
  #swallowedBytes = 0
  /** What may still arrive: acknowledgements of it are lost where the other direction is cut. */
  #allowedBytes = Number.POSITIVE_INFINITY
  /** The sink takes no more for now. */
  #full = false
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /**
   * @param {Socket} source
   * @param {Socket | undefined} sink none for a connection that never opens
   * @param {{ effect: Effect, opensInMs: number }} options
   */
  constructor(source, sink, { effect, opensInMs }) {
    this.#source = source
    this.#sink = sink
    this.#effect = effect
    this.#opensAtMs = opensInMs > 0 ? performance.now() + opensInMs : 0
    this.#lastDueAtMs = this.#opensAtMs
    source.on('data', (data) => this.#take('data', /** @type {Buffer} */ (data)))
    source.on('end', () => this.#take('end', NOTHING))
    source.on('error', () => this.#take('reset', NOTHING))
    sink?.on('drain', () => {
      this.#full = false
      this.#deliver()
    })
  }

  get effect() {
    return this.#effect
  }

  /**
   * What waits or is on its way fares by the new effect from now on.
   * @param {Effect} effect
   * @param {{ roundTripMs: number, unacknowledged: boolean }} circumstances the round trip without loss; whether the other direction is cut
   */
  change(effect, { roundTripMs, unacknowledged }) {
    this.#effect = effect
    this.#roundTripMs = roundTripMs
    if (!unacknowledged) this.#allowedBytes = Number.POSITIVE_INFINITY
    else if (this.#allowedBytes === Number.POSITIVE_INFINITY) this.#allowedBytes = UNACKNOWLEDGED_BYTES
    const held = [...this.#travelling, ...this.#waiting]
    this.#drop()
    if (effect.cut) {
      for (const piece of held) this.#swallow(piece.data.length)
      // Whatever it was made to wait for.
      if (this.#swallowedBytes <= SWALLOWED_BYTES) this.#source.resume()
      return
    }
    if (effect.isNone) this.#opensAtMs = 0
    this.#lastDueAtMs = this.#opensAtMs
    for (const { kind, data, cameAtMs } of held) this.#queue(kind, data, cameAtMs)
    this.#deliver()
  }

  /** Nothing more arrives. */
  close() {
    this.#drop()
    this.#sink = undefined
  }

  #drop() {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#travelling = []
    this.#travellingBytes = 0
  }

  /**
   * @param {Piece['kind']} kind
   * @param {Buffer} data
   */
  #take(kind, data) {
    if (this.#effect.cut) return this.#swallow(data.length)
    if (this.#isClear()) return this.#arrive(kind, data)
    if (kind === 'data') this.#effect.countSlowed()
    this.#queue(kind, data, performance.now())
    this.#deliver()
  }

  #isClear() {
    const unhindered = this.#effect.isNone && this.#allowedBytes === Number.POSITIVE_INFINITY
    return unhindered && this.#travelling.length + this.#waiting.length === 0 && this.#mayArrive(performance.now())
  }

  /** @param {number} nowMs */
  #mayArrive(nowMs) {
    return !this.#full && this.#allowedBytes > 0 && nowMs >= this.#opensAtMs
  }

  /** @param {number} bytes */
  #swallow(bytes) {
    this.broken = true
    this.#effect.countCut()
    this.#swallowedBytes += bytes
    if (this.#swallowedBytes > SWALLOWED_BYTES) this.#source.pause()
  }

  /**
   * @param {Piece['kind']} kind
   * @param {Buffer} data
   * @param {number} cameAtMs
   */
  #queue(kind, data, cameAtMs) {
    const unacknowledged = this.#allowedBytes < Number.POSITIVE_INFINITY
    const pieceBytes = unacknowledged ? SEGMENT_BYTES : this.#effect.pieceBytes
    let rest = data
    do {
      const piece = rest.subarray(0, pieceBytes)
      rest = rest.subarray(piece.length)
      this.#waiting.push({ kind, data: piece, cameAtMs, dueAtMs: Number.NaN })
    } while (rest.length > 0)
    this.#waitingBytes += data.length
  }

  /** Lets leave and arrive what is due, and comes back when more is. */
  #deliver() {
    clearTimeout(this.#timer)
    if (this.#effect.cut) return
    const nowMs = performance.now()
    this.#letLeave(nowMs)
    for (;;) {
      const piece = this.#travelling[0]
      if (!piece || piece.dueAtMs > nowMs + EARLY_MS || !this.#mayArrive(nowMs + EARLY_MS)) break
      this.#travelling.shift()
      this.#travellingBytes -= piece.data.length
      this.#arrive(piece.kind, piece.data)
    }
    this.#holdOrLetCome()
    this.#wait(nowMs)
  }

  /**
   * Only the first takes its turn on a line: other connections share it.
   * @param {number} nowMs
   */
  #letLeave(nowMs) {
    for (;;) {
      const piece = this.#waiting[0]
      if (!piece || this.#travellingBytes > TRAVELLING_BYTES) return
      const { length } = piece.data
      if (Number.isNaN(piece.dueAtMs)) piece.dueAtMs = this.#effect.leavesAtMs(piece.cameAtMs, length)
      if (piece.dueAtMs > nowMs + EARLY_MS) return
      this.#waiting.shift()
      this.#waitingBytes -= length
      const dueAtMs = piece.dueAtMs + this.#effect.travelMs(length, this.#roundTripMs)
      this.#lastDueAtMs = Math.max(this.#lastDueAtMs, dueAtMs)
      this.#travelling.push({ ...piece, dueAtMs: this.#lastDueAtMs })
      this.#travellingBytes += length
    }
  }

  #holdOrLetCome() {
    const held = this.#waitingBytes > WAITING_BYTES || this.#travellingBytes > TRAVELLING_BYTES || this.#full
    if (held) this.#source.pause()
    else if (this.#source.isPaused()) this.#source.resume()
  }

  /** @param {number} nowMs */
  #wait(nowMs) {
    const next = [this.#waiting[0], this.#travelling[0]].flatMap((piece) =>
      piece && !Number.isNaN(piece.dueAtMs) ? [piece.dueAtMs] : [],
    )
    // What is due already waits for room, which comes by itself.
    const later = next.filter((atMs) => atMs > nowMs + EARLY_MS)
    if (later.length > 0) this.#timer = setTimeout(() => this.#deliver(), Math.min(...later) - nowMs)
  }

  /**
   * @param {Piece['kind']} kind
   * @param {Buffer} data
   */
  #arrive(kind, data) {
    const sink = this.#sink
    if (!sink || sink.destroyed) return
    if (kind === 'reset') sink.resetAndDestroy()
    else if (kind === 'end') sink.end()
    else if (sink.writable) {
      this.#allowedBytes -= data.length
      if (sink.write(data)) return
      this.#full = true
      this.#source.pause()
    }
  }
}
