import type { DataNode, Scope } from './data-node.ts'
import { slotList } from './slot-list.ts'
import type { Armored } from './wire.ts'

/** What one server says of a key. */
export interface KeyRecord {
  kind: string
  /** Equal text, equal value. Of a large value only `large`, until it was read in ranges. */
  digest: string
  /**
   * Ms since 1970; -1: never. Where the server does not tell when, 1: some time; 0: it has expired, and is not yet
   * removed.
   */
  expiry: number
  /** Equal text: the same fields of a hash expire at the same times. Empty: none does. */
  fields: string
}

export interface KeyRecords {
  /** The server's clock when it was asked last, ms since 1970. */
  askedMs: number
  byKey: Map<Armored, KeyRecord>
}

/** Keys of one call: more than a server gets done in its time. */
const KEYS_A_CALL = 2000
const SLOTS_A_CALL = 200
const FIELDS_OF_RECORD = 5

/** Stands for the digest of a value that was too large to be read at once. */
export const LARGE = 'large'

/** Of all keys of the slots. Throws Incomplete. */
export async function recordsOfSlots(node: DataNode, scope: Scope, slots: readonly number[]): Promise<KeyRecords> {
  const records: KeyRecords = { askedMs: 0, byKey: new Map() }
  let first = 0
  let from = 0
  while (first < slots.length) {
    const asked = slots.slice(first, first + SLOTS_A_CALL)
    const [done, next] = readInto(records, await node.run('key-records', scope, 'slots', from, slotList(asked)))
    first += done
    from = next
  }
  return records
}

/** Of these keys, as far as they are there. Throws Incomplete. */
export async function recordsOfKeys(node: DataNode, scope: Scope, keys: readonly Armored[]): Promise<KeyRecords> {
  const records: KeyRecords = { askedMs: 0, byKey: new Map() }
  let first = 0
  while (first < keys.length) {
    const asked = keys.slice(first, first + KEYS_A_CALL)
    const [done] = readInto(records, await node.run('key-records', scope, 'keys', 0, ...asked))
    first += done
  }
  return records
}

function readInto(records: KeyRecords, reply: readonly unknown[]): [done: number, next: number] {
  const [askedMs, done, next, ...rest] = reply
  records.askedMs = Math.max(records.askedMs, Number(askedMs))
  for (let at = 0; at + FIELDS_OF_RECORD <= rest.length; at += FIELDS_OF_RECORD) {
    const [key = '', kind = '', digest = '', expiry, fields = ''] = rest.slice(at, at + FIELDS_OF_RECORD).map(String)
    records.byKey.set(key, { kind, digest, expiry: Number(expiry), fields })
  }
  return [Number(done), Number(next)]
}

/** Whether two servers say the same of a key. */
export function isSameRecord(one: KeyRecord | undefined, other: KeyRecord | undefined): boolean {
  if (!one || !other) return one === other
  return (
    one.kind === other.kind && one.digest === other.digest && one.expiry === other.expiry && one.fields === other.fields
  )
}

/** The keys of which the two servers do not say the same, or whose values they have left out. */
export function unsettledKeys(one: KeyRecords, other: KeyRecords): Armored[] {
  const keys = new Set([...one.byKey.keys(), ...other.byKey.keys()])
  return [...keys].filter((key) => {
    const [record, counterpart] = [one.byKey.get(key), other.byKey.get(key)]
    return record?.digest === LARGE || !isSameRecord(record, counterpart)
  })
}
