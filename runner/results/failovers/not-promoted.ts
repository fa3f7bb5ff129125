import { roundMs } from '../../base/duration.ts'
import type { Fault } from '../faults.ts'
import { absencesOf, strainsOn } from './absences.ts'
import { type Cause, faultCause, unplannedCause, wantedCause } from './cause.ts'
import { expectedAfterFault, expectedWhenWanted } from './expected.ts'
import { incidentsOf, lostElections } from './incidents.ts'
import { elections, firstError, handover } from './moments.ts'
import { type FailoverObservations, logsBetween, shardOf, timingAt } from './observations.ts'
import { masterAt, type Promotion } from './promotions.ts'
import { type Reign, reignsOf } from './reigns.ts'
import { servedThroughout } from './service.ts'
import type { FailoverTimeline, TimelineMoment } from './timeline.ts'
import { arranged, detection, felt, membersOf, spans, timeOf } from './timeline-parts.ts'
import { mayHaveSlots } from './voters.ts'
import { whyNobody } from './why-nobody.ts'

/** What a failover without a new master is made from. */
interface Attempt {
  shard: number
  from: string
  /** The replica that tried; empty if none did. */
  to: string
  outcome: FailoverTimeline['outcome']
  cause: Cause
  /** What came after the cause. */
  others: TimelineMoment[]
  /** When it was over. */
  untilMs: number
}

/** CLUSTER FAILOVERs that their servers gave up, and that no later try of the same node made good. */
export function givenUp(observed: FailoverObservations, promotions: readonly Promotion[]): FailoverTimeline[] {
  const ends = logsBetween(observed, ['manual given up'], Number.NEGATIVE_INFINITY, observed.endMs)
  return ends.flatMap((end): FailoverTimeline[] => {
    const { node, seenMs, errorMs, text } = end
    const request = logsBetween(observed, ['manual accepted', 'force accepted'], Number.NEGATIVE_INFINITY, seenMs, {
      node,
    }).at(-1)
    const madeGood = promotions.some((one) => one.node === node && one.sinceMs < seenMs && one.moment.atMs > seenMs)
    // The old master gives up too, and was not asked itself.
    if (request === undefined || madeGood) return []
    const shard = shardOf(observed, node)
    const cause = wantedCause(observed, request)
    const over: TimelineMoment = { name: 'given up', atMs: seenMs, errorMs, source: 'log', node, text }
    const others = [
      ...errorOf(observed, shard, cause, seenMs),
      ...handover(observed, node, cause.earliestMs, seenMs),
      ...elections(observed, node, request.seenMs, seenMs),
      over,
    ]
    const from = masterAt(observed, shard, seenMs, promotions) ?? ''
    return [timelineOf(observed, { shard, from, to: node, outcome: 'given up', cause, others, untilMs: seenMs })]
  })
}

function errorOf(observed: FailoverObservations, shard: number, cause: Cause, untilMs: number): TimelineMoment[] {
  const error = firstError(observed, shard, cause.earliestMs, untilMs)
  return error ? [error] : []
}

/**
 * Masters that needed a failover while no replica took over: each time, until they were back or watching ended. One
 * that only a minority lost, or that went on serving, needed none: see `suspicions.ts`; nor did one without slots.
 */
export function notPromoted(observed: FailoverObservations, promotions: readonly Promotion[]): FailoverTimeline[] {
  const shards = [...new Set(observed.nodes.map(({ shard }) => shard))]
  return shards.flatMap((shard) =>
    reignsOf(observed, shard, promotions).flatMap((reign) =>
      outagesOf(observed, reign).flatMap((outage) => failing(observed, shard, reign, outage)),
    ),
  )
}

/** A time during which a master may have been away. */
interface Outage {
  /** What may have taken it away; absent where nothing did, and it was marked as failing all the same. */
  fault?: Fault
  fromMs: number
  toMs: number
  /** The fault did take it away: being suspected is enough. Otherwise a majority must have agreed. */
  away: boolean
}

function outagesOf(observed: FailoverObservations, { master, fromMs, toMs }: Reign): Outage[] {
  const absences = absencesOf(observed, master, fromMs, toMs).map(
    (absence): Outage => ({ ...absence, toMs: Math.min(absence.toMs, toMs), away: true }),
  )
  const strains = strainsOn(observed, master, fromMs, toMs)
    .map(
      (fault): Outage => ({
        fault,
        fromMs: fault.startMs,
        toMs: Math.min(fault.undoStartMs ?? toMs, toMs),
        away: false,
      }),
    )
    .filter((strain) => !absences.some((absence) => overlap(absence, strain)))
  const planned = [...absences, ...strains]
  const marks = logsBetween(observed, ['marked failing'], fromMs, toMs, { about: master }).filter(
    ({ seenMs }) => !planned.some((outage) => seenMs >= outage.fromMs && seenMs <= outage.toMs),
  )
  return [...planned, ...marks.slice(0, 1).map(({ seenMs }) => ({ fromMs: seenMs, toMs, away: false }))]
}

function overlap(a: Outage, b: Outage): boolean {
  return a.fromMs <= b.toMs && b.fromMs <= a.toMs
}

function failing(observed: FailoverObservations, shard: number, reign: Reign, outage: Outage): FailoverTimeline[] {
  const { master } = reign
  const found = detection(observed, master, outage.fromMs, outage.toMs)
  const [first] = found
  if (first === undefined) return []
  const failedMs = found.find(({ name }) => name === 'failed')?.atMs
  const overMs = reign.toMs - reign.toErrorMs
  const cleared = logsBetween(observed, ['failing cleared'], failedMs ?? reign.toMs, reign.toMs, {
    about: master,
  }).find(({ seenMs, errorMs }) => !reign.succeeded || seenMs + errorMs < overMs)
  // What led to a new master has a timeline of its own.
  if (reign.succeeded && (outage.toMs >= overMs || (failedMs !== undefined && cleared === undefined))) return []
  const untilMs = cleared?.seenMs ?? outage.toMs
  if (!outage.away && (failedMs === undefined || !isAgreed(observed, master, outage))) return []
  if (!mayHaveSlots(observed, master, outage.fromMs)) return []
  if (servedThroughout(observed, shard, outage.fromMs, Math.min(untilMs, outage.toMs))) return []
  const cause = outage.fault ? faultCause(observed, outage.fault, master) : unplannedCause(found, first)
  const replicas = membersOf(observed, shard).filter((name) => name !== master)
  const tried = replicas.flatMap((node) => elections(observed, node, cause.earliestMs, untilMs))
  const others = [...errorOf(observed, shard, cause, untilMs), ...found, ...tried]
  const to = tried.at(-1)?.node ?? ''
  const timeline = timelineOf(observed, { shard, from: master, to, outcome: 'not promoted', cause, others, untilMs })
  const { expected } = timeline
  const why = whyNobody(observed, {
    ...{ shard, master, fromMs: outage.fromMs, toMs: outage.toMs, undetected: failedMs === undefined },
    ...(expected !== undefined && { expected }),
  })
  return [why === undefined ? timeline : { ...timeline, why }]
}

/**
 * Whether a mark came from the majority's side. A node that is cut off may count reports from before, and make one by
 * itself. Without lines of logs nobody knows.
 */
function isAgreed(observed: FailoverObservations, master: string, { fromMs, toMs }: Outage): boolean {
  const marks = logsBetween(observed, ['marked failing', 'told of failing'], fromMs, toMs, { about: master })
  return marks.length === 0 || marks.some(({ node, seenMs }) => !isCutOff(observed, node, seenMs))
}

function isCutOff(observed: FailoverObservations, node: string, atMs: number): boolean {
  return absencesOf(observed, node, 0, atMs).some(({ toMs }) => toMs > atMs)
}

function timelineOf(observed: FailoverObservations, attempt: Attempt): FailoverTimeline {
  const { shard, from, to, outcome, cause, untilMs } = attempt
  const times = spans(arranged(cause.moments, attempt.others), untilMs)
  const members = membersOf(observed, shard)
  const lost = lostElections(observed, members, times.startMs, untilMs)
  const failedMs = timeOf(times.moments, 'failed')
  const timing = timingAt(observed, cause.earliestMs)
  return {
    shard,
    from,
    to,
    kind: cause.kind,
    cause: cause.text,
    outcome,
    wanted: cause.wanted,
    ...(cause.askedBy !== undefined && { askedBy: cause.askedBy }),
    ...times,
    ...(failedMs === undefined || cause.goneMs === undefined ? {} : { detectionMs: roundMs(failedMs - cause.goneMs) }),
    ...felt(observed, shard, cause.earliestMs, untilMs),
    ...(timing ? { expected: cause.wanted ? expectedWhenWanted(timing) : expectedAfterFault(timing, {}, 0) } : {}),
    incidents: incidentsOf(observed, members, times.startMs, untilMs, lost),
  }
}
