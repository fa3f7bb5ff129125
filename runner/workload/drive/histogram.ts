/** Buckets for each doubling: a value is told to within 1/32, 3%. */
const STEPS = 32
const STEP_BITS = 5
/** Up to 2^32 µs, more than an hour. */
const DOUBLINGS = 32 - STEP_BITS

/** Durations counted in buckets whose width grows with the duration. Cheap to add to and to empty. */
export class Histogram {
  readonly #counts = new Uint32Array((DOUBLINGS + 1) * STEPS)
  #total = 0
  #maxMs = 0

  get total(): number {
    return this.#total
  }

  get maxMs(): number {
    return this.#maxMs
  }

  add(durationMs: number): void {
    const place = bucketOf(Math.max(0, Math.round(durationMs * 1000)))
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
    this.#total += 1
    if (durationMs > this.#maxMs) this.#maxMs = durationMs
  }

  /** The duration, ms, that `share` (0 to 1) of all do not exceed, to within 3% above; undefined if there are none. */
  quantile(share: number): number | undefined {
    if (this.#total === 0) return undefined
    let left = Math.max(1, Math.ceil(share * this.#total))
    for (let place = 0; place < this.#counts.length; place += 1) {
      left -= this.#counts[place] ?? 0
      if (left <= 0) return Math.min(upperEnd(place) / 1000, this.#maxMs)
    }
    return this.#maxMs
  }

  clear(): void {
    if (this.#total > 0) this.#counts.fill(0)
    this.#total = 0
    this.#maxMs = 0
  }
}

function bucketOf(durationUs: number): number {
  if (durationUs < STEPS) return durationUs
  const doubling = Math.min(31 - Math.clz32(durationUs), 31) - STEP_BITS
  return (doubling + 1) * STEPS + ((durationUs >>> doubling) - STEPS)
}

/** The longest duration in a bucket, µs. */
function upperEnd(place: number): number {
  if (place < STEPS) return place
  const doubling = Math.floor(place / STEPS) - 1
  return ((place % STEPS) + STEPS + 1) * 2 ** doubling - 1
}
