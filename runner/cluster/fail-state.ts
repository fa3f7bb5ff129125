import { plural } from '../base/text.ts'
import type { Snapshot } from './live-cluster.ts'
import type { NodeReport } from './node-report.ts'
import { sharedSlots } from './slot-claims.ts'
import { formatSlotRanges, missingSlots } from './slots.ts'
import type { SlotRange } from './view.ts'

/**
 * Why nodes that answer say that the cluster's state is fail, from what each knows (clusterUpdateState, cluster.c, Redis
 * 7.0): a sentence for each reason, with the nodes that have it.
 */
export function whyFail(snapshot: Snapshot): string[] {
  const nodesBy = new Map<string, string[]>()
  for (const report of snapshot.reports.values()) {
    if (report.info.state !== 'fail') continue
    for (const reason of reasonsOf(snapshot, report)) nodesBy.set(reason, [...(nodesBy.get(reason) ?? []), report.name])
  }
  return [...nodesBy].map(
    ([reason, nodes]) => `${nodes.join(', ')} ${nodes.length === 1 ? 'says' : 'say'} fail: ${reason}`,
  )
}

function reasonsOf(snapshot: Snapshot, { name, view }: NodeReport): string[] {
  const owners = view.nodes.filter(({ slots }) => slots.length > 0)
  const failed = owners.filter(({ flags }) => flags.has('fail'))
  const missing = missingSlots(owners.flatMap(({ slots }) => slots))
  const reached = owners.filter(({ flags }) => !flags.has('fail') && !flags.has('fail?'))
  const importing = view.nodes.flatMap(({ openSlots }) => openSlots.flatMap(importedSlot))
  const reasons = [
    ...failed.map(({ slots, ...owner }) => {
      const open = sharedSlots(slots, importing)
      return `${slotsText(slots)} belong${isOne(slots) ? 's' : ''} to ${snapshot.nameOf({ slots, ...owner })}, which has failed${heldOpen(name, open)}`
    }),
    ...(missing.length === 0 ? [] : [`${slotsText(missing)} ${isOne(missing) ? 'has' : 'have'} no owner`]),
  ]
  if (reasons.length > 0 || reached.length > owners.length / 2) return reasons
  return [`only ${reached.length} of ${plural(owners.length, 'master')} with slots can be reached`]
}

/** A slot that a node imports is given to no new owner (clusterUpdateSlotsConfigWith, cluster.c, Redis 7.0). */
function heldOpen(node: string, open: readonly SlotRange[]): string {
  if (open.length === 0) return ''
  const named = formatSlotRanges(open)
  return `; ${node} is importing ${isOne(open) ? 'it' : `slots ${named}`}, and gives it no new owner before CLUSTER SETSLOT ${named} STABLE on ${node}`
}

function importedSlot(text: string): SlotRange[] {
  const slot = /^\[(\d+)-<-/.exec(text)?.[1]
  return slot === undefined ? [] : [[Number(slot), Number(slot)]]
}

function slotsText(slots: readonly SlotRange[]): string {
  return `${isOne(slots) ? 'slot' : 'slots'} ${formatSlotRanges(slots)}`
}

function isOne([first, ...others]: readonly SlotRange[]): boolean {
  return others.length === 0 && first !== undefined && first[0] === first[1]
}
