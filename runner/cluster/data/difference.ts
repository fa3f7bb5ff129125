export type DifferenceKind =
  | 'missing on replica'
  | 'only on replica'
  | 'value differs'
  | 'TTL differs'
  | 'hash-field TTL differs'
  | 'function differs'
  | 'key outside its slots'

/** One thing that a replica has otherwise than its master, or a key where it does not belong. */
export interface DataDifference {
  kind: DifferenceKind
  /** 0: the node belongs to no shard, for it has no slots. */
  shard: number
  master: string
  /** Absent: the master itself holds a key outside its slots. */
  replica?: string
  /** For people: bytes that are no text are escapes. Absent when a function differs, and where a server hides it. */
  key?: string
  slot?: number
  /** Absent: 0. */
  database?: number
  /** Of functions only. */
  library?: string
  /** What is on either server. */
  detail: string
  /** Where in the stream of writes each server stood when this was seen last, in bytes. */
  masterOffset: number
  replicaOffset?: number
}

/** A difference that is not yet put into words. */
export interface FoundDifference extends Omit<DataDifference, 'detail'> {
  /** Its detail; throws Incomplete. */
  explain(): Promise<string>
}

/** A sentence with all that is known. */
export function describeDifference(difference: DataDifference): string {
  const { kind, shard, master, replica, key, slot, database, library, detail, masterOffset, replicaOffset } = difference
  const what = library !== undefined ? `function library ${library}` : key === undefined ? 'a hidden key' : `key ${key}`
  const where = [
    ...(database === undefined ? [] : [`database ${database}`]),
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    shard === 0 ? 'no shard' : `shard ${shard}`,
  ].join(', ')
  const offset = replicaOffset === undefined ? `${masterOffset}` : `${masterOffset}, of ${replica} ${replicaOffset}`
  return `${what} (${where}): ${phraseOf(kind, master, replica)}: ${detail} (offset of ${master} ${offset})`
}

function phraseOf(kind: DifferenceKind, master: string, replica: string | undefined): string {
  switch (kind) {
    case 'missing on replica':
      return `missing on ${replica}, replica of ${master}`
    case 'only on replica':
      return `on ${replica} and not on its master ${master}`
    case 'value differs':
      return `its value is not the same on ${replica} as on its master ${master}`
    case 'TTL differs':
      return `it does not expire at the same time on ${replica} as on its master ${master}`
    case 'hash-field TTL differs':
      return `its fields do not expire at the same times on ${replica} as on its master ${master}`
    case 'function differs':
      return `not the same on ${replica} as on its master ${master}`
    case 'key outside its slots':
      return `left on ${replica ?? master}, outside the slots of its shard`
  }
}
