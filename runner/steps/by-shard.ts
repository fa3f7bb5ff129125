import { firstFew } from '../base/text.ts'
import type { AgreedView } from '../cluster/agreed-view.ts'
import { slotOfKey } from '../cluster/slots.ts'

/** Keys named one by one in a message; the rest is counted. */
const SHOWN_KEYS = 5

/**
 * One line for each shard that has any of the keys: `shard 2 (redis-node2): 3 lost: a (slot 15495), b (slot 3300), …`.
 * `what` says what the keys are.
 */
export function linesByShard(keys: readonly string[], what: string, agreed: AgreedView): string[] {
  const byShard = new Map<string, string[]>()
  for (const key of keys) {
    const owner = agreed.ownerOf(slotOfKey(key))
    const shard = owner === undefined ? undefined : agreed.shardOf(owner)
    const name = shard ? `shard ${shard.number} (${shard.master})` : 'no shard (the slot has no owner)'
    const list = byShard.get(name)
    if (list) list.push(key)
    else byShard.set(name, [key])
  }
  return [...byShard]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, list]) => {
      const withSlots = list.map((key) => `${key} (slot ${slotOfKey(key)})`)
      return `${name}: ${list.length} ${what}: ${firstFew(withSlots, SHOWN_KEYS, ', ')}`
    })
}

/** `3 CLUSTERDOWN, 1 timeout` */
export function countsText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
}
