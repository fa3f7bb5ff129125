import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

const SPAN = 2 ** 32

/** Seeds are whole numbers from 0 to this. */
export const MAX_SEED = SPAN - 1

/** A seeded source of numbers r with 0 ≤ r < 1; cheap enough to be asked twice for each operation. */
export function randomFractions(seed: number): () => number {
  const generator = xoroshiro128plus(seed)
  return () => (generator.next() >>> 0) / SPAN
}

/** A seeded source of whole numbers r with 0 ≤ r < `below` (1 or more). The same seed gives the same row. */
export function seededRandom(seed: number): (below: number) => number {
  const generator = xoroshiro128plus(seed)
  return (below) => uniformInt(generator, 0, below - 1)
}

/** A seed for a part of a run, so that workloads side by side draw different rows. FNV-1a, 32 bits. */
export function seedFor(seed: number, part: string): number {
  let hash = 0x811c9dc5 ^ seed
  for (const byte of Buffer.from(part)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash | 0
}
