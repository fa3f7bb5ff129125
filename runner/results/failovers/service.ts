import type { FailoverObservations } from './observations.ts'
import type { RefusedShard } from './timeline.ts'

/** A span in which writes to a shard were refused. */
interface Refusal {
  shard: number
  error: string
  fromMs: number
  toMs: number
  /** Served again by then. */
  ended: boolean
}

/**
 * How long writes to the shard were refused from `fromMs` to `untilMs`, times in between in which it served not
 * counted; undefined if nobody tried any.
 */
export function clientOutage(
  observed: FailoverObservations,
  shard: number,
  fromMs: number,
  untilMs: number,
): { outageMs: number; back: boolean } | undefined {
  if (!observed.service.some((one) => one.shard === shard)) return undefined
  const before = observed.service.findLast((one) => one.shard === shard && one.seenMs < fromMs)
  // Refused already when it began: counted from then on.
  const sinceMs = before?.served === false ? before.seenMs : fromMs
  const refusals = refusalsOf(observed, sinceMs, untilMs).filter((one) => one.shard === shard && one.toMs > fromMs)
  let [outageMs, countedMs] = [0, fromMs]
  for (const refusal of refusals) {
    // One whose error changed goes on to the same end.
    outageMs += Math.max(refusal.toMs - Math.max(refusal.fromMs, countedMs), 0)
    countedMs = Math.max(refusal.toMs, countedMs)
  }
  return { outageMs, back: refusals.at(-1)?.ended ?? true }
}

/** Whether writes to the shard were tried and none was refused between two moments. */
export function servedThroughout(
  observed: FailoverObservations,
  shard: number,
  fromMs: number,
  untilMs: number,
): boolean {
  const outage = clientOutage(observed, shard, fromMs, untilMs)
  return outage?.back === true && outage.outageMs === 0
}

/** Other shards that refused writes between two moments, and how long, only because the cluster as a whole was down. */
export function refusedElsewhere(
  observed: FailoverObservations,
  shard: number,
  fromMs: number,
  untilMs: number,
): RefusedShard[] {
  const byShard = new Map<number, RefusedShard>()
  for (const refusal of refusalsOf(observed, fromMs, untilMs)) {
    if (refusal.shard === shard || refusal.error !== 'CLUSTERDOWN') continue
    const before = byShard.get(refusal.shard)
    const refusedMs = (before?.refusedMs ?? 0) + refusal.toMs - refusal.fromMs
    byShard.set(refusal.shard, {
      ...{ shard: refusal.shard, refusedMs },
      ...(!refusal.ended && { back: false }),
      ...(isMoving(observed, refusal) && { moving: true }),
    })
  }
  return [...byShard.values()].sort((a, b) => a.shard - b.shard)
}

/** Whether slots were on their way to this shard or from it when it refused writes. */
function isMoving({ moves, nodes }: FailoverObservations, { shard, fromMs, toMs }: Refusal): boolean {
  const isEnd = (name: string) => nodes.some((node) => node.name === name && node.shard === shard)
  return moves.some(({ from, to, startMs, endMs }) => startMs <= toMs && endMs >= fromMs && (isEnd(from) || isEnd(to)))
}

/** Spans that begin between the two moments; one that was open before belongs to something else. */
function refusalsOf({ service, endMs }: FailoverObservations, fromMs: number, untilMs: number): Refusal[] {
  return service.flatMap((fact, index): Refusal[] => {
    if (fact.served || fact.seenMs < fromMs || fact.seenMs > untilMs) return []
    const next = service.slice(index + 1).find(({ shard, served }) => shard === fact.shard && served)
    const { shard, error = 'other' } = fact
    return [{ shard, error, fromMs: fact.seenMs, toMs: next?.seenMs ?? endMs, ended: next !== undefined }]
  })
}
