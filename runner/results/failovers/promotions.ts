import type { ViewObservation } from '../../record/observations.ts'
import { type FailoverObservations, logsBetween, shardOf } from './observations.ts'
import type { TimelineMoment } from './timeline.ts'

/** A node that became the master of a shard. */
export interface Promotion {
  node: string
  shard: number
  /** The master before it; empty if it is not known. */
  from: string
  moment: TimelineMoment
  epoch?: number
  /** Since when `from` was the master: the promotion before this one in the shard, or the scenario's start. */
  sinceMs: number
  /** The next promotion in the shard, or the end of watching. */
  untilMs: number
}

/** A look at a node may begin this long before or after its log line, ms, and still show the same promotion. */
const SAME_MS = 100

/**
 * Every change of a master, in order of time: from the new masters' logs, and where a log does not tell (its level is
 * too high, or it was lost) from what the node itself said of its role.
 */
export function findPromotions(observed: FailoverObservations): Promotion[] {
  const logged = promotionsLogged(observed)
  const unlogged = promotionsSeen(observed).filter((one) => !logged.some((other) => isSame(one, other)))
  const found = [...logged, ...unlogged].sort((a, b) => a.moment.atMs - b.moment.atMs)
  const promotions: Promotion[] = []
  for (const one of found) {
    const from = masterBefore(observed, one.node, one.moment.atMs, promotions)
    const shard = shardOf(observed, from) || shardOf(observed, one.node)
    const before = promotions.findLast((earlier) => earlier.shard === shard)
    if (before) before.untilMs = one.moment.atMs
    promotions.push({ ...one, shard, from, sinceMs: before?.moment.atMs ?? 0, untilMs: observed.endMs })
  }
  return promotions
}

/** The master of a shard at a moment: the last that was promoted there, or the one it was formed with. */
export function masterAt(
  observed: FailoverObservations,
  shard: number,
  atMs: number,
  promotions: readonly Promotion[],
): string | undefined {
  const last = promotions.findLast((one) => one.shard === shard && one.moment.atMs <= atMs)
  return last?.node ?? observed.nodes.find((node) => node.shard === shard && node.role === 'master')?.name
}

type Found = Pick<Promotion, 'node' | 'moment' | 'epoch'>

function promotionsLogged(observed: FailoverObservations): Found[] {
  const lines = logsBetween(observed, ['election won', 'taken over'], Number.NEGATIVE_INFINITY, observed.endMs)
  return lines.map(({ node, seenMs, errorMs, text, moment }): Found => {
    const started = logsBetween(observed, ['election started'], Number.NEGATIVE_INFINITY, seenMs, { node }).at(-1)
    const epoch = moment === 'election won' ? started?.epoch : undefined
    return {
      node,
      moment: { name: 'promoted', atMs: seenMs, errorMs, source: 'log', node, text },
      ...(epoch === undefined ? {} : { epoch }),
    }
  })
}

function promotionsSeen({ views, endMs }: FailoverObservations): Found[] {
  const lastOf = new Map<string, ViewObservation>()
  const found: Found[] = []
  for (const fact of views) {
    if (fact.view === undefined || fact.seenMs > endMs) continue
    const before = ownRole(lastOf.get(fact.node))
    const now = ownRole(fact)
    if (before === 'replica' && now === 'master') {
      const atMs = (fact.afterMs + fact.seenMs) / 2
      const text = `${fact.node} says that it is a master`
      const moment: TimelineMoment = {
        name: 'promoted',
        atMs,
        errorMs: fact.seenMs - atMs,
        source: 'views',
        node: fact.node,
        text,
      }
      found.push({ node: fact.node, moment })
    }
    lastOf.set(fact.node, fact)
  }
  return found
}

/** What a node says of itself; a master without slots is none of a shard. */
function ownRole(fact: ViewObservation | undefined): 'master' | 'replica' | undefined {
  const own = fact?.view?.find(({ name }) => name === fact.node)
  return own?.role === 'master' && own.slots === '' ? undefined : own?.role
}

function isSame(a: Found, b: Found): boolean {
  const apartMs = Math.abs(a.moment.atMs - b.moment.atMs)
  return a.node === b.node && apartMs <= SAME_MS + a.moment.errorMs + b.moment.errorMs
}

function masterBefore(
  observed: FailoverObservations,
  node: string,
  atMs: number,
  promotions: readonly Promotion[],
): string {
  const own = observed.views
    .filter((fact) => fact.node === node && fact.seenMs < atMs)
    .map((fact) => fact.view?.find(({ name }) => name === node))
    .findLast((seen) => seen?.role === 'replica')
  return own?.of ?? masterAt(observed, shardOf(observed, node), atMs - 1, promotions) ?? ''
}
