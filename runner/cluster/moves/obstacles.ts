import type { Snapshot } from '../live-cluster.ts'
import { doubleOwners } from '../slot-claims.ts'
import { formatSlotRanges, missingSlots } from '../slots.ts'
import { rangesOf } from './slot-numbers.ts'

/**
 * Why no slot of this cluster should be moved now, a sentence each: what `redis-cli --cluster reshard` refuses too.
 * Nodes that are down are no obstacle as long as they have no part in the move.
 */
export function obstaclesToMoves(snapshot: Snapshot): string[] {
  const reports = [...snapshot.reports.values()]
  if (reports.length === 0) return ['no node answers']
  const missing = missingSlots(snapshot.agreed.shards.flatMap(({ slots }) => slots))
  const others = [...snapshot.reports.keys()].filter((name) => !snapshot.agreed.saidBy.includes(name))
  const { saidBy } = snapshot.agreed
  return [
    ...doubleOwners(reports),
    ...(others.length > 0 ? [`${others.join(', ')} and ${saidBy.join(', ')} do not agree who owns which slots`] : []),
    ...reports.flatMap(({ name, view }) => {
      const open = view.nodes.flatMap(({ openSlots }) => openSlots.map(slotOf))
      return open.length === 0 ? [] : [`slots ${formatSlotRanges(rangesOf(open))} are open on ${name}`]
    }),
    ...(missing.length > 0 ? [`slots ${formatSlotRanges(missing)} have no owner`] : []),
    ...(reports.every(({ info }) => info.state === 'fail') ? ['the cluster state is fail on all nodes'] : []),
  ]
}

/** Of `[93->-id]` or `[93-<-id]`. */
function slotOf(open: string): number {
  return Number(/\d+/.exec(open)?.[0])
}
