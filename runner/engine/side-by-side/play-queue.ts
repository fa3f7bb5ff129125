import type { Play } from '../play.ts'

/** A play and its place in the run, from 0. */
export interface Queued {
  index: number
  play: Play
}

/** What tells plays apart that can share servers. */
export type ShapeOf = (play: Play) => string

/**
 * The plays of a run that have not begun. Each goes to the lane that asks next: round by round on server after server,
 * and of one round those first that the lane's servers fit, then those whose servers fit the most others, so that few
 * servers have to be made. Those that must be alone come last.
 */
export class PlayQueue {
  readonly #shapeOf: ShapeOf
  readonly #inOrder: boolean
  readonly #together: Queued[]
  readonly #alone: Queued[]

  /**
   * `from`: the place of the first of them in the run. `inOrder`: whatever the servers fit, for somebody has chosen what
   * comes first.
   */
  constructor(plays: readonly Play[], shapeOf: ShapeOf, { from = 0, inOrder = false } = {}) {
    const all = plays.map((play, place) => ({ index: from + place, play }))
    this.#shapeOf = shapeOf
    this.#inOrder = inOrder
    this.#together = all.filter(({ play }) => play.scenario.alone !== true)
    this.#alone = all.filter(({ play }) => play.scenario.alone === true)
  }

  /** Of those that may have others beside them. `shape`: that of the servers that the lane has. */
  next(shape?: string): Queued | undefined {
    const [first] = this.#together
    if (first === undefined || this.#inOrder) return this.#together.shift()
    const round = this.#together.filter(({ play }) => isOfOneRound(play, first.play))
    const shapes = round.map(({ play }) => this.#shapeOf(play))
    const timesOf = (one: string) => shapes.filter((other) => other === one).length
    const wanted = shapes.find((one) => one === shape) ?? shapes.toSorted((a, b) => timesOf(b) - timesOf(a))[0]
    const chosen = round[shapes.indexOf(wanted ?? '')] ?? first
    this.#together.splice(this.#together.indexOf(chosen), 1)
    return chosen
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
