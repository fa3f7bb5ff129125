/** The slots that a view or an event names: `0-99, 5461`. */
export function slotsOfText(text: string): Set<number> {
  const slots = new Set<number>()
  for (const [, first, last] of text.matchAll(/(\d+)(?:-(\d+))?/g)) {
    for (let slot = Number(first); slot <= Number(last ?? first); slot += 1) slots.add(slot)
  }
  return slots
}
