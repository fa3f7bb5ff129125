import { plural } from '../../base/text.ts'
import type { LiveCluster } from '../live-cluster.ts'
import { Unreachable } from '../reply-errors.ts'
import { formatSlotRanges } from '../slots.ts'
import type { NodeView } from '../view.ts'
import { parseClusterNodes } from '../view-parser.ts'
import type { SlotMove } from './move.ts'
import { rangesOf } from './slot-numbers.ts'

/** What one node says of each slot, or why it says nothing. */
interface Said {
  of(slot: number): string
}

/** How slots are after a move that came to no end: what the source and the target say of each, those alike in one line. */
export async function describeSlotsLeft(
  cluster: LiveCluster,
  { from, to }: SlotMove,
  slots: readonly number[],
): Promise<string[]> {
  const said = await Promise.all([from, to].map((name) => ask(cluster, name, slots)))
  const alike = new Map<string, number[]>()
  for (const slot of slots) {
    const text = said.map(({ of }) => of(slot)).join('; ')
    alike.set(text, [...(alike.get(text) ?? []), slot])
  }
  return [...alike].map(
    ([text, of]) => `${of.length === 1 ? 'slot' : 'slots'} ${formatSlotRanges(rangesOf(of))}: ${text}`,
  )
}

function reasonOf(error: Error): string {
  return error instanceof Unreachable ? error.reason : error.message
}

async function ask(cluster: LiveCluster, name: string, slots: readonly number[]): Promise<Said> {
  const { client } = cluster.node(name)
  const [nodes, ...counts] = await client.pipeline([
    ['CLUSTER', 'NODES'],
    ...slots.map((slot) => ['CLUSTER', 'COUNTKEYSINSLOT', slot] as const),
  ])
  if (nodes instanceof Error) return { of: () => `${name} says nothing: ${reasonOf(nodes)}` }
  const view = parseClusterNodes(String(nodes), name)
  const own = view.nodes.find(({ id }) => id === view.myId)
  const keys = new Map(slots.map((slot, place) => [slot, Number(counts[place])]))
  return { of: (slot) => `${name} ${stateOf(own, slot)} and has ${plural(keys.get(slot) || 0, 'key')} of it` }
}

function stateOf(own: NodeView | undefined, slot: number): string {
  const owns = own?.slots.some(([first, last]) => first <= slot && slot <= last) ?? false
  const open = own?.openSlots.find((text) => text.startsWith(`[${slot}-`))
  if (open === undefined) return owns ? 'owns it' : 'does not own it'
  return open.startsWith(`[${slot}->-`) ? 'owns it, open (migrating),' : 'does not own it yet, open (importing),'
}
