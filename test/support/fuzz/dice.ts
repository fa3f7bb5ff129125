import { seededRandom } from '../../../runner/base/random.ts'

/** Draws for the inputs of a fuzz: the same seed gives the same inputs. */
export class Dice {
  readonly #below: (below: number) => number

  constructor(seed: number) {
    this.#below = seededRandom(seed)
  }

  below(limit: number): number {
    return limit < 2 ? 0 : this.#below(limit)
  }

  /** One of several; there must be some. */
  one<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
}
