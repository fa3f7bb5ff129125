import { Incomplete, type Scope } from './data-node.ts'
import type { DifferenceKind } from './difference.ts'
import { isSameRecord } from './key-records.ts'
import { type KeyLook, lookAtKeys } from './look-at-keys.ts'
import type { Pair } from './pair.ts'
import { awaitReplication, type ReplicationPoint } from './replication-point.ts'
import { type Armored, quoted } from './wire.ts'

/** A difference that two looks have found the same. */
export interface ConfirmedDifference {
  key: Armored
  kind: DifferenceKind
  look: KeyLook
  point: ReplicationPoint
}

/** Looks in a row, after which a key that is another each time is given up. */
const LOOKS_AT_MOST = 6
/** Enough for a write under way to arrive, and for an expired key to go, in ms. */
const PAUSE_MS = 20

/**
 * Looks at suspected keys until each is found the same, or found different twice in a row with nothing changed on
 * either server in between. Before each look the replica is given time to apply what its master has written. Throws
 * Incomplete when keys go on changing, too.
 */
export async function confirmDifferences(
  pair: Pair,
  scope: Scope,
  keys: readonly Armored[],
  syncWithinMs: number,
): Promise<ConfirmedDifference[]> {
  const confirmed: ConfirmedDifference[] = []
  let suspects = keys
  let before = new Map<Armored, KeyLook>()
  for (let look = 1; suspects.length > 0; look += 1) {
    if (look > LOOKS_AT_MOST) throw stillChanging(pair, suspects)
    if (look > 1) await pair.replica.clock.sleep(PAUSE_MS, pair.replica.signal)
    const point = await awaitReplication(pair.master, pair.replica, syncWithinMs)
    const looks = await lookAtKeys(pair, scope, suspects)
    suspects = suspects.filter((key) => {
      const found = looks.get(key)
      if (!found || found.isSame) return false
      if (!isUnchanged(before.get(key), found)) return true
      confirmed.push({ key, kind: kindOf(found), look: found, point })
      return false
    })
    before = looks
  }
  return confirmed
}

function stillChanging(pair: Pair, keys: readonly Armored[]): Incomplete {
  const some = keys.slice(0, 3).map((key) => quoted(key))
  const more = keys.length > some.length ? ` and ${keys.length - some.length} more` : ''
  return new Incomplete(
    `${some.join(', ')}${more} went on changing on ${pair.master.name} and ${pair.replica.name} while they were compared`,
  )
}

function isUnchanged(before: KeyLook | undefined, now: KeyLook): boolean {
  return before !== undefined && isSameRecord(before.master, now.master) && isSameRecord(before.replica, now.replica)
}

function kindOf({ master, replica }: KeyLook): DifferenceKind {
  if (!replica) return 'missing on replica'
  if (!master) return 'only on replica'
  if (master.kind !== replica.kind || master.digest !== replica.digest) return 'value differs'
  return master.expiry === replica.expiry ? 'hash-field TTL differs' : 'TTL differs'
}
