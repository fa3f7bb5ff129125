import type { Scope } from './data-node.ts'
import { isSameRecord, type KeyRecord, LARGE, recordsOfKeys } from './key-records.ts'
import { compareLargeValue } from './large-values.ts'
import { askBoth, type Pair } from './pair.ts'
import type { Armored } from './wire.ts'

/** A key as a master and its replica had it at one moment. */
export interface KeyLook {
  /** Absent: it has no such key. */
  master?: KeyRecord
  replica?: KeyRecord
  /** The two have the same, as far as their clients can tell. */
  isSame: boolean
  /** Of a large value: what differs, in words. Throws Incomplete. */
  explainLarge?: () => Promise<string>
}

/** Looks at each of these keys on both servers, at large values in ranges. Throws Incomplete. */
export async function lookAtKeys(pair: Pair, scope: Scope, keys: readonly Armored[]): Promise<Map<Armored, KeyLook>> {
  const [master, replica] = await askBoth(pair, (node) => recordsOfKeys(node, scope, keys))
  const looks = new Map<Armored, KeyLook>()
  for (const key of keys) {
    const [one, other] = [master.value.byKey.get(key), replica.value.byKey.get(key)]
    const large = await largeDigests(pair, scope, key, one, other)
    const [ofMaster, ofReplica] = [one && { ...one, ...large?.master }, other && { ...other, ...large?.replica }]
    const isGone =
      (one === undefined && hasExpired(other, master.value.askedMs)) ||
      (other === undefined && hasExpired(one, replica.value.askedMs)) ||
      one?.expiry === 0 ||
      other?.expiry === 0
    looks.set(key, {
      ...(ofMaster ? { master: ofMaster } : {}),
      ...(ofReplica ? { replica: ofReplica } : {}),
      isSame: isGone || isSameRecord(ofMaster, ofReplica),
      ...(large ? { explainLarge: large.explain } : {}),
    })
  }
  return looks
}

/** By the clock of the server that does not have it: clocks of two servers need not be the same. */
function hasExpired(record: KeyRecord | undefined, clockMs: number): boolean {
  return record !== undefined && record.expiry > 1 && record.expiry <= clockMs
}

async function largeDigests(
  pair: Pair,
  scope: Scope,
  key: Armored,
  one: KeyRecord | undefined,
  other: KeyRecord | undefined,
) {
  if (!one || !other || one.kind !== other.kind) return undefined
  return one.digest === LARGE || other.digest === LARGE ? compareLargeValue(pair, scope, key) : undefined
}
