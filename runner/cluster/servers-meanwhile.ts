import type { Clock } from '../base/clock.ts'
import type { Stall } from '../base/pulse.ts'
import type { NodeClient } from './node-client.ts'

/** How long servers are asked, ms: they answer at once, or nothing is known. */
const ANSWER_WITHIN_MS = 1000
/**
 * The ends of a stall show nothing, ms: it is told too long by a beat, and servers that woke with the runner had this
 * long before they were asked.
 */
const MARGIN_MS = 300
/** Fewer nodes than this may have nobody to ping. */
const LEAST_NODES = 3
/**
 * Each node pings another about once a second (clusterCron, cluster.c: every tenth run at 100 ms), so a cluster that
 * runs cannot be without a pong for this long, ms.
 */
const SILENT_MS = 2000

/**
 * Servers that stood still ping each other at once when they go on, as every pong is old by then. Pongs of servers that
 * ran are spread over half a node time-out: whoever asks late sees none from the stall, but no such heap either.
 */
const WOKE_WITHIN_MS = 700
/** With a shorter node time-out every pong is young, and a heap shows nothing, ms. */
const LEAST_NODE_TIMEOUT_MS = 2500

/** A line of CLUSTER NODES up to `pong-recv`, of a node that is not the asked one. */
const PONG = /^[0-9a-f]{40} \S+ (?!\S*myself)\S+ \S+ \d+ (\d+) /gm

/**
 * What the servers did while the runner stood still, by when they last heard a pong of each other: whether they went on
 * or stood still as well. Undefined if it cannot be told. Never rejects.
 */
export async function serversMeanwhile(
  clients: readonly NodeClient[],
  { fromMs, toMs }: Stall,
  clock: Clock,
): Promise<'ran' | 'stood-still' | undefined> {
  const insideMs = toMs - fromMs - 2 * MARGIN_MS
  if (insideMs <= 0 || clients.length === 0) return undefined
  const replies = await Promise.allSettled(
    clients.map((client) => client.callWithin(ANSWER_WITHIN_MS, 'CLUSTER', 'NODES')),
  )
  const aheadMs = clock.wallMs() - clock.nowMs()
  const answers = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [String(reply.value)] : []))
  const pongsMs = answers.flatMap((text) => [...text.matchAll(PONG)].map(([, wallMs]) => Number(wallMs) - aheadMs))
  if (pongsMs.some((ms) => ms > fromMs + MARGIN_MS && ms < toMs - MARGIN_MS)) return 'ran'
  if (insideMs < SILENT_MS || answers.length < LEAST_NODES) return undefined
  const around = pongsMs.filter((ms) => ms <= toMs + WOKE_WITHIN_MS)
  if (around.length * 2 <= pongsMs.length) return undefined
  return (await nodeTimeoutMs(clients)) >= LEAST_NODE_TIMEOUT_MS ? 'stood-still' : undefined
}

/** 0 if no server tells. */
async function nodeTimeoutMs(clients: readonly NodeClient[]): Promise<number> {
  const asking = clients.map(async (client) => {
    const reply = await client.callWithin(ANSWER_WITHIN_MS, 'CONFIG', 'GET', 'cluster-node-timeout')
    return Array.isArray(reply) ? Number(reply[1]) : 0
  })
  return Promise.any(asking).catch(() => 0)
}
