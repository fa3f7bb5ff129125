import { formatDuration } from '../../base/duration.ts'
import { listed } from '../../base/text.ts'
import { absencesOf } from './absences.ts'
import type { FailoverObservations } from './observations.ts'
import type { ExpectedTimes } from './timeline.ts'
import { membersOf } from './timeline-parts.ts'
import { majorityOf, votersAt } from './voters.ts'

/** A master that was away and that nobody replaced. */
interface Vacancy {
  shard: number
  master: string
  fromMs: number
  toMs: number
  /** No majority agreed that it had failed. */
  undetected: boolean
  expected?: ExpectedTimes
}

/**
 * Why no replica took over, as far as the faults of the run and the cluster's own settings explain it; undefined if
 * they do not.
 */
export function whyNobody(observed: FailoverObservations, vacancy: Vacancy): string | undefined {
  const { fromMs, toMs } = vacancy
  // Faults that began or ended a little apart were there together in between.
  const amidMs = (fromMs + toMs) / 2
  const isAway = (node: string) => absencesOf(observed, node, 0, amidMs).some((one) => one.toMs > amidMs)
  return noHeir(observed, vacancy, isAway) ?? noMajority(observed, vacancy, isAway) ?? tooShort(observed, vacancy)
}

function noHeir(
  observed: FailoverObservations,
  { shard, master }: Vacancy,
  isAway: (node: string) => boolean,
): string | undefined {
  const replicas = membersOf(observed, shard).filter((name) => name !== master)
  if (replicas.length === 0) return `shard ${shard} has no replica`
  if (!replicas.every(isAway)) return undefined
  return `${listed(replicas)}, which could have taken over, ${replicas.length === 1 ? 'was' : 'were'} down or cut off as well`
}

function noMajority(
  observed: FailoverObservations,
  { fromMs }: Vacancy,
  isAway: (node: string) => boolean,
): string | undefined {
  const voters = votersAt(observed, fromMs)
  const gone = voters.filter(isAway)
  const needed = majorityOf(voters.length)
  if (voters.length - gone.length >= needed) return undefined
  const were = gone.length === 1 ? 'was' : 'were'
  return `${listed(gone)} ${were} down or cut off, which left ${voters.length - gone.length} of ${voters.length} masters with slots to vote, and an election needs ${needed}`
}

/** The settings let detection alone take longer than anybody watched. */
function tooShort(
  { endMs, isOver }: FailoverObservations,
  { undetected, fromMs, toMs, expected }: Vacancy,
): string | undefined {
  const watchedMs = toMs - fromMs
  const mostMs = expected?.detection?.maxMs
  if (!undetected || mostMs === undefined || mostMs <= watchedMs) return undefined
  const was = isOver || toMs < endMs ? 'was' : 'has been'
  return `it ${was} away for ${formatDuration(watchedMs)}, and by these settings it may take ${formatDuration(mostMs)} until it is marked as failing (cluster-node-timeout ${expected?.nodeTimeoutMs})`
}
