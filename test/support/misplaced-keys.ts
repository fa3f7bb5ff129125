import type { LiveCluster, Snapshot } from '../../runner/cluster/live-cluster.ts'
import { slotOfKey } from '../../runner/cluster/slots.ts'

const MORE_THAN_ANY_SLOT_HAS = 1000

/** The keys of these slots that a node has, whether it owns them or not. */
export async function keysAt(cluster: LiveCluster, name: string, slots: readonly number[]): Promise<Set<string>> {
  const commands = slots.map((slot) => ['CLUSTER', 'GETKEYSINSLOT', slot, MORE_THAN_ANY_SLOT_HAS] as const)
  const replies = await cluster.node(name).client.pipeline(commands)
  return new Set(replies.flatMap((reply) => (Array.isArray(reply) ? reply.map(String) : [])))
}

/** Which keys are not at the one owner of their slot alone, with the value that was written; a sentence each. */
export async function misplaced(cluster: LiveCluster, written: ReadonlyMap<string, string>): Promise<string[]> {
  const { agreed } = await cluster.look()
  const slots = [...new Set([...written.keys()].map(slotOfKey))]
  const masters = agreed.shards.map(({ master }) => master)
  const keys = new Map(
    await Promise.all(masters.map(async (name) => [name, await keysAt(cluster, name, slots)] as const)),
  )
  const problems = [...written].map(async ([key, value]) => {
    const owner = agreed.ownerOf(slotOfKey(key)) ?? ''
    const at = masters.filter((name) => keys.get(name)?.has(key)).join()
    if (at === '') return [`${key} is lost`]
    if (at !== owner) return [`${key} is at ${at}, and its owner is ${owner}`]
    const found = await cluster.node(owner).client.call('GET', key)
    return found === value ? [] : [`${key} is ${found}, and was written as ${value}`]
  })
  return (await Promise.all(problems)).flat()
}

/** Whether every node that answers sees these slots at that owner. */
export function allKnow({ reports, nameOf }: Snapshot, owner: string, slots: readonly number[]): boolean {
  return [...reports.values()].every(({ view }) => {
    const own = view.nodes.find((node) => nameOf(node) === owner)?.slots ?? []
    return slots.every((slot) => own.some(([first, last]) => first <= slot && slot <= last))
  })
}
