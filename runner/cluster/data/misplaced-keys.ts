import { plural } from '../../base/text.ts'
import type { DataNode } from './data-node.ts'
import type { FoundDifference } from './difference.ts'
import type { Overview } from './overview.ts'
import { shown } from './wire.ts'

/** Keys that a node holds and is not to hold. */
export interface MisplacedKeys {
  /** The first of them. */
  named: FoundDifference[]
  /** How many more there are. */
  unnamed: number
}

/** A node, what it holds, and where it stands in the cluster. */
export interface Holder {
  node: DataNode
  overview: Overview
  /** Number, and the name of the master; 0 and its own name for a master without slots. */
  shard: { number: number; master: string }
}

/** Keys in slots that `isFine` does not accept; at most `limit` are named. Throws Incomplete. */
export async function findMisplacedKeys(
  { node, overview, shard }: Holder,
  isFine: (slot: number) => boolean,
  limit: number,
): Promise<MisplacedKeys> {
  const found: MisplacedKeys = { named: [], unnamed: 0 }
  for (const [database, { keysBySlot }] of overview.databases) {
    for (const [slot, count] of keysBySlot) {
      if (isFine(slot)) continue
      const left = limit - found.named.length
      const names = left > 0 ? await node.run('slot-keys', { database, flags: '' }, slot, left) : []
      found.unnamed += Math.max(count - names.length, 0)
      found.named.push(
        ...names.map((name): FoundDifference => {
          const isReplica = node.name !== shard.master
          return {
            kind: 'key outside its slots',
            shard: shard.number,
            master: shard.master,
            key: shown(String(name)),
            slot,
            masterOffset: overview.offset,
            ...(isReplica ? { replica: node.name, replicaOffset: overview.offset } : {}),
            ...(database === 0 ? {} : { database }),
            explain: async () => `${node.name} holds ${count === 1 ? 'this key' : `${count} keys`} of slot ${slot}`,
          }
        }),
      )
    }
  }
  return found
}

/** Keys of slots that the node does not serve, of which it tells no more than how many they are: one a database. */
export function findHiddenKeys({ node, overview, shard }: Holder): FoundDifference[] {
  const hiding = [...overview.databases].filter(([, { hiddenKeys }]) => hiddenKeys > 0)
  return hiding.map(([database, { hiddenKeys }]) => ({
    kind: 'key outside its slots',
    shard: shard.number,
    master: shard.master,
    masterOffset: overview.offset,
    ...(node.name === shard.master ? {} : { replica: node.name, replicaOffset: overview.offset }),
    ...(database === 0 ? {} : { database }),
    explain: async () =>
      `${node.name} counts ${plural(hiddenKeys, 'key')} of slots that it does not serve, and lists none`,
  }))
}
