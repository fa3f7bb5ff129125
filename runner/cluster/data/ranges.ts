import type { DataNode, Scope } from './data-node.ts'
import type { Armored } from './wire.ts'

/** `string`, `list`, `zset`, `entries` (of a stream), or `pending:` and the name of a stream's group. */
export type OrderedPart = string

/** A part of a value, and how many bytes or elements of it are read at once. */
export interface RangedValue {
  key: Armored
  part: OrderedPart
  step: number
}

export interface RangeDigest {
  /** An index, or the id of the entry before. */
  from: string
  digest: string
}

/** Digests of a value that has an order, range by range. Throws Incomplete. */
export async function digestRanges(node: DataNode, scope: Scope, value: RangedValue): Promise<RangeDigest[]> {
  const digests: RangeDigest[] = []
  let from = beginningOf(value.part)
  do {
    const [next, ...pairs] = await node.run('ranges', scope, 'digest', value.key, value.part, from, value.step)
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      digests.push({ from: String(pairs[at]), digest: String(pairs[at + 1]) })
    }
    from = String(next)
  } while (from !== '')
  return digests
}

/** One range of a value, as the script read it. Throws Incomplete. */
export async function readRange(node: DataNode, scope: Scope, value: RangedValue & { from: string }): Promise<unknown> {
  const { key, part, from, step } = value
  const [, range] = await node.run('ranges', scope, 'read', key, part, from, step)
  return range
}

function beginningOf(part: OrderedPart): string {
  return part === 'entries' || part.startsWith('pending:') ? '-' : '0'
}
