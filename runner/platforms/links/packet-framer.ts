import { packetHeader } from '../bus-packets.ts'

/** Some of what came, in order. */
export interface Frame {
  data: Buffer
  /** The number of the type of the packet that begins here; undefined for what goes on, and for what is no packet. */
  type?: number
  /** It is that packet from its first byte to its last. */
  isWhole: boolean
}

/** Longer packets are never waited for: they go on as they come. */
const LONGEST_BYTES = 16 * 1024 * 1024

const NOTHING = Buffer.alloc(0)

/**
 * Finds the packets in what one end of a connection of the cluster bus says, however it is split. What does not begin
 * as a packet does is not the bus: it goes on untouched, and so does all that follows it.
 */
export class PacketFramer {
  #isBus = true
  /** The beginning of a packet, too short to tell its length. */
  #head: Buffer = NOTHING
  /** The head has gone on, so the rest of its packet does too. */
  #headWentOn = false
  /** What is still to come of a packet that goes on as it comes. */
  #left = 0
  /** A packet that is waited for. */
  #awaited: { parts: Buffer[]; type: number; missing: number } | undefined

  /** False from the first byte on that belongs to no packet. */
  get isBus(): boolean {
    return this.#isBus
  }

  /** In the middle of a packet, the beginning of which has gone on: nothing may come between. */
  get isInside(): boolean {
    return this.#left > 0 || this.#headWentOn
  }

  /**
   * `whole`: packets that begin from now on are waited for until they are whole, and told apart. Otherwise all goes on
   * as it came, in one piece.
   */
  take(data: Buffer, whole: boolean): Frame[] {
    const frames: Frame[] = []
    for (let rest = data; rest.length > 0; ) {
      if (this.#awaited) {
        const part = rest.subarray(0, this.#awaited.missing)
        rest = rest.subarray(part.length)
        const packet = this.#collect(this.#awaited, part)
        if (packet) frames.push(packet)
      } else if (!this.#isBus || !whole) {
        frames.push({ data: this.#follow(rest), isWhole: false })
        break
      } else if (this.#left > 0) {
        const part = rest.subarray(0, this.#left)
        this.#left -= part.length
        frames.push({ data: part, isWhole: false })
        rest = rest.subarray(part.length)
      } else {
        rest = this.#begin(rest, frames)
      }
    }
    return frames
  }

  /** What was kept of a packet that never became whole. */
  rest(): Buffer {
    const rest = Buffer.concat([this.#headWentOn ? NOTHING : this.#head, ...(this.#awaited?.parts ?? [])])
    this.#dropHead()
    this.#awaited = undefined
    return rest
  }

  /** All of it goes on; what must be known is where the next packet begins. Returns what goes on. */
  #follow(data: Buffer): Buffer {
    const bytes = this.#head.length === 0 ? data : Buffer.concat([this.#head, data])
    const onward = this.#headWentOn ? data : bytes
    this.#dropHead()
    let at = this.#left
    while (this.#isBus && at < bytes.length) {
      const header = packetHeader(bytes, at)
      if (header === undefined) {
        this.#head = bytes.subarray(at)
        this.#headWentOn = true
        break
      }
      if (header === 'no packet') this.#isBus = false
      else at += header.length
    }
    this.#left = Math.max(at - bytes.length, 0)
    return onward
  }

  /** At the beginning of a packet, or in its head. Returns what is to be looked at again. */
  #begin(rest: Buffer, frames: Frame[]): Buffer {
    const head = this.#head
    const bytes = head.length === 0 ? rest : Buffer.concat([head, rest])
    const header = packetHeader(bytes)
    if (header === undefined) {
      this.#head = bytes
      return NOTHING
    }
    const unsent = this.#headWentOn ? rest : bytes
    this.#dropHead()
    if (header === 'no packet') {
      this.#isBus = false
      return unsent
    }
    const { type, length } = header
    if (unsent !== bytes) {
      this.#left = length - head.length
      return unsent
    }
    if (length <= LONGEST_BYTES) {
      this.#awaited = { parts: [], type, missing: length }
      return bytes
    }
    const part = bytes.subarray(0, length)
    this.#left = length - part.length
    frames.push({ data: part, type, isWhole: this.#left === 0 })
    return bytes.subarray(part.length)
  }

  #dropHead(): void {
    this.#head = NOTHING
    this.#headWentOn = false
  }

  #collect(awaited: { parts: Buffer[]; type: number; missing: number }, part: Buffer): Frame | undefined {
    awaited.parts.push(part)
    awaited.missing -= part.length
    if (awaited.missing > 0) return undefined
    this.#awaited = undefined
    return { data: Buffer.concat(awaited.parts), type: awaited.type, isWhole: true }
  }
}
