import { formatSlotRanges } from '../slots.ts'

/** Slots as the scripts read them: `5-9, 77`. */
export function slotList(slots: readonly number[]): string {
  return formatSlotRanges(slots.map((slot) => [slot, slot]))
}
