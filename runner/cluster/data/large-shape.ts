import type { DataNode, Scope } from './data-node.ts'
import type { Armored } from './wire.ts'

/** What is known of a large value before it is read. */
export interface LargeShape {
  kind: string
  /** Elements, or bytes of a string. */
  length: number
  /** In memory, as the server estimates it. */
  bytes: number
  /** Of streams only. */
  state: unknown
  groups: unknown
}

/** A value too large to be read at once, as the two servers have it. */
export interface LargeComparison {
  /** Equal text, equal value; and equal times when fields of a hash expire. */
  master: { digest: string; fields: string }
  replica: { digest: string; fields: string }
  /** What differs, in words. Throws Incomplete. */
  explain(): Promise<string>
}

/** Throws Incomplete. */
export async function shapeOf(node: DataNode, scope: Scope, key: Armored): Promise<LargeShape> {
  const [kind, length, bytes, state, groups] = await node.run('large-shape', scope, key)
  return { kind: String(kind), length: Number(length), bytes: Number(bytes), state, groups }
}

/** Bytes of a range, about; of a string, exactly. */
const RANGE_BYTES = 65_536
const STRING_RANGE_BYTES = 262_144
const ELEMENTS_AT_MOST = 1000

/** How many bytes or elements of the value are read at once. */
export function stepOf({ kind, length, bytes }: LargeShape): number {
  if (kind === 'string') return STRING_RANGE_BYTES
  const fitting = Math.floor((RANGE_BYTES * length) / Math.max(bytes, 1))
  return Math.min(Math.max(fitting, 1), ELEMENTS_AT_MOST)
}
