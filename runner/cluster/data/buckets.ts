import type { DataNode, Scope } from './data-node.ts'
import type { Armored } from './wire.ts'

/** A collection without an order: a set's members, a hash's fields, or the keys of some slots (`t,5,77,`). */
export interface Collection {
  what: 'set' | 'hash' | 'keys'
  key: Armored
  /** Elements that the server reads in one step. */
  step: number
}

/** Sums over the digests of a bucket's elements, and over those of when its fields expire. */
interface Bucket {
  values: [elements: number, sum: number, sum: number]
  expiries: [sum: number, sum: number]
}

export interface Buckets {
  byNumber: Map<number, Bucket>
  /** Of `keys`: those whose values were left out. */
  large: Set<Armored>
}

export interface Element {
  digest: string
  /** The first bytes of the value. */
  beginning: Armored
  /** Ms since 1970; -1: never. */
  expiry: number
}

const FIELDS_OF_ELEMENT = 4
const LARGE_MARK = 'large:'

/** Throws Incomplete. */
export async function digestBuckets(node: DataNode, scope: Scope, { what, key, step }: Collection): Promise<Buckets> {
  const buckets: Buckets = { byNumber: new Map(), large: new Set() }
  let cursor = '0'
  do {
    const [next, ...lines] = await node.run('buckets', scope, 'digest', what, key, cursor, step, '')
    for (const line of lines.map(String)) {
      if (line.startsWith(LARGE_MARK)) buckets.large.add(line.slice(LARGE_MARK.length))
      else addTo(buckets.byNumber, line)
    }
    cursor = String(next)
  } while (cursor !== '0')
  return buckets
}

/** All elements of these buckets, each once, however often the server told of it. Throws Incomplete. */
export async function readBuckets(
  node: DataNode,
  scope: Scope,
  { what, key, step }: Collection,
  wanted: readonly number[],
): Promise<Map<Armored, Element>> {
  const elements = new Map<Armored, Element>()
  const list = `,${wanted.join(',')},`
  let cursor = '0'
  do {
    const [next, ...parts] = await node.run('buckets', scope, 'read', what, key, cursor, step, list)
    for (let at = 0; at + FIELDS_OF_ELEMENT <= parts.length; at += FIELDS_OF_ELEMENT) {
      const [name = '', digest = '', beginning = '', expiry] = parts.slice(at, at + FIELDS_OF_ELEMENT).map(String)
      elements.set(name, { digest, beginning, expiry: Number(expiry) })
    }
    cursor = String(next)
  } while (cursor !== '0')
  return elements
}

/** The buckets whose sums are not the same. */
export function differingBuckets(one: Buckets, other: Buckets): number[] {
  const text = ({ byNumber }: Buckets, bucket: number) => JSON.stringify(byNumber.get(bucket))
  const all = new Set([...one.byNumber.keys(), ...other.byNumber.keys()])
  return [...all].filter((bucket) => text(one, bucket) !== text(other, bucket))
}

/** `bucket:elements:sum:sum:sum:sum`. The sums stay exact: of 32 bits each, for two million elements of a bucket. */
function addTo(buckets: Map<number, Bucket>, line: string): void {
  const [bucket = 0, elements = 0, first = 0, second = 0, third = 0, fourth = 0] = line.split(':').map(Number)
  const known = buckets.get(bucket) ?? { values: [0, 0, 0], expiries: [0, 0] }
  known.values = [known.values[0] + elements, known.values[1] + first, known.values[2] + second]
  known.expiries = [known.expiries[0] + third, known.expiries[1] + fourth]
  buckets.set(bucket, known)
}
