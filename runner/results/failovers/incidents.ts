import { formatDuration } from '../../base/duration.ts'
import { listed, plural } from '../../base/text.ts'
import type { LogObservation } from '../../record/observations.ts'
import { type FailoverObservations, logsBetween, timingAt } from './observations.ts'
import { majorityOf, votersAt, votersSeenBy } from './voters.ts'

/** Reasons that a replica logs while all is as it should be: it waits for its turn, or for votes that may come. */
const ORDINARY = [/^Waiting the delay/, /^Waiting for votes/, /^Failover attempt expired/]

/** An election that was begun and not won. */
export interface LostElection {
  node: string
  /** In words. */
  text: string
}

/**
 * What went otherwise than it should in a failover of a shard, in sentences, in order of time: refused votes, replicas
 * that could not run, ranks that made one wait, elections that were lost, and CLUSTER FAILOVERs that the server gave
 * up. `replicas` are the shard's.
 */
export function incidentsOf(
  observed: FailoverObservations,
  replicas: readonly string[],
  fromMs: number,
  toMs: number,
  lost: readonly LostElection[],
): string[] {
  const lines = logsBetween(
    observed,
    ['vote refused', 'cannot fail over', 'rank changed', 'manual given up'],
    fromMs,
    toMs,
  )
  const sentences = lines.flatMap((line) => sentence(line, replicas) ?? [])
  return withCounts([...clocksSet(observed, fromMs, toMs), ...sentences, ...lost.map(({ text }) => text)])
}

/** Wall clocks that the run put off meanwhile: servers time silence, elections and votes by them. */
function clocksSet({ faults }: FailoverObservations, fromMs: number, toMs: number): string[] {
  return faults
    .filter(({ kind, startMs }) => kind === 'clock' && startMs >= fromMs && startMs <= toMs)
    .map(({ nodes, sentence: told = `the clocks of ${nodes.join(', ')} were set` }) => `meanwhile: ${told}`)
}

/** CLUSTER FAILOVERs of a replica that its server gave up before another one went well. */
export function givenUpBefore(observed: FailoverObservations, node: string, fromMs: number, toMs: number): string[] {
  const lines = logsBetween(observed, ['manual given up'], fromMs, toMs, { node })
  return withCounts(lines.flatMap((line) => sentence(line, [node]) ?? []))
}

function sentence(line: LogObservation, replicas: readonly string[]): string | undefined {
  const { moment, node, about = '', reason = '', rank, delayMs, epoch } = line
  if (moment === 'vote refused') {
    if (!replicas.includes(about)) return undefined
    return `${node} refused ${about} its vote${epoch === undefined ? '' : ` for epoch ${epoch}`}: ${reason}`
  }
  if (!replicas.includes(node)) return undefined
  if (moment === 'manual given up') return `${node} gave a CLUSTER FAILOVER up: its master did not hand over in time`
  if (moment === 'rank changed') {
    return `${node} moved to rank ${rank ?? '?'}, which changed its wait by ${signed(delayMs ?? 0)}: other replicas or shards go first`
  }
  return ORDINARY.some((pattern) => pattern.test(reason)) ? undefined : `${node} could not fail over: ${reason}`
}

function signed(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${formatDuration(Math.abs(ms))}`
}

/** The elections that the replicas began between two moments, and that were not won. */
export function lostElections(
  observed: FailoverObservations,
  replicas: readonly string[],
  fromMs: number,
  toMs: number,
): LostElection[] {
  return logsBetween(observed, ['election started'], fromMs, toMs)
    .filter((election) => replicas.includes(election.node) && !isWon(observed, election))
    .map((election) => ({ node: election.node, text: describeLostElection(observed, election) }))
}

function isWon(observed: FailoverObservations, { node, seenMs }: LogObservation): boolean {
  const [next] = logsBetween(observed, ['election started'], seenMs + 1, observed.endMs, { node })
  return logsBetween(observed, ['election won'], seenMs, next?.seenMs ?? observed.endMs, { node }).length > 0
}

function describeLostElection(observed: FailoverObservations, { node, epoch, seenMs }: LogObservation): string {
  const next = logsBetween(observed, ['election delayed', 'election started'], seenMs + 1, observed.endMs, { node })[0]
  const untilMs = next?.seenMs ?? observed.endMs
  const reset = logsBetween(observed, ['election reset'], seenMs, untilMs, { node })[0]
  // Votes count for half the time after which it is tried again (clusterHandleSlaveFailover, cluster.c).
  const countedMs = (timingAt(observed, seenMs)?.election.retryMs ?? Number.POSITIVE_INFINITY) / 2
  const votes = logsBetween(observed, ['vote granted'], seenMs - 1, Math.min(untilMs, seenMs + countedMs), {
    about: node,
  })
  const granted = votes.filter((vote) => vote.epoch === epoch).length
  const voters = votersSeenBy(observed, node, seenMs)
  const shared = votersAt(observed, seenMs)
  const outdated = voters.filter((voter) => !shared.includes(voter))
  const saw = outdated.length === 0 ? '' : `; in its own view ${listed(outdated)} had slots, and so a vote, too`
  const why = reset?.reason ?? describeVotes(granted, majorityOf(voters.length)) + saw
  return `${node} lost its election for epoch ${epoch ?? '?'}: ${why}`
}

/** A vote that a master gave may be lost on its way: on a link that it has yet to open again, for example. */
function describeVotes(granted: number, needed: number): string {
  if (granted < needed) return `it got ${granted} of ${needed} votes in time`
  return `${plural(granted, 'master')} voted for it, of ${needed} needed, and too few of the votes reached it in time`
}

/** Equal sentences once, with their number. */
function withCounts(sentences: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const one of sentences) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`))
}
