import type { LiveCluster, Snapshot } from '../live-cluster.ts'
import { formatSlotRanges } from '../slots.ts'
import type { SlotMove } from './move.ts'
import { slotsIn } from './slot-numbers.ts'

/** Who of the nodes that answer does not see moved slots at their new owner, or still has them open; a sentence each. */
export function unsettledMoves({ reports, nameOf, agreed }: Snapshot, moves: readonly SlotMove[]): string[] {
  if (agreed.saidBy.length < reports.size) return [`only ${agreed.saidBy.join(', ')} agree on roles and slots`]
  return [...reports.values()].flatMap(({ name, view }) => {
    const open = view.nodes.flatMap(({ openSlots }) => openSlots)
    if (open.length > 0) return [`${name} has open slots: ${open.slice(0, 3).join(', ')}`]
    const ownerOf = new Map<number, string>()
    for (const node of view.nodes) for (const slot of slotsIn(node.slots)) ownerOf.set(slot, nameOf(node))
    const behind = moves.filter(({ slots, to }) => slotsIn(slots).some((slot) => ownerOf.get(slot) !== to))
    return behind.map(({ slots, to }) => `${name} does not see slots ${formatSlotRanges(slots)} at ${to}`)
  })
}

/** How many keys the masters have in these slots: `at` their sources, or at their targets. Throws what a node answers. */
export async function countKeys(cluster: LiveCluster, moves: readonly SlotMove[], at: 'from' | 'to'): Promise<number> {
  const counts = await Promise.all(
    moves.map(async (move) => {
      const commands = slotsIn(move.slots).map((slot) => ['CLUSTER', 'COUNTKEYSINSLOT', slot] as const)
      const replies = await cluster.node(move[at]).client.pipeline(commands, COUNTED_WITHIN_MS)
      return replies.reduce<number>((sum, reply) => {
        if (reply instanceof Error) throw reply
        return sum + Number(reply)
      }, 0)
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Thousands of slots are counted at once, ms. */
const COUNTED_WITHIN_MS = 10_000

/** Keys that their old owner still has although it is no replica of the new one. Throws as `countKeys`. */
export async function countLeftBehind(cluster: LiveCluster, moves: readonly SlotMove[]): Promise<number> {
  const counts = await Promise.all(moves.map((move) => countKeys(cluster, [move], 'from')))
  // Who lost its last slot may have become a replica, and have all these keys again, while they were counted.
  const { reports } = await cluster.look()
  const left = counts.filter((_, place) => reports.get(moves[place]?.from ?? '')?.replication.role === 'master')
  return left.reduce((sum, count) => sum + count, 0)
}
