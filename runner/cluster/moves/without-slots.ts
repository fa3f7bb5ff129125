import type { Snapshot } from '../live-cluster.ts'
import { rangesOf, slotsIn } from './slot-numbers.ts'

/**
 * The views as if nobody spoke of these slots. Whoever is importing one takes no other owner for it from gossip
 * (clusterUpdateSlotsConfigWith, cluster.c, Redis 7.0): until it is closed, its view never equals the others'.
 */
export function withoutSlots(snapshot: Snapshot, slots: readonly number[]): Snapshot {
  const left = new Set(slots)
  const reports = [...snapshot.reports].map(([name, report]) => {
    const nodes = report.view.nodes.map((node) => ({
      ...node,
      slots: rangesOf(slotsIn(node.slots).filter((slot) => !left.has(slot))),
    }))
    return [name, { ...report, view: { ...report.view, nodes } }] as const
  })
  return { ...snapshot, reports: new Map(reports) }
}
