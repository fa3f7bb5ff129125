import type { Socket } from 'node:net'
import type { Effect } from './effect.ts'
import { SEGMENT_BYTES } from './loss.ts'
import { PacketGate } from './packet-gate.ts'
import { StreamGate } from './stream-gate.ts'

/**
 * What waits for bandwidth, and what is on its way (a TCP window: tcp_rmem, Linux); beyond it the sender is made to
 * wait.
 */
const WAITING_BYTES = 256 * 1024
const TRAVELLING_BYTES = 4 * 1024 * 1024
/** What a cut swallows before the sender is made to wait, as it would for acknowledgements. */
const SWALLOWED_BYTES = 256 * 1024
/** What TCP sends without any acknowledgement: 10 segments (RFC 6928). */
const UNACKNOWLEDGED_BYTES = 10 * SEGMENT_BYTES
/** Timers are whole milliseconds: rather this much too early than up to 1 ms too late. */
const EARLY_MS = 0.5

/** What goes over one direction of a connection; all but `data` stands for the way in which it ends. */
interface Piece {
  kind: 'data' | 'end' | 'reset'
  data: Buffer
  cameAtMs: number
  /** When it leaves the sender's end; when it arrives, once it has left. */
  dueAtMs: number
}

const NOTHING = Buffer.alloc(0)

/**
 * One direction of a connection: carries what comes from one socket to another, in order, whatever the effect of faults
 * on it. Without any it hands data on at once.
 */
export class Flow {
  /** Something was swallowed. */
  #broken = false
  readonly #source: Socket
  #sink: Socket | undefined
  #effect: Effect
  #roundTripMs = 0
  #opensAtMs: number
  /** For bandwidth. */
  #waiting: Piece[] = []
  #waitingBytes = 0
  /** On their way. */
  #travelling: Piece[] = []
  #travellingBytes = 0
  #lastDueAtMs = 0
  #swallowedBytes = 0
  /** What may still arrive: acknowledgements of it are lost where the other direction is cut. */
  #allowedBytes = Number.POSITIVE_INFINITY
  /** The sink takes no more for now. */
  #full = false
  #timer: NodeJS.Timeout | undefined
  /** On the cluster bus. */
  readonly #gate: PacketGate | undefined
  /** Everywhere else. */
  readonly #stream: StreamGate | undefined

  /** `sink`: none for a connection that never opens. `hasPackets`: it belongs to the cluster bus. */
  constructor(
    source: Socket,
    sink: Socket | undefined,
    { effect, opensInMs, hasPackets }: { effect: Effect; opensInMs: number; hasPackets: boolean },
  ) {
    this.#source = source
    this.#sink = sink
    this.#effect = effect
    this.#opensAtMs = opensInMs > 0 ? performance.now() + opensInMs : 0
    this.#lastDueAtMs = this.#opensAtMs
    const onward = (data: Buffer) => this.#take('data', data)
    this.#gate = hasPackets ? new PacketGate(effect, onward, () => this.#holdOrLetCome()) : undefined
    const gate = this.#gate
    const answer = (data: Buffer) => {
      if (source.writable) source.write(data)
    }
    const stream = hasPackets ? undefined : new StreamGate(effect, { onward, answer })
    this.#stream = stream
    const close = (kind: 'end' | 'reset') => {
      stream?.end()
      if (gate) gate.end(() => this.#take(kind, NOTHING))
      else this.#take(kind, NOTHING)
    }
    source.on('data', (data: Buffer) => (gate ?? stream)?.take(data))
    source.on('end', () => close('end'))
    source.on('error', () => close('reset'))
    sink?.on('drain', () => {
      this.#full = false
      this.#deliver()
    })
  }

  get effect(): Effect {
    return this.#effect
  }

  /** With this effect, something would come after what was lost: the connection must end instead. */
  cannotGoOn(effect: Effect): boolean {
    return effect.cut === undefined && (this.#broken || this.#gate?.isStuck(effect) === true)
  }

  /**
   * What waits or is on its way fares by the new effect from now on. `roundTripMs`: without loss. `unacknowledged`: the
   * other direction is cut.
   */
  change(effect: Effect, way: { roundTripMs: number; unacknowledged: boolean }): void {
    this.#fareBy(effect, way)
    this.#gate?.change(effect)
    this.#stream?.change(effect)
  }

  #fareBy(effect: Effect, { roundTripMs, unacknowledged }: { roundTripMs: number; unacknowledged: boolean }): void {
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
  close(): void {
    this.#gate?.close()
    this.#drop()
    this.#sink = undefined
  }

  #drop(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#travelling = []
    this.#travellingBytes = 0
  }

  #take(kind: Piece['kind'], data: Buffer): void {
    if (this.#effect.cut) this.#swallow(data.length)
    else if (this.#isClear()) this.#arrive(kind, data)
    else {
      if (kind === 'data') this.#effect.countSlowed()
      this.#queue(kind, data, performance.now())
      this.#deliver()
    }
  }

  #isClear(): boolean {
    const unhindered = this.#effect.isNone && this.#allowedBytes === Number.POSITIVE_INFINITY
    return unhindered && this.#travelling.length + this.#waiting.length === 0 && this.#mayArrive(performance.now())
  }

  #mayArrive(nowMs: number): boolean {
    return !this.#full && this.#allowedBytes > 0 && nowMs >= this.#opensAtMs
  }

  #swallow(bytes: number): void {
    this.#broken = true
    this.#effect.countCut()
    this.#swallowedBytes += bytes
    if (this.#swallowedBytes > SWALLOWED_BYTES) this.#source.pause()
  }

  #queue(kind: Piece['kind'], data: Buffer, cameAtMs: number): void {
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
  #deliver(): void {
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

  /** Only the first takes its turn on a line: other connections share it. */
  #letLeave(nowMs: number): void {
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

  #holdOrLetCome(): void {
    if (this.#effect.cut) return
    const travelling = this.#travellingBytes + (this.#gate?.heldBytes ?? 0)
    if (this.#waitingBytes > WAITING_BYTES || travelling > TRAVELLING_BYTES || this.#full) this.#source.pause()
    else if (this.#source.isPaused()) this.#source.resume()
  }

  #wait(nowMs: number): void {
    const next = [this.#waiting[0], this.#travelling[0]].flatMap((piece) =>
      piece && !Number.isNaN(piece.dueAtMs) ? [piece.dueAtMs] : [],
    )
    // What is due already waits for room, which comes by itself.
    const later = next.filter((atMs) => atMs > nowMs + EARLY_MS)
    if (later.length > 0) this.#timer = setTimeout(() => this.#deliver(), Math.min(...later) - nowMs)
  }

  #arrive(kind: Piece['kind'], data: Buffer): void {
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
