import type { LiveCluster } from '../live-cluster.ts'
import type { NodeReport } from '../node-report.ts'
import { ownLine } from '../slot-claims.ts'
import { atomicWayOf } from './atomic-ways.ts'
import type { SlotHolder } from './close-plan.ts'
import { slotsIn } from './slot-numbers.ts'

/**
 * What each of these masters says of one open slot. One that hides keys of it, as the heir of a target does that was
 * never told of the move, is made to import the slot; with `dryRun`, which changes nothing, such keys are not seen.
 */
export async function holdersOf(
  slot: number,
  masters: readonly NodeReport[],
  { cluster, dryRun }: { cluster: LiveCluster; dryRun: boolean },
): Promise<SlotHolder[]> {
  const holders = await Promise.all(masters.map((report) => holderIn(report, slot, cluster)))
  const owner = holders.find(({ owns }) => owns)
  if (dryRun || !owner) return holders
  return await Promise.all(holders.map((holder) => withHiddenKeys(holder, { slot, owner, cluster })))
}

async function holderIn({ name, view }: NodeReport, slot: number, cluster: LiveCluster): Promise<SlotHolder> {
  const own = ownLine({ view })
  const open = own?.openSlots.find((text) => text.startsWith(`[${slot}-`))
  const [, direction, movesTo] = /-([<>])-(\w+)\]$/.exec(open ?? '') ?? []
  const owns = slotsIn(own?.slots ?? []).includes(slot)
  const keys = await countKeys(name, slot, cluster)
  return { name, id: view.myId, owns, keys, comes: direction === '<', ...(direction === '>' && { movesTo }) }
}

interface OpenSlot {
  slot: number
  owner: SlotHolder
  cluster: LiveCluster
}

/** The keys of a slot that comes are shown (Redis 8.4 to 8.6). Where there are none, the node stays as it was. */
async function withHiddenKeys(holder: SlotHolder, { slot, owner, cluster }: OpenSlot): Promise<SlotHolder> {
  if (holder.owns || holder.comes || holder.movesTo !== undefined || holder.keys > 0) return holder
  if (!(await atomicWayOf(cluster, holder.name))?.hidesForeignKeys) return holder
  const { client } = cluster.node(holder.name)
  await client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', owner.id)
  const keys = await countKeys(holder.name, slot, cluster)
  if (keys === 0) await client.call('CLUSTER', 'SETSLOT', slot, 'STABLE')
  return { ...holder, keys, comes: keys > 0 }
}

async function countKeys(name: string, slot: number, cluster: LiveCluster): Promise<number> {
  return Number(await cluster.node(name).client.call('CLUSTER', 'COUNTKEYSINSLOT', slot))
}
