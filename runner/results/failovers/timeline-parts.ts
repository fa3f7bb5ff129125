import { roundMs } from '../../base/duration.ts'
import { failed, inOrder, suspected } from './moments.ts'
import { type FailoverObservations, logsBetween, timingAt } from './observations.ts'
import { phasesOf } from './phases.ts'
import { clientOutage, refusedElsewhere } from './service.ts'
import type { FailoverTimeline, MomentName, TimelineMoment } from './timeline.ts'

/** Names of the nodes that a shard was formed of. */
export function membersOf({ nodes }: FailoverObservations, shard: number): string[] {
  return nodes.filter((node) => node.shard === shard).map(({ name }) => name)
}

/** PFAIL and FAIL. */
export function detection(
  observed: FailoverObservations,
  master: string,
  fromMs: number,
  toMs: number,
): TimelineMoment[] {
  const fail = failed(observed, master, fromMs, toMs)
  const pfail = suspected(observed, master, fromMs, fail?.atMs ?? toMs)
  return [pfail, fail].flatMap((moment) => moment ?? [])
}

/** Moments in order, none before the first of `start`, to the microsecond. */
export function arranged(start: readonly TimelineMoment[], others: readonly TimelineMoment[]): TimelineMoment[] {
  const startMs = start[0]?.atMs ?? Number.NEGATIVE_INFINITY
  return inOrder([...start, ...others].map((one) => ({ ...one, atMs: roundMs(Math.max(one.atMs, startMs)) })))
}

export function timeOf(moments: readonly TimelineMoment[], name: MomentName): number | undefined {
  return moments.find((one) => one.name === name)?.atMs
}

/** The times of a timeline that follow from its moments alone. */
export function spans(
  moments: TimelineMoment[],
  overMs: number,
): Pick<FailoverTimeline, 'startMs' | 'totalMs' | 'wholeMs' | 'moments' | 'phases'> {
  const startMs = moments[0]?.atMs ?? overMs
  const lastMs = moments.at(-1)?.atMs ?? overMs
  return {
    startMs,
    totalMs: roundMs(roundMs(overMs) - startMs),
    wholeMs: roundMs(lastMs - startMs),
    moments,
    phases: phasesOf(moments),
  }
}

/** What clients felt from `fromMs` to `untilMs`, in this shard and in the others. */
export function felt(
  observed: FailoverObservations,
  shard: number,
  fromMs: number,
  untilMs: number,
): Pick<FailoverTimeline, 'clientOutageMs' | 'clientsBack' | 'otherShards' | 'fullCoverage'> {
  const outage = clientOutage(observed, shard, fromMs, untilMs)
  const timing = timingAt(observed, fromMs)
  const elsewhere = refusedElsewhere(observed, shard, fromMs, untilMs)
  return {
    ...(outage ? { clientOutageMs: roundMs(outage.outageMs), clientsBack: outage.back } : {}),
    otherShards: elsewhere.map((one) => ({ ...one, refusedMs: roundMs(one.refusedMs) })),
    ...(timing ? { fullCoverage: timing.fullCoverage } : {}),
  }
}

/** What a replica announced of the election that it began by `untilMs`, if it announced one. */
export function announcement(
  observed: FailoverObservations,
  node: string,
  fromMs: number,
  untilMs: number,
): { rank?: number; primaryRank?: number; delayMs?: number } {
  const line = logsBetween(observed, ['election delayed'], fromMs, untilMs, { node }).at(-1)
  if (line === undefined) return {}
  const changed = logsBetween(observed, ['rank changed'], line.seenMs, untilMs, { node }).at(-1)
  const { primaryRank, delayMs } = line
  const rank = changed?.rank ?? line.rank
  return {
    ...(rank === undefined ? {} : { rank }),
    ...(primaryRank === undefined ? {} : { primaryRank }),
    ...(delayMs === undefined ? {} : { delayMs }),
  }
}
