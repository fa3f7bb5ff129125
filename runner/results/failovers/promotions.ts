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
  /** The next promotion in the shard, or the end of watching; of one that was undone, when it was. */
  untilMs: number
  /** The node gave in to another master of the shard, which had not succeeded it. */
  undone?: Demotion
}

interface Demotion {
  /** From the promotion on, ms. */
  afterMs: number
  /** The master that it became a replica of. */
  to: string
}

/** A look at a node may begin this long before or after its log line, ms, and still show the same promotion. */
const SAME_MS = 100

/**
 * Every change of a master, in order of time: from the new masters' logs, and where a log does not tell (its level is
 * too high, or it was lost) from what the node itself said of its role. A promotion that was undone follows and
 * precedes none.
 */
export function findPromotions(observed: FailoverObservations): Promotion[] {
  const logged = promotionsLogged(observed)
  const unlogged = promotionsSeen(observed).filter((one) => !logged.some((other) => isSame(one, other)))
  const found = [...logged, ...unlogged].sort((a, b) => a.moment.atMs - b.moment.atMs)
  const steps: Step[] = []
  for (const one of found) {
    const from = masterBefore(observed, one.node, one.moment.atMs, steps)
    steps.push({ ...one, from, shard: shardOf(observed, from) || shardOf(observed, one.node) })
  }
  return inSuccession(observed, steps)
}

function inSuccession(observed: FailoverObservations, steps: readonly Step[]): Promotion[] {
  const promotions: Promotion[] = []
  for (const step of steps) {
    const { atMs } = step.moment
    const undone = undoneBy(observed, step, steps)
    const before = promotions.findLast((earlier) => earlier.shard === step.shard && !earlier.undone)
    if (before && !undone) before.untilMs = atMs
    const untilMs = undone ? atMs + undone.afterMs : observed.endMs
    promotions.push({ ...step, sinceMs: before?.moment.atMs ?? 0, untilMs, ...(undone && { undone }) })
  }
  return promotions
}

/**
 * Other nodes that became masters of the same shard in the place of the same master, which had not come back in
 * between.
 */
export function rivalsOf(promotion: Promotion, promotions: readonly Promotion[]): Promotion[] {
  const { shard, from, node, moment } = promotion
  return promotions.filter((one) => {
    if (one.shard !== shard || one.from !== from || one.node === node) return false
    const [firstMs, lastMs] = [one.moment.atMs, moment.atMs].sort((a, b) => a - b)
    return !promotions.some(
      ({ node: back, moment: { atMs } }) => back === from && atMs > (firstMs ?? 0) && atMs < (lastMs ?? 0),
    )
  })
}

/** The master of a shard at a moment: the last that was promoted there, or the one it was formed with. */
export function masterAt(
  observed: FailoverObservations,
  shard: number,
  atMs: number,
  promotions: readonly (Step & { undone?: Demotion })[],
): string | undefined {
  const last = promotions.findLast((one) => one.shard === shard && one.moment.atMs <= atMs && !one.undone)
  return last?.node ?? observed.nodes.find((node) => node.shard === shard && node.role === 'master')?.name
}

type Found = Pick<Promotion, 'node' | 'moment' | 'epoch'>

/** A promotion of which it is not known yet what became of it. */
type Step = Found & Pick<Promotion, 'from' | 'shard'>

/**
 * Whether a promotion was undone: the node became a replica of a master of its shard that had not succeeded it, neither
 * at once nor through others.
 */
function undoneBy(observed: FailoverObservations, step: Step, steps: readonly Step[]): Demotion | undefined {
  const demotion = demotionOf(observed, step, steps)
  if (demotion === undefined || shardOf(observed, demotion.to) !== step.shard) return undefined
  return succeeded(step, demotion, steps) ? undefined : demotion
}

function demotionOf(
  observed: FailoverObservations,
  { node, moment }: Step,
  steps: readonly Step[],
): Demotion | undefined {
  const next = steps.find((one) => one.node === node && one.moment.atMs > moment.atMs)
  const untilMs = next?.moment.atMs ?? observed.endMs
  const [line] = logsBetween(observed, ['reconfigured as replica'], moment.atMs, untilMs, { node })
  if (line?.about !== undefined) return { afterMs: line.seenMs - moment.atMs, to: line.about }
  for (const { node: asked, afterMs, seenMs, view } of observed.views) {
    if (asked !== node || afterMs < moment.atMs || seenMs > untilMs) continue
    const own = view?.find(({ name }) => name === node)
    if (own?.role === 'replica' && own.of !== undefined) return { afterMs: seenMs - moment.atMs, to: own.of }
  }
  return undefined
}

function succeeded(step: Step, { afterMs, to }: Demotion, steps: readonly Step[]): boolean {
  let [master, beforeMs] = [to, step.moment.atMs + afterMs]
  for (;;) {
    const last = steps.findLast((one) => one.node === master && one.moment.atMs <= beforeMs)
    if (last === undefined || last.moment.atMs <= step.moment.atMs) return false
    if (last.from === step.node) return true
    master = last.from
    beforeMs = last.moment.atMs - 1
  }
}

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

function promotionsSeen(observed: FailoverObservations): Found[] {
  const { views, endMs } = observed
  const lastOf = new Map<string, ViewObservation>()
  const found: Found[] = []
  for (const fact of views) {
    if (fact.view === undefined || fact.seenMs > endMs) continue
    const last = lastOf.get(fact.node)
    const before = ownRole(last)
    const now = ownRole(fact)
    if (last !== undefined && before !== now && fact.afterMs < last.seenMs && isTakenBack(fact, before, views)) continue
    const sinceMs = last?.afterMs ?? 0
    if (before === 'replica' && now === 'master' && !beganAnew(observed, fact.node, sinceMs, fact.seenMs)) {
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

/**
 * Whether the next look at a node says again what the one before said. Of two looks that overlap either may have been
 * answered first, so that the one in the middle is of before.
 */
function isTakenBack(fact: ViewObservation, before: string | undefined, views: readonly ViewObservation[]): boolean {
  const next = views
    .slice(views.indexOf(fact) + 1)
    .find(({ node, view, seenMs }) => node === fact.node && view !== undefined && seenMs >= fact.seenMs)
  return next !== undefined && ownRole(next) === before
}

/**
 * Whether a step made a node forget the cluster between two moments: it is a master of its own then, and claims the
 * slots of the keys that it has (verifyClusterConfigWithData, cluster.c, Redis 7.0).
 */
function beganAnew({ steps }: FailoverObservations, node: string, fromMs: number, toMs: number): boolean {
  return steps.some(
    ({ outcome, startMs, endMs = startMs }) =>
      outcome?.administers === 'CLUSTER RESET' &&
      outcome.targets?.includes(node) === true &&
      startMs <= toMs &&
      endMs >= fromMs,
  )
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

function masterBefore(observed: FailoverObservations, node: string, atMs: number, steps: readonly Step[]): string {
  const own = observed.views
    .filter((fact) => fact.node === node && fact.seenMs < atMs)
    .map((fact) => fact.view?.find(({ name }) => name === node))
    .findLast((seen) => seen?.role === 'replica')
  return own?.of ?? masterAt(observed, shardOf(observed, node), atMs - 1, steps) ?? ''
}
