/** What is known of one key: the writes that were acknowledged, and those that may have happened. */
interface Known {
  /** Round of the last acknowledged write; 0: none. */
  acknowledged: number
  /** Later rounds whose write got no answer: they may stand, or come to stand. */
  perhaps: number[]
}

export type Judgement = 'right' | 'lost' | 'older' | 'changed' | 'unknown'

/**
 * Keys that `write` wrote under one name, and what each must hold by now. A value names its key and its round, so that
 * a reader can tell an older value of the same key from one that nobody wrote.
 */
export class Dataset {
  readonly name: string
  readonly keys: readonly string[]
  readonly #token: string
  readonly #valueBytes: number
  readonly #known: Known[]
  #round = 0
  #writing = false

  /** `valueBytes`: values are filled up to this length, in bytes (ASCII). */
  constructor(name: string, keys: readonly string[], token: string, valueBytes: number) {
    this.name = name
    this.keys = keys
    this.#token = token
    this.#valueBytes = valueBytes
    this.#known = keys.map(() => ({ acknowledged: 0, perhaps: [] }))
  }

  /**
   * Begins a new round: from now on every key has a new value to be written. False, and nothing begins, while another
   * round is still being written: the values of two at once could not be told in order.
   */
  beginRound(): boolean {
    if (this.#writing) return false
    this.#writing = true
    this.#round += 1
    return true
  }

  /** Ends the round. Keys that were sent and neither acknowledged nor refused may hold its value all the same. */
  endRound(): void {
    this.#writing = false
  }

  /** The value that the key at `index` gets in this round. */
  value(index: number): string {
    return this.#valueOf(index, this.#round)
  }

  acknowledge(index: number): void {
    const known = this.#known[index]
    if (!known) return
    known.acknowledged = this.#round
    known.perhaps = []
  }

  /** The write of this round got no answer. */
  doubt(index: number): void {
    const known = this.#known[index]
    if (known && known.acknowledged !== this.#round && known.perhaps.at(-1) !== this.#round)
      known.perhaps.push(this.#round)
  }

  /** Indexes of the keys whose write of this round has not been acknowledged. */
  unacknowledged(): number[] {
    return this.#known.flatMap(({ acknowledged }, index) => (acknowledged === this.#round ? [] : [index]))
  }

  /** Indexes of the keys with an acknowledged write: those that can be judged. */
  judgeable(): number[] {
    return this.#known.flatMap(({ acknowledged }, index) => (acknowledged > 0 ? [index] : []))
  }

  /**
   * What a value read from the key's master shows. A write without an answer that lands only after a later one was
   * acknowledged shows as `older`: the acknowledged value is gone, whoever overwrote it.
   */
  judge(index: number, read: unknown): Judgement {
    const known = this.#known[index]
    if (!known || known.acknowledged === 0) return 'unknown'
    if (read === this.#valueOf(index, known.acknowledged)) return 'right'
    if (known.perhaps.some((round) => read === this.#valueOf(index, round))) return 'right'
    if (read === null) return 'lost'
    for (let round = known.acknowledged - 1; round > 0; round -= 1) {
      if (read === this.#valueOf(index, round)) return 'older'
    }
    return 'changed'
  }

  #valueOf(index: number, round: number): string {
    return `${this.keys[index]}#${round}@${this.#token}`.padEnd(this.#valueBytes, '.')
  }
}

/** The datasets of one scenario, by the name that `write: { as: … }` gave. */
export class Datasets {
  readonly #sets = new Map<string, Dataset>()
  readonly #token: string

  /** The token in every value comes from the seed. */
  constructor(seed: number) {
    this.#token = seed.toString(36)
  }

  get(name: string): Dataset | undefined {
    return this.#sets.get(name)
  }

  create(name: string, keys: readonly string[], valueBytes: number): Dataset {
    const dataset = new Dataset(name, keys, this.#token, valueBytes)
    this.#sets.set(name, dataset)
    return dataset
  }

  names(): string[] {
    return [...this.#sets.keys()]
  }
}
