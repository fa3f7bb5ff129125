import { SLOT_COUNT, slotOfKey } from './slots.ts'

let tags: readonly string[] | undefined

/**
 * A short hash tag of a slot: keys with `{tag}` in them are in that slot. The table of all slots is made when it is
 * first asked for, which takes some 60 ms.
 */
export function tagOfSlot(slot: number): string {
  tags ??= tagsOfSlots()
  return tags[slot] ?? ''
}

/** The shortest tag of each slot: 0, 1, … z, 10, …, of which none needs more than four characters. */
function tagsOfSlots(): string[] {
  const found: string[] = Array.from({ length: SLOT_COUNT }, () => '')
  let missing = SLOT_COUNT
  for (let number = 0; missing > 0; number += 1) {
    const tag = number.toString(36)
    const slot = slotOfKey(tag)
    if (found[slot] !== '') continue
    found[slot] = tag
    missing -= 1
  }
  return found
}
