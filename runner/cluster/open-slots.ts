import { groupBy } from '../base/group.ts'
import type { Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { formatSlotRanges, mergeRanges } from './slots.ts'

/** An open slot, as one of its two nodes has it. */
interface OpenSlot {
  slot: number
  from: string
  to: string
  /** The node that says so. */
  said: string
}

/**
 * Slots on their way from one node to another, a sentence for all slots of which the same is so: as both nodes say, or
 * as one says alone, which is what an interrupted move leaves.
 */
export function openSlots(snapshot: Snapshot, reports: readonly NodeReport[]): string[] {
  const open = reports.flatMap((report) => openSlotsOf(snapshot, report))
  const sayings = new Set(open.map(({ slot, from, to, said }) => `${slot} ${from} ${to} ${said}`))
  const isBothSides = ({ slot, from, to }: OpenSlot) =>
    [from, to].every((said) => sayings.has(`${slot} ${from} ${to} ${said}`))
  const sides = open.filter((one) => one.said === one.from || !isBothSides(one))
  const groups = groupBy(sides, (one) => `${one.from} ${one.to} ${isBothSides(one) || one.said}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (!first) return []
    const numbers = formatSlotRanges(mergeRanges(group.map(({ slot }) => [slot, slot])))
    const slots = group.length === 1 ? `slot ${numbers} is` : `slots ${numbers} are`
    if (isBothSides(first)) return [`${slots} being moved from ${first.from} to ${first.to}`]
    return [`${slots} open on ${first.said} alone, ${loneSide(snapshot, first)}`]
  })
}

function loneSide(snapshot: Snapshot, { from, to, said }: OpenSlot): string {
  const other = said === from ? to : from
  const way = said === from ? `migrating to ${to}` : `importing from ${from}`
  if (!snapshot.reports.has(other)) return `${way}, which does not answer`
  return `${way}, where ${said === from ? 'it is not being imported' : 'it is not being migrated'}`
}

function openSlotsOf(snapshot: Snapshot, { name, view }: NodeReport): OpenSlot[] {
  return view.nodes
    .flatMap(({ openSlots }) => openSlots)
    .flatMap((text) => {
      const [, slot, direction, id] = /^\[(\d+)-([<>])-(\w+)\]$/.exec(text) ?? []
      if (slot === undefined) return []
      const node = view.nodes.find((one) => one.id === id)
      const peer = node ? snapshot.nameOf(node) : `unknown node ${id?.slice(0, 8)}`
      const way = direction === '>' ? { from: name, to: peer } : { from: peer, to: name }
      return [{ slot: Number(slot), ...way, said: name }]
    })
}
