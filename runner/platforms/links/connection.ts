import { connect, type Socket } from 'node:net'
import type { Effect, FaultsInForce } from './effect.ts'
import { Flow } from './flow.ts'
import type { LinkDoor } from './protocol.ts'

/** What a connection is made with. */
interface ConnectionOptions {
  door: LinkDoor
  from: string
  faults: FaultsInForce
  onClosed(): void
}

/** Longer than anybody waits who asks whether a link is cut. */
const LINGER_MS = 10_000

/**
 * A connection that somebody opened to a node through one of its doors, and the one that goes on from there to the
 * node. Where either direction is cut it cannot be opened, as TCP needs both: the sender sees a connection that stays
 * silent.
 */
export class Connection {
  /** Who opened it, and to whom. */
  readonly ends: readonly [from: string, to: string]
  readonly #opener: Socket
  /** None for a connection that found its link cut. */
  readonly #target: Socket | undefined
  /** What the opener says. */
  readonly #forward: Flow
  /** What the node answers. */
  readonly #backward: Flow | undefined
  readonly #effects: () => { forward: Effect; backward: Effect }

  constructor(opener: Socket, { door, from, faults, onClosed }: ConnectionOptions) {
    const { to, channel } = door
    this.ends = [from, to]
    this.#effects = () => ({ forward: faults.effect(from, to, channel), backward: faults.effect(to, from, channel) })
    this.#opener = opener
    const { forward, backward } = this.#effects()
    const cut = [forward, backward].find((effect) => effect.cut !== undefined)
    cut?.countCut()
    this.#target = cut ? undefined : connectTo(door, opener)
    const sockets = this.#target ? [opener, this.#target] : [opener]
    for (const socket of sockets) {
      socket.on('error', () => undefined)
      socket.once('close', () => {
        if (sockets.every(({ closed }) => closed)) onClosed()
      })
    }
    const opensInMs = forward.openingStallMs(backward)
    this.#forward = new Flow(opener, this.#target, { effect: forward, opensInMs, hasPackets: channel === 'bus' })
    if (!this.#target) {
      // Whoever only ends its own half must not see an end of ours; whoever has closed needs none.
      opener.once('end', () => setTimeout(() => opener.destroy(), LINGER_MS).unref())
      if (forward.cut === 'reject' || backward.cut === 'reject') this.reset()
      return
    }
    this.#backward = new Flow(this.#target, opener, {
      effect: backward,
      opensInMs: 0,
      hasPackets: channel === 'bus',
    })
    this.#tell(forward, backward)
  }

  /** Lets the connection fare as the faults in force now have it. */
  apply(): void {
    const { forward, backward } = this.#effects()
    if (forward === this.#forward.effect && backward === this.#backward?.effect) return
    const rejecting = [forward, backward].filter(({ cut }) => cut === 'reject')
    for (const effect of rejecting) effect.countCut()
    if (rejecting.length > 0 || this.#cannotGoOn(forward, backward)) this.reset()
    else this.#tell(forward, backward)
  }

  /** Ends it at both ends, as a connection ends that one end does not know. */
  reset(): void {
    for (const flow of [this.#forward, this.#backward]) flow?.close()
    for (const socket of [this.#opener, this.#target]) {
      if (socket && !socket.destroyed) socket.resetAndDestroy()
    }
  }

  /**
   * What was swallowed is lost, and its peers would wait for it until their own timeouts; so they open a new one at
   * once.
   */
  #cannotGoOn(forward: Effect, backward: Effect): boolean {
    if (!this.#backward) return forward.cut === undefined && backward.cut === undefined
    return this.#forward.cannotGoOn(forward) || this.#backward.cannotGoOn(backward)
  }

  #tell(forward: Effect, backward: Effect): void {
    const roundTripMs = forward.delayMs + backward.delayMs
    this.#forward.change(forward, { roundTripMs, unacknowledged: backward.cut !== undefined })
    this.#backward?.change(backward, { roundTripMs, unacknowledged: forward.cut !== undefined })
  }
}

function connectTo({ target, keepsSource }: LinkDoor, opener: Socket): Socket {
  const localAddress = keepsSource ? opener.remoteAddress : undefined
  return connect({ ...target, allowHalfOpen: true, noDelay: true, ...(localAddress && { localAddress }) })
}
