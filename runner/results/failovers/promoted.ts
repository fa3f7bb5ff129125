import { formatDuration, roundMs } from '../../base/duration.ts'
import { USUAL_NODE_TIMEOUT_MS } from '../stalls.ts'
import { faultThatTook } from './absences.ts'
import { type Cause, faultCause, requestFor, strayRequestFor, unplannedCause, wantedCause } from './cause.ts'
import { commandCause } from './commands.ts'
import { expectedAfterFault, expectedWhenWanted } from './expected.ts'
import { givenUpBefore, incidentsOf, type LostElection, lostElections } from './incidents.ts'
import { aftermath, elections, failed, firstError, handover } from './moments.ts'
import { type FailoverObservations, logsBetween, timingAt } from './observations.ts'
import type { Promotion } from './promotions.ts'
import type { ExpectedTimes, FailoverTimeline, TimelineMoment } from './timeline.ts'
import { announcement, arranged, detection, felt, membersOf, spans, timeOf } from './timeline-parts.ts'

/** A replica sets its election up so soon after it knows that its master has failed, ms, unless it has to wait. */
const AT_ONCE_MS = 500

/** A write may be refused this long after its master was asked to end, ms. */
const NOTICED_MS = 1000

/**
 * The timeline of a failover that came to its end: there is a new master. `rivals` became masters of the same shard in
 * the place of the same master.
 */
export function promotedTimeline(
  observed: FailoverObservations,
  promotion: Promotion,
  rivals: readonly Promotion[],
): FailoverTimeline {
  const { node, from, shard, moment, epoch, sinceMs, untilMs, undone } = promotion
  const { atMs } = moment
  const cause = causeOf(observed, promotion)
  const after = aftermath(observed, { node, from, shard, atMs, untilMs })
  const servedMs = timeOf(after.moments, 'first write')
  const error = firstError(observed, shard, cause.earliestMs, servedMs ?? untilMs)
  const others = [...(error ? [error] : []), ...beforeIt(observed, promotion, cause), moment, ...after.moments]
  const moments = arranged(cause.moments, others)
  const times = spans(moments, atMs)
  const { delayMs, ...ranks } = announcement(observed, node, cause.earliestMs, atMs)
  const members = membersOf(observed, shard)
  const overMs = times.startMs + times.wholeMs
  const lost = [...held(observed, promotion, times.startMs), ...lostElections(observed, members, times.startMs, overMs)]
  return {
    shard,
    from,
    to: node,
    kind: cause.kind,
    cause: cause.text,
    outcome: undone ? 'undone' : 'promoted',
    ...(undone ? { undone: { afterMs: roundMs(undone.afterMs), to: undone.to } } : {}),
    wanted: cause.wanted,
    ...(cause.askedBy !== undefined && { askedBy: cause.askedBy }),
    ...times,
    ...measured(cause, moments, roundMs(atMs)),
    ...felt(observed, shard, cause.earliestMs, servedMs ?? untilMs),
    ...(after.resync ? { resync: after.resync } : {}),
    ...(ranks.rank === undefined ? {} : { rank: ranks.rank }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(delayMs === undefined ? {} : { announcedDelayMs: delayMs }),
    ...expectedOf(observed, cause, ranks, lost.filter((one) => one.node === node).length),
    incidents: [
      // A CLUSTER FAILOVER may have been tried in vain before the try that this one began with.
      ...(cause.wanted ? givenUpBefore(observed, node, sinceMs, times.startMs) : []),
      ...incidentsOf(observed, members, times.startMs, overMs, lost),
      ...(undone ? [] : rivals.map(rivalText)),
    ],
  }
}

/**
 * Elections that the new master had lost, or set up in vain, before this failover began, so shortly that it had to wait
 * until it might set up another (auth_retry_time in clusterHandleSlaveFailover, cluster.c, Redis 7.0).
 */
function held(observed: FailoverObservations, { node, from, moment }: Promotion, startMs: number): LostElection[] {
  const { atMs } = moment
  const retryMs = timingAt(observed, startMs)?.election.retryMs ?? 0
  const lost = lostElections(observed, [node], startMs - retryMs, startMs - 1)
  const setUp = logsBetween(observed, ['election delayed'], startMs - retryMs, atMs, { node })
  const failedMs = failed(observed, from, startMs, atMs)?.atMs ?? startMs
  const isInVain = (setUp[0]?.seenMs ?? startMs) < startMs && (setUp.at(-1)?.seenMs ?? 0) > failedMs + AT_ONCE_MS
  const hasWon = logsBetween(observed, ['election won'], startMs - retryMs, startMs - 1, { node }).length > 0
  if (lost.length > 0 || !isInVain || hasWon) return lost
  return [
    { node, text: `${node} had set up an election in vain before, and had to wait until it might set up another` },
  ]
}

function rivalText({ node, shard, undone }: Promotion): string {
  const fate = undone ? `gave in after ${formatDuration(undone.afterMs)}` : 'had not given in when watching ended'
  return `${node} became master of shard ${shard} too, and ${fate}`
}

function causeOf(observed: FailoverObservations, promotion: Promotion): Cause {
  const { node, from, shard, sinceMs, moment } = promotion
  const { atMs } = moment
  const request = requestFor(observed, node, sinceMs, atMs)
  if (request) return wantedCause(observed, request)
  const who = { master: from, heir: node }
  const knownMs = failed(observed, from, sinceMs, atMs)?.atMs ?? atMs
  const backMs = backBefore(observed, from, sinceMs, atMs)
  const againMs = failed(observed, from, backMs ?? sinceMs, atMs)?.atMs ?? atMs
  const fault =
    (backMs === undefined ? undefined : faultThatTook(observed, who, backMs, againMs)) ??
    faultThatTook(observed, who, sinceMs, knownMs) ??
    // A master that was marked as failing before it was taken away would have cleared itself.
    faultThatTook(observed, who, knownMs, atMs)
  if (fault) return faultCause(observed, fault, from)
  const stray = strayRequestFor(observed, node, sinceMs, atMs)
  if (stray) {
    const cause = wantedCause(observed, stray)
    return { ...cause, text: `${cause.text} for ${stray.node}, which ${node} took for its own` }
  }
  const unplanned = unplannedCause(signsOf(observed, promotion, knownMs), moment)
  const error = lastBreak(observed, shard, sinceMs, atMs)
  return commandCause(observed, { master: from, sinceMs, knownMs, error }, unplanned) ?? unplanned
}

/** When a master was back that had failed before, nobody having taken over, and then failed again. */
function backBefore(observed: FailoverObservations, master: string, fromMs: number, toMs: number): number | undefined {
  const about = { about: master }
  const again = logsBetween(observed, ['marked failing', 'told of failing'], fromMs, toMs, about).at(-1)
  if (again === undefined) return undefined
  return logsBetween(observed, ['failing cleared'], fromMs, again.seenMs, about).at(-1)?.seenMs
}

/** What was seen of a failing that the run did not cause. */
function signsOf(observed: FailoverObservations, promotion: Promotion, knownMs: number): TimelineMoment[] {
  const { from, shard, sinceMs, moment } = promotion
  const { atMs } = moment
  const error = lastBreak(observed, shard, sinceMs, atMs)
  // A master was failing for two node time-outs at most before the others agreed: what was seen before is something
  // else.
  const timeoutMs = timingAt(observed, atMs)?.nodeTimeoutMs ?? USUAL_NODE_TIMEOUT_MS
  const earliestMs = Math.max(sinceMs, Math.min(knownMs - 2 * timeoutMs, (error?.atMs ?? atMs) - NOTICED_MS))
  const signs = [askedToEnd(observed, from, earliestMs, atMs), error, ...detection(observed, from, earliestMs, atMs)]
  return signs.flatMap((sign) => sign ?? [])
}

function askedToEnd(
  observed: FailoverObservations,
  master: string,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const line = logsBetween(observed, ['asked to end'], fromMs, toMs, { node: master }).at(-1)
  if (line === undefined) return undefined
  const { seenMs, errorMs, text } = line
  return { name: 'first sign', atMs: seenMs, errorMs, source: 'log', node: master, text }
}

/** The first refused write of the refusal that lasted until the promotion. */
function lastBreak(
  observed: FailoverObservations,
  shard: number,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const fact = observed.service.findLast((one) => one.shard === shard && one.seenMs >= fromMs && one.seenMs <= toMs)
  return fact && !fact.served ? firstError(observed, shard, fact.seenMs, toMs) : undefined
}

/** What came between the cause and the promotion. */
function beforeIt(observed: FailoverObservations, { node, from, moment }: Promotion, cause: Cause): TimelineMoment[] {
  const { atMs } = moment
  const elected = elections(observed, node, cause.earliestMs, atMs)
  if (!cause.wanted) return [...detection(observed, from, cause.earliestMs, atMs), ...elected]
  // An older election may still have been set up when the request came, which starts one of its own.
  const own = elected.findLastIndex(({ name }) => name === 'election delayed')
  return [...handover(observed, node, cause.earliestMs, atMs), ...elected.slice(Math.max(own, 0))]
}

function measured(
  cause: Cause,
  moments: readonly TimelineMoment[],
  atMs: number,
): Pick<FailoverTimeline, 'detectionMs' | 'electionMs'> {
  const failedMs = timeOf(moments, 'failed')
  const setUpMs = timeOf(moments, 'election delayed') ?? timeOf(moments, 'election started')
  const votingMs = cause.wanted ? setUpMs : failedMs
  const detected = failedMs !== undefined && cause.goneMs !== undefined && !cause.wanted
  return {
    ...(detected ? { detectionMs: roundMs(Math.max(failedMs - (cause.goneMs ?? failedMs), 0)) } : {}),
    ...(votingMs === undefined ? {} : { electionMs: roundMs(atMs - votingMs) }),
  }
}

function expectedOf(
  observed: FailoverObservations,
  cause: Cause,
  ranks: { rank?: number; primaryRank?: number },
  lost: number,
): { expected?: ExpectedTimes } {
  const timing = timingAt(observed, cause.earliestMs)
  if (timing === undefined) return {}
  return { expected: cause.wanted ? expectedWhenWanted(timing) : expectedAfterFault(timing, ranks, lost) }
}
