import type { Ground } from './ground.ts'
import type { Pace } from './pace.ts'
import type { PlayQueue, Queued, ShapeOf } from './play-queue.ts'

/** What plays of a queue are played with. */
export interface LanesOptions {
  queue: PlayQueue
  pace: Pace
  shapeOf: ShapeOf
  /** The ground of a lane, counted from 1; undefined if there is no place for it. */
  openGround(lane: number): Promise<Ground | undefined>
  playOn(ground: Ground, queued: Queued, lane: number): Promise<void>
  /** Removes what the lane still has. */
  endGround(ground: Ground): Promise<void>
  /** Nothing more is to begin. */
  isOver(): boolean
}

/**
 * Plays all of a queue: side by side what may be, on as many lanes as the pace allows, and then one after another what
 * must be alone. Resolves when all lanes have ended; throws the first error of any of them, and nothing begins after it.
 */
export async function playOnLanes(options: LanesOptions): Promise<void> {
  const lanes = new Lanes(options)
  const endPace = options.pace.begin(() => lanes.fill())
  try {
    await lanes.playTogether()
  } finally {
    endPace()
  }
  await lanes.playAlone()
}

class Lanes {
  readonly #options: LanesOptions
  readonly #busy = new Map<number, Promise<void>>()
  /** Fewer than the pace allows where there is no place for more. */
  #most = Number.POSITIVE_INFINITY
  #failure: { error: unknown } | undefined

  constructor(options: LanesOptions) {
    this.#options = options
  }

  /** Begins as many lanes as may play and have something to play. */
  fill(): void {
    const { queue, isOver } = this.#options
    for (let lane = 1; this.#busy.size < this.#allowed; lane += 1) {
      if (this.#busy.has(lane)) continue
      const first = isOver() ? undefined : queue.next()
      if (first === undefined) return
      const next = (shape: string) => (this.#isTooMany() ? undefined : queue.next(shape))
      this.#busy.set(lane, this.#run(lane, first, next))
    }
  }

  async playTogether(): Promise<void> {
    for (this.fill(); this.#busy.size > 0; this.fill()) await Promise.race(this.#busy.values())
    this.#throwFailure()
  }

  async playAlone(): Promise<void> {
    const { queue, isOver } = this.#options
    const first = isOver() ? undefined : queue.nextAlone()
    if (first !== undefined) await this.#run(1, first, () => queue.nextAlone())
    this.#throwFailure()
  }

  get #allowed(): number {
    return Math.min(this.#options.pace.lanes, this.#most)
  }

  #isTooMany(): boolean {
    return this.#busy.size > this.#allowed
  }

  /** Never rejects: the first error ends all lanes after what they play now. */
  async #run(lane: number, first: Queued, next: (shape: string) => Queued | undefined): Promise<void> {
    try {
      const ground = await this.#options.openGround(lane)
      if (ground === undefined) {
        // Several may learn it at once.
        this.#most = Math.min(this.#most, Math.max(lane - 1, 1))
        this.#options.queue.putBack(first)
      } else {
        await this.#playOn(ground, lane, first, next)
      }
    } catch (error) {
      this.#failure ??= { error }
      this.#options.queue.close()
    } finally {
      this.#busy.delete(lane)
    }
  }

  async #playOn(
    ground: Ground,
    lane: number,
    first: Queued,
    next: (shape: string) => Queued | undefined,
  ): Promise<void> {
    const { playOn, endGround, isOver, shapeOf } = this.#options
    try {
      for (let queued: Queued | undefined = first; queued !== undefined; ) {
        await playOn(ground, queued, lane)
        queued = isOver() ? undefined : next(shapeOf(queued.play))
      }
    } finally {
      await endGround(ground)
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
