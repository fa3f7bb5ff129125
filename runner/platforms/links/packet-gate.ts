import { PACKET_TYPES } from '../bus-packets.ts'
import type { Effect, FaultInForce } from './effect.ts'
import { type Frame, PacketFramer } from './packet-framer.ts'

/** How long a packet waits for another one to overtake it, ms: two nodes rarely say nothing for longer. */
const OVERTAKEN_WITHIN_MS = 2_000

/** After a ping or a MEET, a node sends no other on that connection before the pong has come (clusterCron). */
const AWAITED: readonly number[] = [PACKET_TYPES.ping, PACKET_TYPES.meet, PACKET_TYPES.pong]

interface Held {
  data: Buffer
  dueAtMs: number
  /** Why it is held: without any of them it goes on. */
  reasons: readonly FaultInForce[]
  /** It waits for a packet that overtakes it. */
  goOn?: () => void
}

/**
 * What faults of single packets do to one direction of a connection of the cluster bus: lets packets go on, twice, late
 * or never. Without such faults all goes on as it comes.
 */
export class PacketGate {
  readonly #framer = new PacketFramer()
  readonly #onward: (data: Buffer) => void
  readonly #onRelease: () => void
  #effect: Effect
  /** In the order in which they came. */
  #held: Held[] = []
  /** They dropped what somebody waits for an answer to, or the answer. */
  readonly #silencers = new Set<FaultInForce>()
  #end: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined

  /** `onRelease` is called when `heldBytes` may have changed. */
  constructor(effect: Effect, onward: (data: Buffer) => void, onRelease: () => void) {
    this.#effect = effect
    this.#onward = onward
    this.#onRelease = onRelease
  }

  get heldBytes(): number {
    return this.#held.reduce((sum, { data }) => sum + data.length, 0)
  }

  /**
   * Somebody waits for an answer that never comes, and the faults that are to blame are no more: no network loses part
   * of a connection and lets the rest pass.
   */
  isStuck(effect: Effect): boolean {
    return this.#held.length === 0 && [...this.#silencers].some((fault) => !effect.ofPackets.includes(fault))
  }

  take(data: Buffer): void {
    const whole = this.#effect.ofPackets.length > 0 || this.#held.length > 0
    for (const frame of this.#framer.take(data, whole)) this.#pass(frame)
    if (!this.#framer.isBus) this.#effect.seeNoPacket()
    if (this.#held.length > 0) this.#release()
  }

  /** Nothing more comes; `end` is called once all that is held has gone on: it was sent before the end. */
  end(end: () => void): void {
    this.#end = end
    this.#release()
  }

  /** What is held for a fault that is no more goes on at once. */
  change(effect: Effect): void {
    this.#effect = effect
    for (const held of this.#held) {
      if (!held.reasons.some((fault) => effect.ofPackets.includes(fault))) held.dueAtMs = 0
    }
    this.#release()
  }

  /** Nothing more goes on. */
  close(): void {
    clearTimeout(this.#timer)
    for (const held of this.#held) stopWaiting(held)
    this.#held = []
    this.#end = undefined
  }

  #pass({ data, type, isWhole }: Frame): void {
    const faults = type === undefined ? [] : this.#effect.seePacket(type)
    const treating = isWhole ? faults : []
    if (this.#drops(treating, type)) return
    const copies = counted(treating, 'duplicate').length > 0 ? [data, data] : [data]
    for (const copy of copies) this.#holdOrPass(copy, treating, type !== undefined)
  }

  #drops(faults: readonly FaultInForce[], type: number | undefined): boolean {
    const dropping = counted(faults, 'drop')
    if (type !== undefined && AWAITED.includes(type)) for (const fault of dropping) this.#silencers.add(fault)
    return dropping.length > 0
  }

  #holdOrPass(data: Buffer, faults: readonly FaultInForce[], isPacket: boolean): void {
    const delays = faults.filter((fault) => delayOf(fault) > 0)
    // Whoever waits already is overtaken by this one.
    const [swaps] = faults.filter((fault) => fateOf(fault) === 'reorder' && fault.waiting.size === 0)
    if (delays.length > 0) this.#delay(data, delays)
    else if (swaps) this.#holdUntilOvertaken(data, swaps)
    else {
      this.#onward(data)
      if (isPacket) this.#overtake()
    }
  }

  #overtake(): void {
    for (const fault of this.#effect.ofPackets) for (const goOn of [...fault.waiting]) goOn()
  }

  #delay(data: Buffer, reasons: readonly FaultInForce[]): void {
    const delayMs = reasons.reduce((sum, fault) => sum + delayOf(fault), 0)
    for (const fault of reasons) fault.packets += 1
    this.#held.push({ data, dueAtMs: performance.now() + delayMs, reasons })
  }

  #holdUntilOvertaken(data: Buffer, fault: FaultInForce): void {
    const held: Held = { data, dueAtMs: performance.now() + OVERTAKEN_WITHIN_MS, reasons: [fault] }
    held.goOn = () => {
      fault.packets += 1
      held.dueAtMs = 0
      this.#release()
    }
    fault.waiting.add(held.goOn)
    this.#held.push(held)
  }

  /** Lets go on what is due, but never into the middle of another packet; comes back when more is due. */
  #release(): void {
    clearTimeout(this.#timer)
    const nowMs = performance.now()
    // After the end, what is missing of a packet never comes.
    const mustWait = this.#framer.isInside && !this.#end
    const due = mustWait ? [] : this.#held.filter(({ dueAtMs }) => dueAtMs <= nowMs)
    for (const held of due) stopWaiting(held)
    this.#held = this.#held.filter((held) => !due.includes(held))
    for (const { data } of due.sort((a, b) => a.dueAtMs - b.dueAtMs)) this.#onward(data)
    if (this.#held.length > 0) {
      const nextMs = Math.min(...this.#held.map(({ dueAtMs }) => dueAtMs))
      if (nextMs > nowMs) this.#timer = setTimeout(() => this.#release(), Math.ceil(nextMs - nowMs))
    } else if (this.#end) {
      const rest = this.#framer.rest()
      if (rest.length > 0) this.#onward(rest)
      const end = this.#end
      this.#end = undefined
      end()
    }
    this.#onRelease()
  }
}

function stopWaiting({ reasons, goOn }: Held): void {
  for (const fault of reasons) if (goOn) fault.waiting.delete(goOn)
}

function fateOf({ fault }: FaultInForce) {
  return fault.packet?.fate
}

function delayOf(fault: FaultInForce): number {
  const fate = fateOf(fault)
  return typeof fate === 'object' ? fate.delayMs : 0
}

/** Returns those of them that do that to a packet, which they count. */
function counted(faults: readonly FaultInForce[], fate: 'drop' | 'duplicate'): FaultInForce[] {
  const own = faults.filter((fault) => fateOf(fault) === fate)
  for (const fault of own) fault.packets += 1
  return own
}
