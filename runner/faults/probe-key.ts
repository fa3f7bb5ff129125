import { slotOfKey } from '../cluster/slots.ts'
import type { SlotRange } from '../cluster/view.ts'

/** A name that nothing else uses, in one of these slots; in any slot if there are none. */
export function probeKeyIn(slots: readonly SlotRange[]): string {
  for (let number = 0; ; number += 1) {
    const key = `redis-chaos:no-such-key:${number}`
    const slot = slotOfKey(key)
    if (slots.length === 0 || slots.some(([first, last]) => slot >= first && slot <= last)) return key
  }
}
