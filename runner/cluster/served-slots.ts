import type { Snapshot } from './live-cluster.ts'
import { ownLine, sharedSlots } from './slot-claims.ts'
import { countSlots, formatSlotRanges, missingSlots } from './slots.ts'
import type { SlotRange } from './view.ts'

/** Slots and the node that is said to own them. */
interface Owned {
  owner: string
  slots: readonly SlotRange[]
}

/**
 * Slots that nobody serves though the servers may call the cluster's state ok, which they do until a dead master has
 * been silent for the node timeout: a sentence for each owner that gives no answer, or does not hold itself for the
 * owner, and one for slots that have none. Who owns what is taken from the view of `asked`, or from the agreed one.
 */
export function unservedSlots(snapshot: Snapshot, asked?: string): string[] {
  const owners = asked === undefined ? agreedOwners(snapshot) : ownersSeenBy(snapshot, asked)
  const missing = missingSlots(owners.flatMap(({ slots }) => slots))
  return [
    ...owners.flatMap((owned) => whyUnserved(snapshot, owned)),
    ...(missing.length === 0 ? [] : [`slots ${formatSlotRanges(missing)} have no owner`]),
  ]
}

function agreedOwners({ agreed }: Snapshot): Owned[] {
  return agreed.shards.map(({ master, slots }) => ({ owner: master, slots }))
}

function ownersSeenBy(snapshot: Snapshot, asked: string): Owned[] {
  const nodes = snapshot.reports.get(asked)?.view.nodes ?? []
  return nodes
    .filter(({ slots }) => slots.length > 0)
    .map((node) => ({ owner: snapshot.nameOf(node), slots: node.slots }))
}

function whyUnserved(snapshot: Snapshot, { owner, slots }: Owned): string[] {
  const report = snapshot.reports.get(owner)
  const named = formatSlotRanges(slots)
  if (!report) {
    const reason = snapshot.unreachable.get(owner)
    return [`slots ${named} are not served: ${owner} owns them and does not answer${reason ? ` (${reason})` : ''}`]
  }
  const shared = sharedSlots(slots, ownLine(report)?.slots ?? [])
  if (countSlots(shared) === countSlots(slots)) return []
  return [`slots ${named} are not served: ${owner} owns them for the others, but not for itself`]
}
