import { PACKET_TYPES } from '../bus-packets.ts'
import type { LinkCount, LinkFault } from '../faults.ts'
import { openingStallOf, SEGMENT_BYTES, stallOf } from './loss.ts'

/**
 * One link fault from when it is asked for until it is no more: what it has done, and how far its bandwidth is used.
 */
export class FaultInForce {
  readonly fault: LinkFault
  packets = 0
  /** Packets of the bus that went its way. */
  seen = 0
  /** Pieces of data that were none, on its way. */
  unread = 0
  /** Each lets a packet go on that waits to be overtaken. */
  readonly waiting = new Set<() => void>()
  #freeAtMs = 0

  constructor(fault: LinkFault) {
    this.fault = fault
  }

  /**
   * Takes its turn on a line of the fault's bandwidth, and returns when it has passed, on the monotonic clock. Counted
   * from when it came: a timer that is late costs nothing.
   */
  pass(cameAtMs: number, bytes: number): number {
    const { bytesPerSecond } = this.fault
    if (bytesPerSecond === undefined) return cameAtMs
    this.#freeAtMs = Math.max(this.#freeAtMs, cameAtMs) + (bytes / bytesPerSecond) * 1000
    return this.#freeAtMs
  }
}

/** What all faults in force do to what one sender says to one receiver over one channel. */
export class Effect {
  /** All of them. */
  readonly all: readonly FaultInForce[]
  /** Those of single packets. */
  readonly ofPackets: readonly FaultInForce[]
  /** Those that falsify what a master sends its replica. */
  readonly lies: readonly FaultInForce[]
  /** Those of whatever passes. */
  readonly faults: readonly FaultInForce[]
  readonly cut: LinkFault['cut']
  readonly isNone: boolean
  readonly delayMs: number
  readonly lossRatio: number
  /**
   * Data is cut into pieces that pass one after another: what a line carries in 2 ms, so that others get their turn.
   */
  readonly pieceBytes: number

  constructor(all: readonly FaultInForce[]) {
    const faults = all.filter(({ fault }) => !fault.packet && !fault.lie)
    this.all = all
    this.ofPackets = all.filter(({ fault }) => fault.packet)
    this.lies = all.filter(({ fault }) => fault.lie)
    this.faults = faults
    const cuts = faults.map(({ fault }) => fault.cut)
    // What vanishes cannot be rejected.
    this.cut = cuts.includes('drop') ? 'drop' : cuts.find((cut) => cut !== undefined)
    this.isNone = faults.length === 0
    this.delayMs = faults.reduce((sum, { fault }) => sum + (fault.delayMs ?? 0), 0)
    this.lossRatio = 1 - faults.reduce((kept, { fault }) => kept * (1 - (fault.lossRatio ?? 0)), 1)
    const rate = Math.min(...faults.map(({ fault }) => fault.bytesPerSecond ?? Number.POSITIVE_INFINITY))
    this.pieceBytes = rate === Number.POSITIVE_INFINITY ? rate : Math.max(SEGMENT_BYTES, Math.ceil(rate / 500))
  }

  /** Counts something that the cut has stopped. */
  countCut(): void {
    for (const one of this.faults) {
      if (one.fault.cut === this.cut) one.packets += 1
    }
  }

  /** Counts a piece of data that the faults slow down; loss counts only what it bites. */
  countSlowed(): void {
    for (const one of this.faults) {
      if (slowsAll(one)) one.packets += 1
    }
  }

  /** A packet goes by: it is counted, and those faults are returned that treat its type. */
  seePacket(type: number): FaultInForce[] {
    for (const one of this.ofPackets) one.seen += 1
    return this.ofPackets.filter(({ fault }) => fault.packet && PACKET_TYPES[fault.packet.type] === type)
  }

  /** Data goes by in which no packet can be found. */
  seeNoPacket(): void {
    for (const one of this.ofPackets) one.unread += 1
  }

  /** When a piece that came then has left the sender's end: bandwidth. */
  leavesAtMs(cameAtMs: number, bytes: number): number {
    return this.faults.reduce((atMs, fault) => fault.pass(atMs, bytes), cameAtMs)
  }

  /** How long a piece is on its way, ms: delay, jitter and loss. */
  travelMs(bytes: number, roundTripMs: number): number {
    let totalMs = 0
    for (const one of this.faults) {
      const { delayMs = 0, jitterMs = 0, lossRatio = 0 } = one.fault
      totalMs += delayMs + jitterMs * (2 * Math.random() - 1)
      if (lossRatio === 0) continue
      const stallMs = stallOf(bytes, lossRatio, roundTripMs, Math.random)
      if (stallMs > 0 && !slowsAll(one)) one.packets += 1
      totalMs += stallMs
    }
    return totalMs
  }

  /** How much later than without loss a new connection is open, ms. */
  openingStallMs(back: Effect): number {
    return openingStallOf(this.lossRatio, back.lossRatio, Math.random)
  }
}

/** The link faults that should be in force now, and what they do to each sender, receiver and channel. */
export class FaultsInForce {
  #faults: FaultInForce[] = []
  readonly #effects = new Map<string, Effect>()

  /** A fault that was in force before goes on as it is. An effect that stays the same stays the same object. */
  set(faults: readonly LinkFault[]): void {
    const before = [...this.#faults]
    this.#faults = faults.map((fault) => {
      const place = before.findIndex((one) => identityOf(one.fault) === identityOf(fault))
      // Taken out: the same fault asked for twice is two, and each has its effect.
      return before.splice(place, place < 0 ? 0 : 1)[0] ?? new FaultInForce(fault)
    })
    for (const [path, effect] of this.#effects) {
      const now = this.#on(path)
      const same = now.length === effect.all.length && now.every((one, place) => one === effect.all[place])
      if (!same) this.#effects.set(path, new Effect(now))
    }
  }

  counts(): LinkCount[] {
    return this.#faults.map(({ fault, packets, seen, unread }) => ({
      link: fault,
      packets,
      ...((fault.packet ?? fault.lie) && { seen, unread }),
    }))
  }

  effect(from: string, to: string, channel: 'bus' | 'data'): Effect {
    const path = JSON.stringify([from, to, channel])
    const known = this.#effects.get(path)
    if (known) return known
    const effect = new Effect(this.#on(path))
    this.#effects.set(path, effect)
    return effect
  }

  #on(path: string): FaultInForce[] {
    const [from, to, channel]: unknown[] = JSON.parse(path)
    return this.#faults.filter(
      ({ fault }) => fault.from === from && fault.to === to && (fault.channel === 'all' || fault.channel === channel),
    )
  }
}

function slowsAll({ fault }: FaultInForce): boolean {
  return (fault.delayMs ?? 0) > 0 || fault.bytesPerSecond !== undefined
}

function identityOf(fault: LinkFault): string {
  return JSON.stringify(Object.entries(fault).sort(([a], [b]) => (a < b ? -1 : 1)))
}
