import { createHash } from 'node:crypto'
import { UsageError } from '../../base/errors.ts'

/** One of the parts in which the machines of a CI matrix play a suite. */
export interface Shard {
  /** From 1. */
  number: number
  of: number
}

/** A part, and by what can be told whether two parts are of one whole. */
export interface ShardPlan extends Shard {
  /** The same for all parts of one division, and for no other. */
  plan: string
  /** Where and through what it is played, in words: `redis:7.0 (process)`. */
  on: string
}

/** How what is divided is played: a matrix divides the same scenarios once for each server, say. */
export interface PlayedHow {
  /** As they are asked for. */
  servers: readonly string[]
  /** As it is asked for; absent: whatever is there. */
  platform?: string
  clients?: readonly string[]
  repeat?: number
}

/** How a run plays that chose these platforms and servers. */
export function playedHow(
  { kind, servers }: { kind: string; servers: readonly string[] },
  { clients, repeat }: { clients?: readonly string[] | undefined; repeat: number },
): PlayedHow {
  return { servers, repeat, ...(kind !== 'auto' && { platform: kind }), ...(clients && { clients }) }
}

/** What it is divided by. */
export interface Weighed {
  /** By which it is told from others; in a division every name is there once. */
  name: string
  /** How long it takes, ms; undefined where that is not known. */
  tookMs: number | undefined
  /** What else tells it from one of this name: the values it is played with. */
  with?: unknown
}

const MOST_SHARDS = 1000

/** Reads `I/N`. Throws UsageError. */
export function shardNamed(text: string): Shard {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const shard = { number: Number(number), of: Number(of) }
  if (shard.number >= 1 && shard.number <= shard.of && shard.of <= MOST_SHARDS) return shard
  const [, first, last] = /^\D*?(\d+)\D+(\d+)\D*$/.exec(text) ?? []
  const most = Math.min(Math.max(Number(last), 1), MOST_SHARDS)
  const near = last === undefined ? undefined : `${Math.min(Math.max(Number(first), 1), most)}/${most}`
  const meant = near === undefined ? '' : `; did you mean ${near}?`
  throw new UsageError(
    `--shard takes I/N, the part and how many there are, as 1/3 (${MOST_SHARDS} at most), not \`${text}\`${meant}`,
  )
}

/**
 * The items of one part, in their order. Every item is in exactly one of the parts, which are the same whenever items and
 * weights are. The longest first, each goes to the part that has least to do; where no time is known, they are dealt
 * out by name.
 */
export function inShard<T>(items: readonly T[], shard: Shard, weigh: (item: T) => Weighed): T[] {
  const known = items.map((item) => weigh(item).tookMs).filter((tookMs) => tookMs !== undefined)
  const usual = known.length === 0 ? 1 : known.reduce((sum, one) => sum + one, 0) / known.length
  const weighed = items
    .map((item) => ({ item, name: weigh(item).name, weight: weigh(item).tookMs ?? usual }))
    .sort((a, b) => b.weight - a.weight || byName(a.name, b.name))
  const parts = Array.from({ length: shard.of }, () => ({ weight: 0, items: new Set<T>() }))
  for (const { item, weight } of weighed) {
    const least = parts.reduce((best, part) => (part.weight < best.weight ? part : best))
    least.weight += weight
    least.items.add(item)
  }
  const own = parts[shard.number - 1]?.items
  return items.filter((item) => own?.has(item))
}

/** A word for the division: what is divided, in how many parts, by which times, and how it is played. */
export function planOf(items: readonly Weighed[], { of }: Shard, how: PlayedHow): string {
  const all = items
    .map((item) => [item.name, item.tookMs ?? null, item.with ?? null] as const)
    .sort(([a], [b]) => byName(a, b))
  const { servers, platform = null, clients = null, repeat = null } = how
  return createHash('sha256')
    .update(JSON.stringify([of, all, servers, platform, clients, repeat]))
    .digest('hex')
    .slice(0, 12)
}

/** Where a division is played, for the sentence that misses a part of it. */
export function playedOn({ servers, platform, clients = [] }: PlayedHow): string {
  const beside = [...(platform === undefined ? [] : [platform]), ...clients]
  return `${servers.join(', ')}${beside.length === 0 ? '' : ` (${beside.join(', ')})`}`
}

/** The same on every machine, whatever its language. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
