import type { Snapshot } from '../live-cluster.ts'
import type { SlotRange } from '../view.ts'

/** A master and its slots, as the nodes agree. */
export interface Owner {
  name: string
  slots: readonly SlotRange[]
}

/** All masters, those without slots too, by name. */
export function ownersOf({ agreed, reports, unreachable }: Snapshot): Owner[] {
  return [...reports.keys(), ...unreachable.keys()]
    .filter((name) => agreed.roleOf(name) === 'master')
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => ({ name, slots: agreed.shards.find(({ master }) => master === name)?.slots ?? [] }))
}
