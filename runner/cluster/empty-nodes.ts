import { type FormDeadline, FormError, waitInPhase } from './form-phase.ts'
import type { LiveCluster, LiveNode } from './live-cluster.ts'
import type { Command } from './node-client.ts'
import { parseInfo } from './node-report.ts'
import { ReplyError } from './reply-errors.ts'

/** A server that is fit to become a member. */
export interface EmptyNode {
  node: LiveNode
  /** The node's own id. */
  id: string
  /** Since its start, in whole seconds. */
  uptimeSeconds: number
  /** `cluster-node-timeout`, in ms. */
  nodeTimeoutMs: number
}

const QUESTIONS: readonly Command[] = [
  ['CLUSTER', 'MYID'],
  ['CLUSTER', 'INFO'],
  ['DBSIZE'],
  ['INFO', 'server'],
  ['CONFIG', 'GET', 'cluster-node-timeout'],
]

/** Longer than any answer of a server that works, short enough to ask a hung one again. */
const ANSWER_WITHIN_MS = 1000

/**
 * Waits until all servers answer, and makes sure that they are empty: no other node known, no slots, no keys. Throws
 * FormError when one is not (nothing was changed then), refuses the questions, or does not answer in time.
 */
export async function awaitEmptyNodes(cluster: LiveCluster, deadline: FormDeadline): Promise<EmptyNode[]> {
  const found = new Map<string, EmptyNode>()
  await waitInPhase(
    'waiting for all servers to answer',
    async () => {
      const silent: string[] = []
      const missing = cluster.nodes.filter((node) => !found.has(node.name))
      await Promise.all(
        missing.map(async (node) => {
          const replies = await node.client.pipeline(QUESTIONS, ANSWER_WITHIN_MS)
          const error = replies.find((reply) => reply instanceof Error)
          if (error instanceof ReplyError && !error.message.startsWith('LOADING')) {
            throw new FormError(`${node.name} cannot be made a member: it said "${error.message}"`)
          }
          if (error instanceof Error) silent.push(error.message)
          else found.set(node.name, examine(node, replies))
        }),
      )
      return { ok: silent.length === 0, seen: silent.join('; ') }
    },
    deadline,
  )
  return cluster.nodes.flatMap((node) => found.get(node.name) ?? [])
}

function examine(node: LiveNode, [id, clusterInfo, keys, serverInfo, timeout]: unknown[]): EmptyNode {
  const cluster = parseInfo(String(clusterInfo))
  const known = Number(cluster.get('cluster_known_nodes'))
  const slots = Number(cluster.get('cluster_slots_assigned'))
  const reasons = [
    ...(known > 1 ? [`it knows ${known - 1} other nodes`] : []),
    ...(slots > 0 ? [`it has ${slots} slots assigned`] : []),
    ...(Number(keys) > 0 ? [`it holds ${String(keys)} keys`] : []),
  ]
  if (reasons.length > 0) {
    throw new FormError(
      `${node.name} is not empty: ${reasons.join(', ')}. A cluster is formed of empty servers: remove these and start new ones`,
    )
  }
  return {
    node,
    id: String(id),
    uptimeSeconds: Number(parseInfo(String(serverInfo)).get('uptime_in_seconds') ?? 0),
    nodeTimeoutMs: Array.isArray(timeout) ? Number(timeout[1]) : 0,
  }
}
