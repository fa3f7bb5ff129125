/** The pairs of an index, by their numbers. */
export interface Pairs {
  key(number: number): number
  value(number: number): number
}

/**
 * Finds the number of a pair of key and value. Values of a key are mostly consecutive and used at about the same time,
 * so a pair's first place in the index keeps that nearness, which the processor's caches live on; only a pair whose
 * place is taken is scattered.
 */
export class ValueIndex {
  readonly #pairs: Pairs
  readonly #mask: number
  /** Numbers of pairs, plus 1; 0 is a free place. */
  readonly #numbers: Uint32Array

  /** For up to `most` of the `pairs`. */
  constructor(pairs: Pairs, most: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(most, 4) * 2))
    this.#pairs = pairs
    this.#mask = size - 1
    this.#numbers = new Uint32Array(size)
  }

  /** The number of the pair, or -1. */
  find(key: number, value: number): number {
    return (this.#numbers[this.#place(key, value)] ?? 0) - 1
  }

  /** Enters the pair with this number, unless one like it is in. Returns the number that the pair is found by. */
  add(number: number): number {
    const place = this.#place(this.#pairs.key(number), this.#pairs.value(number))
    const known = this.#numbers[place] ?? 0
    if (known !== 0) return known - 1
    this.#numbers[place] = number + 1
    return number
  }

  /** Where the pair is, or the free place where it belongs. */
  #place(key: number, value: number): number {
    let place = (value + Math.imul(key, 0x9e3779b1)) & this.#mask
    if (this.#isTaken(place, key, value)) {
      place = scatter(key, value) & this.#mask
      while (this.#isTaken(place, key, value)) place = (place + 1) & this.#mask
    }
    return place
  }

  #isTaken(place: number, key: number, value: number): boolean {
    const number = (this.#numbers[place] ?? 0) - 1
    return number >= 0 && (this.#pairs.value(number) !== value || this.#pairs.key(number) !== key)
  }
}

/** Spreads pairs evenly (the finalizer of MurmurHash3, Appleby 2011). */
function scatter(key: number, value: number): number {
  let hash = Math.imul(key, 0xcc9e2d51) ^ Math.imul(value, 0x1b873593)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
