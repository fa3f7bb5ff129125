import { mergeRanges } from '../slots.ts'
import type { SlotRange } from '../view.ts'

/** Each slot of the ranges, in their order. */
export function slotsIn(ranges: readonly SlotRange[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, place) => first + place))
}

export function rangesOf(slots: readonly number[]): SlotRange[] {
  return mergeRanges(slots.map((slot) => [slot, slot]))
}
