import type { DataNode, Scope } from './data-node.ts'
import { slotList } from './slot-list.ts'
import type { Armored } from './wire.ts'

/** What one server holds in some slots. */
export interface SlotDigests {
  /** Equal text, equal data. A slot without keys has none. */
  bySlot: Map<number, string>
  /** Keys whose value was left out of the digests. */
  large: Set<Armored>
}

/** Slots of one call: more than a server gets done in its time. */
const SLOTS_A_CALL = 500

/** Throws Incomplete. */
export async function digestSlots(node: DataNode, scope: Scope, slots: readonly number[]): Promise<SlotDigests> {
  const bySlot = new Map<number, string>()
  const large = new Set<Armored>()
  let first = 0
  let from = 0
  while (first < slots.length) {
    const asked = slots.slice(first, first + SLOTS_A_CALL)
    const [done, next, ...lines] = await node.run('slot-digests', scope, from, slotList(asked))
    for (const line of lines) {
      const [, slotText, isLarge, rest = ''] = /^(\d+):(large:)?(.*)$/.exec(String(line)) ?? []
      const slot = Number(slotText)
      if (isLarge === undefined) bySlot.set(slot, `${bySlot.get(slot) ?? ''}${rest}`)
      else large.add(rest)
    }
    first += Number(done)
    from = Number(next)
  }
  return { bySlot, large }
}

/** The slots whose digests are not the same, in order. */
export function differingSlots(one: SlotDigests, other: SlotDigests): number[] {
  const slots = new Set([...one.bySlot.keys(), ...other.bySlot.keys()])
  return [...slots].filter((slot) => one.bySlot.get(slot) !== other.bySlot.get(slot)).sort((a, b) => a - b)
}
