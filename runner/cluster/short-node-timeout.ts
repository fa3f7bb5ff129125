import { messageOf } from '../base/errors.ts'
import type { EmptyNode } from './empty-nodes.ts'
import { ANSWER_WITHIN_MS, FormError } from './form-phase.ts'

/**
 * A master that has been up and alone counts as having been in a minority, and leaves the fail state only after the
 * node time-out, clipped to 500–5000 ms (cluster.c, CLUSTER_MIN_REJOIN_DELAY and CLUSTER_MAX_REJOIN_DELAY, Redis 7.0).
 */
const SHORTEST_REJOIN_DELAY_MS = 500

/** Up for less than the 2000 ms in which that rule does not apply yet; whole seconds are all that INFO tells. */
const FRESH_UNTIL_SECONDS = 1

/**
 * Does `work` with `cluster-node-timeout` at 500 ms on the servers that have been up too long to join at once, and puts
 * the setting back on every path. Throws FormError if that fails after work that succeeded.
 */
export async function withShortNodeTimeout(empty: readonly EmptyNode[], work: () => Promise<void>): Promise<void> {
  const waiting = empty.filter(
    ({ uptimeSeconds, nodeTimeoutMs }) =>
      uptimeSeconds >= FRESH_UNTIL_SECONDS && nodeTimeoutMs > SHORTEST_REJOIN_DELAY_MS,
  )
  try {
    await setNodeTimeout(waiting, () => SHORTEST_REJOIN_DELAY_MS)
    await work()
  } catch (error) {
    await setNodeTimeout(waiting, ({ nodeTimeoutMs }) => nodeTimeoutMs).catch(() => undefined)
    throw error
  }
  await setNodeTimeout(waiting, ({ nodeTimeoutMs }) => nodeTimeoutMs)
}

async function setNodeTimeout(nodes: readonly EmptyNode[], timeoutOf: (node: EmptyNode) => number): Promise<void> {
  const results = await Promise.allSettled(
    nodes.map((empty) =>
      empty.node.client.callWithin(ANSWER_WITHIN_MS, 'CONFIG', 'SET', 'cluster-node-timeout', timeoutOf(empty)),
    ),
  )
  results.forEach((result, index) => {
    const empty = nodes[index]
    if (result.status === 'fulfilled' || !empty) return
    const reason = messageOf(result.reason)
    throw new FormError(`${empty.node.name}: cluster-node-timeout cannot be set to ${timeoutOf(empty)}: ${reason}`)
  })
}
