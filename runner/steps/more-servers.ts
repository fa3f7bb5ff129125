import type { LiveNode } from '../cluster/live-cluster.ts'

/**
 * Brings up one more server, empty and alone, that is to be a replica in the shard of the node `of`, or a master of its
 * own. Throws PlatformError.
 */
export type AddServer = (part?: { of?: string }) => Promise<LiveNode>
