import { type Buckets, type Collection, differingBuckets, digestBuckets, type Element, readBuckets } from './buckets.ts'
import { describeMismatch, NOTHING_LEFT } from './content-differences.ts'
import { type Contents, describeExpiry } from './contents.ts'
import type { Scope } from './data-node.ts'
import type { LargeComparison } from './large-shape.ts'
import { askBoth, mapSides, type Pair, type Sides } from './pair.ts'
import { type Armored, quoted } from './wire.ts'

/** A set or a hash, in buckets that do not depend on the order in which a server keeps it. Throws Incomplete. */
export async function compareCollection(pair: Pair, scope: Scope, collection: Collection): Promise<LargeComparison> {
  const buckets = await askBoth(pair, (node) => digestBuckets(node, scope, collection))
  const [ofMaster, ofReplica] = buckets
  const differing = differingBuckets(ofMaster.value, ofReplica.value)
  const read = () => askBoth(pair, (node) => readBuckets(node, scope, collection, differing))
  const [master, replica] = mapSides(buckets, digestOf)
  // An element that a server told twice makes a bucket look different.
  const isSame = differing.length === 0 || differingNames(await read()).length === 0
  return {
    master: master.value,
    replica: isSame ? master.value : replica.value,
    explain: async () => describeElements(collection, await read()),
  }
}

function digestOf({ byNumber }: Buckets): { digest: string; fields: string } {
  const inOrder = [...byNumber].sort(([a], [b]) => a - b)
  return {
    digest: JSON.stringify(inOrder.map(([number, { values }]) => [number, ...values])),
    fields: JSON.stringify(inOrder.map(([number, { expiries }]) => [number, ...expiries])),
  }
}

type Elements = Map<Armored, Element>

/** Names of elements that are not the same on both sides. */
export function differingNames([{ value: one }, { value: other }]: Sides<Elements>): Armored[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => {
    const [element, counterpart] = [one.get(name), other.get(name)]
    return element?.digest !== counterpart?.digest || element?.expiry !== counterpart?.expiry
  })
}

function describeElements({ what }: Collection, sides: Sides<Elements>): string {
  const names = differingNames(sides)
  const contents = (elements: Elements): Contents =>
    new Map(
      names.flatMap((name) => {
        const element = elements.get(name)
        if (!element) return []
        return what === 'set' ? [[`member ${quoted(name)}`, '']] : [[`field ${quoted(name)}`, describeField(element)]]
      }),
    )
  return describeMismatch(mapSides(sides, contents)) ?? NOTHING_LEFT
}

/** With a part of its digest: of a long value only the beginning is known. */
function describeField({ beginning, digest, expiry }: Element): string {
  const expires = expiry === -1 ? '' : `, ${describeExpiry(expiry)}`
  return `${quoted(beginning)} (digest ${digest.slice(0, 8)}${expires})`
}
