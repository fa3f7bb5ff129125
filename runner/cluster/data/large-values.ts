import { Incomplete, type Scope } from './data-node.ts'
import { compareCollection } from './large-collections.ts'
import { compareRanges } from './large-ranges.ts'
import { type LargeComparison, shapeOf, stepOf } from './large-shape.ts'
import { askBoth, type Pair } from './pair.ts'
import { type Armored, quoted } from './wire.ts'

/** Reads the value in small ranges, the same on both servers. Throws Incomplete. */
export async function compareLargeValue(pair: Pair, scope: Scope, key: Armored): Promise<LargeComparison> {
  const [{ value: shape }, { value: other }] = await askBoth(pair, (node) => shapeOf(node, scope, key))
  const { kind } = shape
  if (kind !== other.kind) {
    return {
      master: { digest: kind, fields: '' },
      replica: { digest: other.kind, fields: '' },
      explain: async () => `a ${kind} on ${pair.master.name}, a ${other.kind} on ${pair.replica.name}`,
    }
  }
  const step = stepOf(shape)
  if (kind === 'set' || kind === 'hash') return compareCollection(pair, scope, { what: kind, key, step })
  if (['string', 'list', 'zset', 'stream'].includes(kind)) return compareRanges(pair, scope, { key, step })
  throw new Incomplete(`the ${kind} ${quoted(key)} is too large to be compared`)
}
