import { plural } from '../../base/text.ts'
import type { DataNode, Scope } from './data-node.ts'
import { type Armored, bytesOf, quoted } from './wire.ts'

/** The parts of a value by their names, both for people: `field "a"` is `"1"`. */
export type Contents = Map<string, string>

/** A value that was read whole. */
export interface SmallValue {
  kind: string
  contents: Contents
  /** Of the fields of a hash that expire. */
  fieldExpiries: Contents
  /** Of a string only. */
  text?: Armored
}

/** Throws Incomplete. */
export async function readSmallValue(node: DataNode, scope: Scope, key: Armored): Promise<SmallValue> {
  const [kind, raw, expiries] = await node.run('contents', scope, key)
  const value = { contents: contentsOf(String(kind), raw), fieldExpiries: fieldExpiriesOf(expiries) }
  return { kind: String(kind), ...value, ...(kind === 'string' ? { text: textsOf(raw)[0] ?? 't' } : {}) }
}

/** What the scripts read of a value; `first` is the index of its first element. */
export function contentsOf(kind: string, raw: unknown, first = 0): Contents {
  if (kind === 'stream') return streamContents(raw)
  const texts = textsOf(raw)
  if (kind === 'list') return new Map(texts.map((text, index) => [`element ${first + index}`, quoted(text)]))
  if (kind === 'set') return new Map(texts.map((text) => [`member ${quoted(text)}`, '']))
  if (kind === 'zset') {
    return new Map(pairsOf(texts).map(([member, score]) => [`member ${quoted(member)}`, `score ${score.slice(1)}`]))
  }
  if (kind === 'hash') {
    return new Map(pairsOf(texts).map(([field, value]) => [`field ${quoted(field)}`, quoted(value)]))
  }
  return new Map(texts.map((text) => ['the value', quoted(text)]))
}

/** Members of a large sorted set, whose ranges begin at a rank. */
export function ranksOf(raw: unknown, first: number): Contents {
  return new Map(
    pairsOf(textsOf(raw)).map(([member, score], index) => [
      `rank ${first + index}`,
      `${quoted(member)} with score ${score.slice(1)}`,
    ]),
  )
}

/** Entries of a stream, as XRANGE lists them. */
export function entriesOf(raw: unknown): Contents {
  return new Map(
    listOf(raw).map((entry) => {
      const [id, fields] = listOf(entry)
      return [
        `entry ${plain(id)}`,
        textsOf(fields)
          .map((text) => quoted(text, 30))
          .join(' '),
      ]
    }),
  )
}

/** What consumers of a group were given and have not acknowledged. */
export function pendingOf(group: Armored, raw: unknown): Contents {
  return new Map(
    listOf(raw).map((one) => {
      const [id, consumer, deliveries] = textsOf(one)
      const given = `given to ${quoted(consumer ?? 't')}, ${plural(Number(plain(deliveries)), 'time')}`
      return [`entry ${plain(id)} that group ${quoted(group)} has not acknowledged`, given]
    }),
  )
}

/** A stream's own state, and its groups'. */
export function streamStateOf(state: unknown, groups: unknown): Contents {
  const [last, added, deleted] = textsOf(state).map(plain)
  const contents: Contents = new Map([['the last id', last ?? '']])
  if (added !== undefined) contents.set('the count of entries ever added', added)
  if (deleted !== undefined) contents.set('the highest id ever deleted', deleted)
  for (const group of listOf(groups)) {
    const [name = 't', delivered] = textsOf(group)
    contents.set(`group ${quoted(name)}`, `last delivered ${plain(delivered)}`)
  }
  return contents
}

function streamContents(raw: unknown): Contents {
  const [state, groups, pending, entries] = listOf(raw)
  const names = listOf(groups).map((group) => textsOf(group)[0] ?? 't')
  return new Map([
    ...entriesOf(entries),
    ...streamStateOf(state, groups),
    ...listOf(pending).flatMap((one, index) => [...pendingOf(names[index] ?? 't', one)]),
  ])
}

function fieldExpiriesOf(raw: unknown): Contents {
  return new Map(
    pairsOf(textsOf(raw)).map(([field, at]) => [`field ${quoted(field)}`, describeExpiry(Number(plain(at)))]),
  )
}

/**
 * `expires at 2026-01-02T03:04:05.678Z`; -1 is never, and 0 and 1 that it does, where the server does not tell when.
 */
export function describeExpiry(expiry: number): string {
  if (expiry === -1) return 'never expires'
  return expiry <= 1 ? 'expires' : `expires at ${new Date(expiry).toISOString()}`
}

export function listOf(raw: unknown): unknown[] {
  return Array.isArray(raw) ? raw : []
}

export function textsOf(raw: unknown): Armored[] {
  return listOf(raw).map(String)
}

function pairsOf(texts: readonly Armored[]): [Armored, Armored][] {
  return Array.from({ length: Math.floor(texts.length / 2) }, (_, at) => [
    texts[2 * at] ?? 't',
    texts[2 * at + 1] ?? 't',
  ])
}

function plain(armored: unknown): string {
  return bytesOf(String(armored ?? 't')).toString('latin1')
}
