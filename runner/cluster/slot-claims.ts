import { isEstablished } from './agreed-view.ts'
import type { NodeReport } from './node-report.ts'
import { fewSlotRanges, mergeRanges } from './slots.ts'
import type { NodeView, SlotRange } from './view.ts'

/** What a node says of itself. */
export function ownLine({ view }: Pick<NodeReport, 'view'>): NodeView | undefined {
  return view.nodes.find((node) => node.id === view.myId)
}

/**
 * Slots that two nodes claim, each in its own view: both serve them, and clients write to either. A single view never
 * shows this, for it has one owner a slot. A sentence for each two nodes.
 */
export function doubleOwners(reports: readonly NodeReport[]): string[] {
  const owners = reports.flatMap((report) => {
    const own = ownLine(report)
    return own?.role === 'master' && isEstablished(own) && own.slots.length > 0 ? [{ name: report.name, own }] : []
  })
  return owners.flatMap((one, index) =>
    owners.slice(index + 1).flatMap((other) => {
      const shared = sharedSlots(one.own.slots, other.own.slots)
      if (shared.length === 0) return []
      const [a, b] = [one, other].map(({ name, own }) => `${name} (epoch ${own.configEpoch})`)
      return [`slots ${fewSlotRanges(shared)} are owned by both ${a} and ${b}, as each of them says`]
    }),
  )
}

/** Slots that are in both. */
export function sharedSlots(a: readonly SlotRange[], b: readonly SlotRange[]): SlotRange[] {
  const shared = a.flatMap(([firstA, lastA]) =>
    b.map(([firstB, lastB]) => [Math.max(firstA, firstB), Math.min(lastA, lastB)] as const),
  )
  return mergeRanges(shared.filter(([first, last]) => first <= last))
}
