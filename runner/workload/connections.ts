import type { LoadOptions } from './options.ts'

/** Clients that share a connection to each node: more would wait for each other's bytes, fewer cost a write each. */
export const CLIENTS_PER_LANE = 32

/** Whether each client has connections of its own: what blocks its connection, or watches keys on it. */
export function ownsConnections({ wait, durability, own }: LoadOptions): boolean {
  return wait !== undefined || durability !== undefined || own.via === 'watch'
}

/** The most connections that a workload has to any one node at a time. */
export function connectionsPerNode(options: LoadOptions): number {
  // One cluster client for all, and the connection that it asks for the slots on.
  if (options.client === 'ioredis') return 2
  // One for each client, and one that it asks for the slots on; a driver tells nobody, and no application.
  if (options.client === 'driver' || options.client === 'http') return options.clients + 1
  const lanes = ownsConnections(options) ? options.clients : Math.ceil(options.clients / CLIENTS_PER_LANE)
  const subscribers = typeof options.own.subscribers === 'number' ? options.own.subscribers : 0
  return lanes + subscribers
}
