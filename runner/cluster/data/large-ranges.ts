import { createHash } from 'node:crypto'
import { describeFirstMismatch, describeMismatch, describeTextMismatch, NOTHING_LEFT } from './content-differences.ts'
import { type Contents, contentsOf, entriesOf, listOf, pendingOf, ranksOf, streamStateOf, textsOf } from './contents.ts'
import type { DataNode, Scope } from './data-node.ts'
import { type LargeComparison, type LargeShape, shapeOf } from './large-shape.ts'
import { askBoth, mapSides, type Pair, type Sides } from './pair.ts'
import { digestRanges, type OrderedPart, type RangeDigest, type RangedValue, readRange } from './ranges.ts'
import type { Armored } from './wire.ts'

interface OrderedDigest {
  shape: LargeShape
  parts: Map<OrderedPart, RangeDigest[]>
}

/** A string, list, sorted set or stream, in ranges of `step` bytes or elements. Throws Incomplete. */
export async function compareRanges(
  pair: Pair,
  scope: Scope,
  value: { key: Armored; step: number },
): Promise<LargeComparison> {
  const digests = await askBoth(pair, (node) => digestOf(node, scope, value))
  const [master, replica] = mapSides(digests, ({ shape, parts }) => ({
    digest: sha1([shape.state, shape.groups, ...parts]),
    fields: '',
  }))
  return { master: master.value, replica: replica.value, explain: () => explain(pair, scope, value, digests) }
}

async function digestOf(node: DataNode, scope: Scope, value: { key: Armored; step: number }): Promise<OrderedDigest> {
  const shape = await shapeOf(node, scope, value.key)
  const parts = new Map<OrderedPart, RangeDigest[]>()
  for (const part of partsOf(shape)) parts.set(part, await digestRanges(node, scope, { ...value, part }))
  return { shape, parts }
}

function partsOf({ kind, groups }: LargeShape): OrderedPart[] {
  if (kind !== 'stream') return [kind]
  return ['entries', ...listOf(groups).map((group) => `pending:${textsOf(group)[0] ?? 't'}`)]
}

async function explain(
  pair: Pair,
  scope: Scope,
  value: { key: Armored; step: number },
  digests: Sides<OrderedDigest>,
): Promise<string> {
  const state = describeMismatch(mapSides(digests, ({ shape }) => streamStateOf(shape.state, shape.groups)))
  const [{ value: master }, { value: replica }] = digests
  for (const [part, ranges] of master.parts) {
    const from = firstDifferent(ranges, replica.parts.get(part) ?? [])
    if (from === undefined) continue
    const range = await describeRange(pair, scope, { ...value, part, from })
    if (range !== undefined) return state === undefined ? range : `${range}; ${state}`
  }
  return state ?? NOTHING_LEFT
}

/** Where the first range begins that is not the same. */
function firstDifferent(one: readonly RangeDigest[], other: readonly RangeDigest[]): string | undefined {
  const longer = one.length >= other.length ? one : other
  return longer.find((_, index) => one[index]?.digest !== other[index]?.digest)?.from
}

async function describeRange(
  pair: Pair,
  scope: Scope,
  value: RangedValue & { from: string },
): Promise<string | undefined> {
  const ranges = await askBoth(pair, (node) => readRange(node, scope, value))
  if (value.part === 'string') return describeTextMismatch(mapSides(ranges, String), Number(value.from))
  return describeFirstMismatch(
    mapSides(ranges, (raw) => rangeContents(value, raw)),
    hasLowerId,
  )
}

/** Of two labels that begin with the id of an entry: `entry 1-1`. */
function hasLowerId(one: string, other: string): boolean {
  const idOf = (label: string) => (/^entry (\d+)-(\d+)/.exec(label) ?? []).slice(1).map(BigInt)
  const [[time = 0n, number = 0n], [otherTime = 0n, otherNumber = 0n]] = [idOf(one), idOf(other)]
  return time < otherTime || (time === otherTime && number < otherNumber)
}

function rangeContents({ part, from }: RangedValue & { from: string }, raw: unknown): Contents {
  if (part === 'entries') return entriesOf(raw)
  if (part.startsWith('pending:')) return pendingOf(part.slice('pending:'.length), raw)
  return part === 'zset' ? ranksOf(raw, Number(from)) : contentsOf(part, raw, Number(from))
}

function sha1(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex')
}
