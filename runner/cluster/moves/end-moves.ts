import type { LiveCluster } from '../live-cluster.ts'
import { Unreachable } from '../reply-errors.ts'
import { type AtomicWay, isUnderWay } from './atomic-way.ts'
import { atomicWayOf } from './atomic-ways.ts'
import { type CloseOptions, closeSlots, type SlotsClosed } from './close-slots.ts'

/**
 * Ends all moves of slots that came to no end: cancels those that servers make by themselves, and closes what others
 * left open. Nodes that do not answer are left out, and told where a slot needs them.
 */
export async function endMoves(options: CloseOptions & { only?: 'server moves' }): Promise<SlotsClosed> {
  const cancelled = await cancelMoves(options)
  if (options.only !== undefined) return { done: cancelled, left: [] }
  const { done, left } = await closeSlots(options)
  return { done: [...cancelled, ...done], left }
}

/** How many moves servers make by themselves now, each counted at both ends. */
export async function movesUnderWay(cluster: LiveCluster): Promise<number> {
  const counts = cluster.nodes.map(async ({ name }) => {
    const jobs = (await (await atomicWayOf(cluster, name))?.jobs(cluster, name)) ?? []
    return jobs.filter(isUnderWay).length
  })
  return (await Promise.all(counts.map((count) => answerOf(count, 0)))).reduce((sum, count) => sum + count, 0)
}

/** All are cancelled before any is let go on that is kept from its end: it would go there. */
async function cancelMoves({ cluster, dryRun = false }: CloseOptions): Promise<string[]> {
  const nodes = cluster.nodes.map(({ name }) => name)
  const ways = await Promise.all(nodes.map((node) => answerOf(atomicWayOf(cluster, node), undefined)))
  const onEach = (act: (way: AtomicWay, node: string) => Promise<string[]>) =>
    Promise.all(nodes.map((node, place) => answerOf(ways[place] ? act(ways[place], node) : Promise.resolve([]), [])))
  const done = await onEach(async (way, node) => {
    const underWay = (await way.jobs(cluster, node)).filter(isUnderWay)
    if (underWay.length > 0 && !dryRun) await way.cancel(cluster, node)
    return underWay.map(({ state }) => `${dryRun ? 'would cancel' : 'cancelled'} a move of slots on ${node} (${state})`)
  })
  if (dryRun) return done.flat()
  await onEach(async (way, node) => {
    await way.letGo(cluster, node)
    return []
  })
  return done.flat()
}

async function answerOf<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Unreachable) return otherwise
    throw error
  }
}
