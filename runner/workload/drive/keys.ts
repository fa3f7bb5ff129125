import { spreadKeys } from '../../cluster/key-routing.ts'
import { slotOfKey } from '../../cluster/slots.ts'
import type { SlotRange } from '../../cluster/view.ts'

/** How often which key is used. */
export type Distribution =
  | { kind: 'uniform' }
  /** The key at rank n is used in proportion to 1 / n^exponent. */
  | { kind: 'zipf'; exponent: number }
  /** The first `keys` keys get `share` of all operations (0 to 1), the others the rest. */
  | { kind: 'hot'; keys: number; share: number }

/** A key of a workload. */
export interface LoadKey {
  name: string
  slot: number
  /** The shard that owns it when the scenario begins: its place in the list, from 0. */
  shard: number
}

/**
 * The keys of a workload, in proportion to the slots of the shards at `aimed` (places from 0). Names begin as the
 * workload is called, which has no `{` in it: that is for hash tags.
 */
export function makeKeys(
  workload: string,
  count: number,
  shards: readonly (readonly SlotRange[])[],
  aimed: readonly number[],
): LoadKey[] {
  const targets = aimed.map((shard) => ({ shard, slots: [...(shards[shard] ?? [])] }))
  return [...spreadKeys(workload, count, targets)].map((name) => {
    const slot = slotOfKey(name)
    const owner = targets.find(({ slots }) => slots.some(([first, last]) => slot >= first && slot <= last))
    return { name, slot, shard: owner?.shard ?? 0 }
  })
}

/** How much each of `count` keys is used, as weights that sum up to 1. */
export function weightsOf(distribution: Distribution, count: number): Float64Array {
  const weights = new Float64Array(count).fill(1)
  if (distribution.kind === 'zipf') {
    for (let rank = 1; rank <= count; rank += 1) weights[rank - 1] = rank ** -distribution.exponent
  }
  if (distribution.kind === 'hot' && distribution.keys < count) {
    weights.fill(distribution.share / distribution.keys, 0, distribution.keys)
    weights.fill((1 - distribution.share) / (count - distribution.keys), distribution.keys)
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** Draws items by weight. */
export class Draw {
  readonly #items: readonly number[]
  readonly #upTo: Float64Array
  readonly #even: boolean
  /** The sum of the weights. */
  readonly weight: number

  /** `weights` by item; only `items` are drawn, one at least, with weights above 0 in sum. */
  constructor(items: readonly number[], weights: ArrayLike<number>) {
    this.#items = items
    this.#upTo = new Float64Array(items.length)
    let sum = 0
    for (const [place, item] of items.entries()) {
      sum += weights[item] ?? 0
      this.#upTo[place] = sum
    }
    this.weight = sum
    this.#even = items.every((item) => weights[item] === weights[items[0] ?? 0])
  }

  /** `fraction`: from 0 to below 1. */
  at(fraction: number): number {
    const { length } = this.#items
    if (this.#even) return this.#items[Math.floor(fraction * length)] ?? 0
    const wanted = fraction * this.weight
    let low = 0
    let high = length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#upTo[middle] ?? 0) > wanted) high = middle
      else low = middle + 1
    }
    return this.#items[low] ?? 0
  }
}
