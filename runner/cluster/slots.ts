import calculateSlot from 'cluster-key-slot'
import { wholeUpTo } from '../base/number-pattern.ts'
import type { SlotRange } from './view.ts'

/** Hash slots of a cluster (cluster.h, CLUSTER_SLOTS). */
export const SLOT_COUNT = 16_384

/** The hash slot of a key, 0–16383; honours `{hash tags}`. */
export function slotOfKey(key: string): number {
  return calculateSlot(key)
}

/** `5` or `0-2729`; undefined if it is neither. Does not check that the slots exist. */
export function parseSlotRange(text: string): SlotRange | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim())
  if (!match) return undefined
  const first = Number(match[1])
  return [first, match[2] === undefined ? first : Number(match[2])]
}

const SLOT = wholeUpTo(SLOT_COUNT - 1)
const RANGE = `${SLOT}(?:-${SLOT})?`

/** What `parseSlotRanges` accepts but for ranges that are backwards, as a pattern for the editor. */
export const SLOTS_PATTERN = `^[\\s,]*${RANGE}(?:[\\s,]+${RANGE})*[\\s,]*$`

/** Of a shard whose master is to own no slots. */
export const NO_SLOTS = 'none'

/** The slots of a shard, as `parseSlotRanges` takes them, or `none`. Throws as it does. */
export function parseShardSlots(text: string): SlotRange[] {
  return text.trim() === NO_SLOTS ? [] : parseSlotRanges(text)
}

/**
 * Slots as scenarios write them: `0-2729, 8190-10919` or `7`. Throws Error with one sentence that names the part that
 * is not a slot or a range of slots, is backwards, or lies outside 0–16383.
 */
export function parseSlotRanges(text: string): SlotRange[] {
  const parts = text
    .split(/[\s,]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) throw new Error('no slots are given; write them like 0-5460 or 0-2729, 8190-10919')
  return parts.map((part) => {
    const range = parseSlotRange(part)
    if (!range) throw new Error(`"${part}" is not a range of slots; write it like 0-5460`)
    const [first, last] = range
    if (last < first) throw new Error(`the range of slots ${part} is backwards; write ${last}-${first}`)
    if (last >= SLOT_COUNT) throw new Error(`slot ${last} does not exist; slots go from 0 to ${SLOT_COUNT - 1}`)
    return range
  })
}

/** `0-2729, 8190-10919`; neighbours are merged, and a single slot is written as one number. */
export function formatSlotRanges(ranges: readonly SlotRange[]): string {
  return mergeRanges(ranges)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    .join(', ')
}

/** Ranges that are told one by one, where they are one thing among others. */
const MOST_RANGES = 5

/** The first few, and how many slots there are beside them: keys that hash anywhere make hundreds of ranges. */
export function fewSlotRanges(ranges: readonly SlotRange[]): string {
  const merged = mergeRanges(ranges)
  const others = countSlots(merged.slice(MOST_RANGES))
  return `${formatSlotRanges(merged.slice(0, MOST_RANGES))}${others === 0 ? '' : ` and ${others} more`}`
}

/** Ranges in order, with neighbours and overlaps merged. */
export function mergeRanges(ranges: readonly SlotRange[]): SlotRange[] {
  const merged: [number, number][] = []
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = merged.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** How many slots the ranges hold; an overlap counts once. */
export function countSlots(ranges: readonly SlotRange[]): number {
  return mergeRanges(ranges).reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** Slots from 0 to 16383 that are in none of the ranges. */
export function missingSlots(ranges: readonly SlotRange[]): SlotRange[] {
  const missing: SlotRange[] = []
  let next = 0
  for (const [first, last] of mergeRanges(ranges)) {
    if (first > next) missing.push([next, first - 1])
    next = Math.max(next, last + 1)
  }
  if (next < SLOT_COUNT) missing.push([next, SLOT_COUNT - 1])
  return missing
}

/**
 * All slots in contiguous parts of equal size, one a shard (1–16384 shards), rounded as `redis-cli --cluster create`
 * does: 0-5460, 5461-10922, 10923-16383. Throws Error for another number of shards.
 */
export function evenSplit(shards: number): SlotRange[][] {
  if (!Number.isInteger(shards) || shards < 1 || shards > SLOT_COUNT) {
    throw new Error(`a cluster has 1 to ${SLOT_COUNT} shards, not ${shards}`)
  }
  const size = SLOT_COUNT / shards
  let next = 0
  return Array.from({ length: shards }, (_, index) => {
    const last = index === shards - 1 ? SLOT_COUNT - 1 : Math.max(next, Math.round((index + 1) * size - 1))
    const range: SlotRange = [next, last]
    next = last + 1
    return [range]
  })
}

/**
 * What is wrong with a layout (the slots of each shard), in words; empty when every slot has exactly one owner. A shard
 * may have no slots: its master has no say in elections, and its replicas have nothing to guard.
 */
export function checkLayout(layout: readonly (readonly SlotRange[])[]): string[] {
  const problems: string[] = []
  layout.forEach((ranges, index) => {
    for (const [first, last] of ranges) {
      if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last >= SLOT_COUNT || last < first) {
        problems.push(`shard ${index + 1}: ${first}-${last} is not a range within 0-${SLOT_COUNT - 1}`)
      }
    }
  })
  if (layout.every((ranges) => ranges.length === 0)) return ['no shard has slots']
  if (problems.length > 0) return problems
  problems.push(...sharedSlots(layout))
  const missing = missingSlots(layout.flat())
  if (missing.length > 0) problems.push(`slots ${formatSlotRanges(missing)} are given to no shard`)
  return problems
}

/**
 * Slots that a layout gives out twice, in words: each range is compared with the one before it that reaches furthest,
 * so that however many there are, it takes no longer than sorting them.
 */
function sharedSlots(layout: readonly (readonly SlotRange[])[]): string[] {
  const owned = layout.flatMap((ranges, index) => ranges.map((range) => ({ range, shard: index + 1 })))
  owned.sort((a, b) => a.range[0] - b.range[0])
  const shared = new Map<string, { shards: readonly [number, number]; ranges: SlotRange[] }>()
  let furthest = owned[0]
  for (const one of owned.slice(1)) {
    const last = Math.min(one.range[1], furthest?.range[1] ?? -1)
    if (furthest !== undefined && one.range[0] <= last) {
      const shards = [furthest.shard, one.shard] as const
      const found = shared.get(shards.join()) ?? { shards, ranges: [] }
      found.ranges.push([one.range[0], last])
      shared.set(shards.join(), found)
    }
    if (furthest === undefined || one.range[1] > furthest.range[1]) furthest = one
  }
  return [...shared.values()].map(({ shards: [one, other], ranges }) =>
    one === other
      ? `shard ${one} lists slots ${formatSlotRanges(ranges)} twice`
      : `slots ${formatSlotRanges(ranges)} are given to both shard ${one} and shard ${other}`,
  )
}
