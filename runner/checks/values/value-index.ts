/**
 * Finds the number of a pair of key and value. Values of a key are mostly consecutive and used at about the same time, so a pair's first place in the
 * table keeps that nearness, which the processor's caches live on; only a pair whose place is taken is scattered.
 */
export class ValueIndex {
  readonly #mask: number
  readonly #keys: Uint32Array
  readonly #values: Int32Array
  /** Numbers, from 1; 0 is a free place. */
  readonly #numbers: Uint32Array

  /** Room for `pairs` pairs. */
  constructor(pairs: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(pairs, 4) * 2))
    this.#mask = size - 1
    this.#keys = new Uint32Array(size)
    this.#values = new Int32Array(size)
    this.#numbers = new Uint32Array(size)
  }

  /** The number of the pair, or -1. */
  find(key: number, value: number): number {
    return (this.#numbers[this.#place(key, value)] ?? 0) - 1
  }

  /** Gives the pair a number, unless it has one. Returns the number it then has. */
  add(key: number, value: number, number: number): number {
    const place = this.#place(key, value)
    const known = this.#numbers[place] ?? 0
    if (known !== 0) return known - 1
    this.#keys[place] = key
    this.#values[place] = value
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
    return this.#numbers[place] !== 0 && (this.#values[place] !== value || this.#keys[place] !== key)
  }
}

/** Spreads pairs evenly (the finalizer of MurmurHash3, Appleby 2011). */
function scatter(key: number, value: number): number {
  let hash = Math.imul(key, 0xcc9e2d51) ^ Math.imul(value, 0x1b873593)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
