import type { LiveCluster } from '../live-cluster.ts'
import { ReplyError } from '../reply-errors.ts'
import { parseClusterNodes } from '../view-parser.ts'
import { MemberError } from './member-error.ts'

/** Emptying a large replica takes as long, ms. */
const RESET_WITHIN_MS = 10_000

/**
 * Makes a node forget all others, its slots and its master; returns its id. Throws MemberError with the server's words
 * where it refuses (a master with keys), Unreachable.
 */
export async function resetNode(cluster: LiveCluster, name: string, mode: 'soft' | 'hard'): Promise<string> {
  const { client } = cluster.node(name)
  try {
    await client.callWithin(RESET_WITHIN_MS, 'CLUSTER', 'RESET', mode.toUpperCase())
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error
    throw new MemberError(`${name} is not reset: it said "${error.message}"`)
  }
  const view = parseClusterNodes(String(await client.call('CLUSTER', 'NODES')), name)
  const others = view.nodes.filter(({ id }) => id !== view.myId)
  const slots = view.nodes.find(({ id }) => id === view.myId)?.slots ?? []
  if (others.length > 0 || slots.length > 0) {
    throw new MemberError(`${name} was reset, and still knows ${others.length} others and owns ${slots.length} ranges`)
  }
  return view.myId
}
