import { type Cause, faultCause, faultOn, requestFor, unplannedCause, wantedCause } from './cause.ts'
import { expectedAfterFault, expectedWhenWanted } from './expected.ts'
import { type FailoverFacts, logsBetween, timingAt } from './facts.ts'
import { givenUpBefore, incidentsOf, lostElections } from './incidents.ts'
import { aftermath, elections, failed, firstError, handover } from './moments.ts'
import { tidyMs } from './phases.ts'
import type { Promotion } from './promotions.ts'
import type { ExpectedTimes, FailoverTimeline, TimelineMoment } from './timeline.ts'
import { announcement, arranged, detection, felt, membersOf, spans, timeOf } from './timeline-parts.ts'

/** `cluster-node-timeout` where it was not asked for: what runs have unless they say otherwise. */
const DEFAULT_TIMEOUT_MS = 5000

/** A write may be refused this long after its master was asked to end, ms. */
const NOTICED_MS = 1000

/** The timeline of a failover that came to its end: there is a new master. */
export function promotedTimeline(facts: FailoverFacts, promotion: Promotion): FailoverTimeline {
  const { node, from, shard, moment, epoch, sinceMs, untilMs } = promotion
  const { atMs } = moment
  const cause = causeOf(facts, promotion)
  const after = aftermath(facts, { node, from, shard, atMs, untilMs })
  const servedMs = timeOf(after.moments, 'first write')
  const error = firstError(facts, shard, cause.earliestMs, servedMs ?? untilMs)
  const others = [...(error ? [error] : []), ...beforeIt(facts, promotion, cause), moment, ...after.moments]
  const moments = arranged(cause.moments, others)
  const times = spans(moments, atMs)
  const { delayMs, ...ranks } = announcement(facts, node, cause.earliestMs, atMs)
  const members = membersOf(facts, shard)
  const overMs = times.startMs + times.wholeMs
  const lost = lostElections(facts, members, times.startMs, overMs)
  return {
    ...{ shard, from, to: node, kind: cause.kind, cause: cause.text, outcome: 'promoted', wanted: cause.wanted },
    ...times,
    ...measured(cause, moments, tidyMs(atMs)),
    ...felt(facts, shard, cause.earliestMs, servedMs ?? untilMs),
    ...(after.resync ? { resync: after.resync } : {}),
    ...(ranks.rank === undefined ? {} : { rank: ranks.rank }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(delayMs === undefined ? {} : { announcedDelayMs: delayMs }),
    ...expectedOf(facts, cause, ranks, lost.filter((one) => one.node === node).length),
    incidents: [
      // A CLUSTER FAILOVER may have been tried in vain before the try that this one began with.
      ...(cause.wanted ? givenUpBefore(facts, node, sinceMs, times.startMs) : []),
      ...incidentsOf(facts, members, times.startMs, overMs, lost),
    ],
  }
}

function causeOf(facts: FailoverFacts, promotion: Promotion): Cause {
  const { node, from, sinceMs, moment } = promotion
  const { atMs } = moment
  const request = requestFor(facts, node, sinceMs, atMs)
  if (request) return wantedCause(facts, request)
  const knownMs = failed(facts, from, sinceMs, atMs)?.atMs ?? atMs
  const fault = faultOn(facts, from, sinceMs, knownMs)
  if (fault) return faultCause(facts, fault, from)
  return unplannedCause(signsOf(facts, promotion, knownMs), moment)
}

/** What was seen of a failing that the run did not cause. */
function signsOf(facts: FailoverFacts, promotion: Promotion, knownMs: number): TimelineMoment[] {
  const { from, shard, sinceMs, moment } = promotion
  const { atMs } = moment
  const error = lastBreak(facts, shard, sinceMs, atMs)
  // A master was failing for two node time-outs at most before the others agreed: what was seen before is something else.
  const timeoutMs = timingAt(facts, atMs)?.nodeTimeoutMs ?? DEFAULT_TIMEOUT_MS
  const earliestMs = Math.max(sinceMs, Math.min(knownMs - 2 * timeoutMs, (error?.atMs ?? atMs) - NOTICED_MS))
  const signs = [askedToEnd(facts, from, earliestMs, atMs), error, ...detection(facts, from, earliestMs, atMs)]
  return signs.flatMap((sign) => sign ?? [])
}

function askedToEnd(facts: FailoverFacts, master: string, fromMs: number, toMs: number): TimelineMoment | undefined {
  const line = logsBetween(facts, ['asked to end'], fromMs, toMs, { node: master }).at(-1)
  if (line === undefined) return undefined
  const { seenMs, errorMs, text } = line
  return { name: 'first sign', atMs: seenMs, errorMs, source: 'log', node: master, text }
}

/** The first refused write of the refusal that lasted until the promotion. */
function lastBreak(facts: FailoverFacts, shard: number, fromMs: number, toMs: number): TimelineMoment | undefined {
  const fact = facts.service.findLast((one) => one.shard === shard && one.seenMs >= fromMs && one.seenMs <= toMs)
  return fact && !fact.served ? firstError(facts, shard, fact.seenMs, toMs) : undefined
}

/** What came between the cause and the promotion. */
function beforeIt(facts: FailoverFacts, { node, from, moment }: Promotion, cause: Cause): TimelineMoment[] {
  const { atMs } = moment
  const elected = elections(facts, node, cause.earliestMs, atMs)
  if (!cause.wanted) return [...detection(facts, from, cause.earliestMs, atMs), ...elected]
  // An older election may still have been set up when the request came, which starts one of its own.
  const own = elected.findLastIndex(({ name }) => name === 'election delayed')
  return [...handover(facts, node, cause.earliestMs, atMs), ...elected.slice(Math.max(own, 0))]
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
    ...(detected ? { detectionMs: tidyMs(Math.max(failedMs - (cause.goneMs ?? failedMs), 0)) } : {}),
    ...(votingMs === undefined ? {} : { electionMs: tidyMs(atMs - votingMs) }),
  }
}

function expectedOf(
  facts: FailoverFacts,
  cause: Cause,
  ranks: { rank?: number; primaryRank?: number },
  lost: number,
): { expected?: ExpectedTimes } {
  const timing = timingAt(facts, cause.earliestMs)
  if (timing === undefined) return {}
  return { expected: cause.wanted ? expectedWhenWanted(timing) : expectedAfterFault(timing, ranks, lost) }
}
