import { packetHeader, SIGNATURE } from '../bus-packets.ts'

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

/**
 * Finds the packets in what one end of a connection of the cluster bus says, however it is split. What does not begin
 * as a packet does is not the bus: it goes on untouched, and so does all that follows it.
 */
export class PacketFramer {
  #isBus = true
  /** The beginning of a packet, too short to tell its length. */
  #head: Buffer = Buffer.alloc(0)
  /** What is still to come of a packet that goes on as it comes. */
  #left = 0
  /** A packet that is waited for. */
  #awaited: { parts: Buffer[]; type: number; missing: number } | undefined

  /** In the middle of a packet, the beginning of which has gone on: nothing may come between. */
  get isInside(): boolean {
    return this.#left > 0
  }

  /** `whole`: packets that begin from now on are waited for until they are whole. */
  take(data: Buffer, whole: boolean): Frame[] {
    const frames: Frame[] = []
    for (let rest = data; rest.length > 0; ) {
      if (!this.#isBus) {
        frames.push({ data: rest, isWhole: false })
        break
      }
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left)
        this.#left -= part.length
        frames.push({ data: part, isWhole: false })
        rest = rest.subarray(part.length)
      } else if (this.#awaited) {
        const part = rest.subarray(0, this.#awaited.missing)
        rest = rest.subarray(part.length)
        const packet = this.#collect(this.#awaited, part)
        if (packet) frames.push(packet)
      } else {
        rest = this.#begin(Buffer.concat([this.#head, rest]), { whole, frames })
      }
    }
    return frames
  }

  /** What was kept of a packet that never became whole. */
  rest(): Buffer {
    const rest = Buffer.concat([this.#head, ...(this.#awaited?.parts ?? [])])
    this.#head = Buffer.alloc(0)
    this.#awaited = undefined
    return rest
  }

  /** At the beginning of a packet. Returns what is to be looked at again. */
  #begin(bytes: Buffer, { whole, frames }: { whole: boolean; frames: Frame[] }): Buffer {
    const start = bytes.subarray(0, SIGNATURE.length)
    const header = packetHeader(bytes)
    this.#head = Buffer.alloc(0)
    if (!start.equals(SIGNATURE.subarray(0, start.length)) || header === 'malformed') {
      this.#isBus = false
      return bytes
    }
    if (header === undefined) {
      this.#head = bytes
      return this.#head.subarray(bytes.length)
    }
    const { type, length } = header
    if (whole && length <= LONGEST_BYTES) {
      this.#awaited = { parts: [], type, missing: length }
      return bytes
    }
    const part = bytes.subarray(0, length)
    this.#left = length - part.length
    frames.push({ data: part, type, isWhole: this.#left === 0 })
    return bytes.subarray(part.length)
  }

  #collect(awaited: { parts: Buffer[]; type: number; missing: number }, part: Buffer): Frame | undefined {
    awaited.parts.push(part)
    awaited.missing -= part.length
    if (awaited.missing > 0) return undefined
    this.#awaited = undefined
    return { data: Buffer.concat(awaited.parts), type: awaited.type, isWhole: true }
  }
}
