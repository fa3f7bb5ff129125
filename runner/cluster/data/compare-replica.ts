import { differingBuckets, digestBuckets, readBuckets } from './buckets.ts'
import { type ConfirmedDifference, confirmDifferences } from './confirm.ts'
import { Incomplete, type Scope } from './data-node.ts'
import { recordsOfSlots, unsettledKeys } from './key-records.ts'
import { differingNames } from './large-collections.ts'
import { askBoth, type Pair } from './pair.ts'
import { differingSlots, digestSlots, type SlotDigests } from './slot-digests.ts'
import type { Armored } from './wire.ts'

/** Slots of one database that a shard owns and that hold keys. */
export interface SlotsToCompare {
  /** Keys of each, on the server that has the most. */
  keysBySlot: ReadonlyMap<number, number>
  /** The master's digests of the slots that are not crowded, which all its replicas are compared with. */
  ofMaster: Promise<SlotDigests>
}

/**
 * So many keys of a slot cannot be listed in one short call: they are found by going through all keys of the server.
 */
const CROWDED_KEYS = 20_000
/** Keys whose records are held at once. */
const KEYS_AT_ONCE = 20_000
/** Keys that the server goes through in one step. */
const SCAN_STEP = 500

export function isCrowded(keys: number): boolean {
  return keys > CROWDED_KEYS
}

/** What the replica has otherwise than its master, each confirmed. Throws Incomplete. */
export async function compareReplica(
  pair: Pair,
  scope: Scope,
  slots: SlotsToCompare,
  syncWithinMs: number,
): Promise<ConfirmedDifference[]> {
  const all = [...slots.keysBySlot]
  const plain = all.filter(([, keys]) => !isCrowded(keys)).map(([slot]) => slot)
  const crowded = all.filter(([, keys]) => isCrowded(keys)).map(([slot]) => slot)
  const [ofMaster, ofReplica] = await Promise.all([slots.ofMaster, digestSlots(pair.replica, scope, plain)])
  const differing = differingSlots(ofMaster, ofReplica)
  try {
    const suspects = new Set([...ofMaster.large, ...ofReplica.large])
    for (const part of inParts(differing, slots.keysBySlot)) {
      const [one, other] = await askBoth(pair, (node) => recordsOfSlots(node, scope, part))
      for (const key of unsettledKeys(one.value, other.value)) suspects.add(key)
    }
    for (const key of await suspectsOfCrowdedSlots(pair, scope, crowded)) suspects.add(key)
    return await confirmDifferences(pair, scope, [...suspects], syncWithinMs)
  } catch (error) {
    if (!(error instanceof Incomplete) || differing.length === 0) throw error
    throw new Incomplete(
      `${error.message}; before, ${differing.length} slots looked different, the first ${differing[0]}`,
    )
  }
}

function inParts(slots: readonly number[], keysBySlot: ReadonlyMap<number, number>): number[][] {
  const parts: number[][] = []
  let keys = Number.POSITIVE_INFINITY
  for (const slot of slots) {
    const more = keysBySlot.get(slot) ?? 0
    if (keys + more > KEYS_AT_ONCE) {
      parts.push([])
      keys = 0
    }
    parts.at(-1)?.push(slot)
    keys += more
  }
  return parts
}

async function suspectsOfCrowdedSlots(pair: Pair, scope: Scope, slots: readonly number[]): Promise<Armored[]> {
  if (slots.length === 0) return []
  const collection = { what: 'keys', key: `t,${slots.join(',')},`, step: SCAN_STEP } as const
  const [one, other] = await askBoth(pair, (node) => digestBuckets(node, scope, collection))
  const large = [...one.value.large, ...other.value.large]
  const differing = differingBuckets(one.value, other.value)
  if (differing.length === 0) return large
  return [...large, ...differingNames(await askBoth(pair, (node) => readBuckets(node, scope, collection, differing)))]
}
