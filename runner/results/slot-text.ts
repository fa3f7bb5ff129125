/** The slots that a view or an event names: `0-99, 5461`. */
export function slotsOfText(text: string): Set<number> {
  const slots = new Set<number>()
  for (const [, first, last] of text.matchAll(/(\d+)(?:-(\d+))?/g)) {
    for (let slot = Number(first); slot <= Number(last ?? first); slot += 1) slots.add(slot)
  }
  return slots
}

/** Ranges that are told one by one. */
const MOST_RANGES = 5

/** Slots in words, as few as show what is meant: `slot 5461`, `slots 0-99, 5461`. */
export function textOfSlots(slots: Iterable<number>): string {
  const ranges: [first: number, last: number][] = []
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const open = ranges.at(-1)
    if (open?.[1] === slot - 1) open[1] = slot
    else ranges.push([slot, slot])
  }
  const told = ranges.slice(0, MOST_RANGES).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
  const others = ranges.slice(MOST_RANGES).reduce((sum, [first, last]) => sum + last - first + 1, 0)
  const isOne = ranges.length === 1 && ranges[0]?.[0] === ranges[0]?.[1]
  return `${isOne ? 'slot' : 'slots'} ${told.join(', ')}${others === 0 ? '' : ` and ${others} more`}`
}
