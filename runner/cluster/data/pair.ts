import type { DataNode } from './data-node.ts'

/** A master and one of its replicas, whose data are compared. */
export interface Pair {
  master: DataNode
  replica: DataNode
}

/** What one server has, and its name. */
interface Side<Value> {
  name: string
  value: Value
}

/** What the master has, and what the replica has. */
export type Sides<Value> = readonly [master: Side<Value>, replica: Side<Value>]

/** Asks both at once. Rejects as soon as one does. */
export async function askBoth<Value>(
  { master, replica }: Pair,
  ask: (node: DataNode) => Promise<Value>,
): Promise<Sides<Value>> {
  const [ofMaster, ofReplica] = await Promise.all([ask(master), ask(replica)])
  return [
    { name: master.name, value: ofMaster },
    { name: replica.name, value: ofReplica },
  ]
}

/** The same sides with something made of what each has. */
export function mapSides<Value, Made>([master, replica]: Sides<Value>, make: (value: Value) => Made): Sides<Made> {
  return [
    { name: master.name, value: make(master.value) },
    { name: replica.name, value: make(replica.value) },
  ]
}
