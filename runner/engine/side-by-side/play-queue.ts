import type { Play } from '../play.ts'

/** A play and its place in the run, from 0. */
export interface Queued {
  index: number
  play: Play
}

/** What tells plays apart that can share servers. */
export type ShapeOf = (play: Play) => string

/**
 * The plays of a run that have not begun. Each goes to the lane that asks next: in their order, but of the plays of one
 * round on one server those first that the lane's servers fit. Those that must be alone come last.
 */
export class PlayQueue {
  readonly #shapeOf: ShapeOf
  readonly #together: Queued[]
  readonly #alone: Queued[]

  constructor(plays: readonly Play[], shapeOf: ShapeOf) {
    const all = plays.map((play, index) => ({ index, play }))
    this.#shapeOf = shapeOf
    this.#together = all.filter(({ play }) => play.scenario.alone !== true)
    this.#alone = all.filter(({ play }) => play.scenario.alone === true)
  }

  /** Of those that may have others beside them. `shape`: that of the servers that the lane has. */
  next(shape?: string): Queued | undefined {
    const [first] = this.#together
    if (first === undefined) return undefined
    const place = this.#together.findIndex(
      ({ play }) => isOfOneRound(play, first.play) && this.#shapeOf(play) === shape,
    )
    return this.#together.splice(Math.max(place, 0), 1)[0]
  }

  /** Of those that must be alone. */
  nextAlone(): Queued | undefined {
    return this.#alone.shift()
  }

  /** For a lane that could not begin. */
  putBack(queued: Queued): void {
    this.#together.unshift(queued)
  }

  /** Nothing more is given out. */
  close(): void {
    this.#together.length = 0
    this.#alone.length = 0
  }
}

function isOfOneRound(one: Play, other: Play): boolean {
  return one.platform === other.platform && one.repeat?.number === other.repeat?.number
}
