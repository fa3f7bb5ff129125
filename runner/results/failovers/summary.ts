import { formatDuration } from '../../base/duration.ts'
import type { ExpectedRange, FailoverTimeline, MomentName, RefusedShard } from './timeline.ts'

/** A shutdown shorter than this, ms, is no part worth telling. */
const QUICK_MS = 50

/** Times that differ by no more than this share of the longer, or by so many ms, are told as one. */
const ALIKE = 0.25
const ALIKE_MS = 250

/** Clients that were out for all but this share of the time are simply back after it. */
const BESIDE = 0.1

/**
 * A failover in one sentence: `detection 6.2 s (expected 5.0–10.0 s), election 920 ms (expected 500–1300 ms), clients
 * back after 7.4 s; the other shards were refused for 900 ms because cluster-require-full-coverage is yes`.
 */
export function failoverSummary(failover: FailoverTimeline): string {
  const main = [...headOf(failover), ...undoneText(failover), clients(failover)]
    .filter((part) => part !== '')
    .join(', ')
  return [failover.why ?? '', main, others(failover), comeback(failover)].filter((part) => part !== '').join('; ')
}

/** Seconds with one decimal, where there are any. */
function shortDuration(ms: number): string {
  return ms < 999.5 ? formatDuration(ms) : ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms)
}

export function formatRange({ minMs, maxMs }: ExpectedRange): string {
  if (maxMs < 2000) return `${Math.round(minMs)}–${Math.round(maxMs)} ms`
  return `${(minMs / 1000).toFixed(1)}–${(maxMs / 1000).toFixed(1)} s`
}

function headOf(failover: FailoverTimeline): string[] {
  const { outcome, detectionMs, electionMs, expected, wanted } = failover
  if (outcome === 'given up') return [`${failover.to} gave it up after ${shortDuration(failover.totalMs)}`]
  const parts = [
    ...shutdown(failover),
    ...(detectionMs === undefined ? [] : [`detection ${measured(detectionMs, expected?.detection)}`]),
  ]
  if (outcome === 'not promoted')
    return [
      `no replica ${failover.open ? 'has taken' : 'took'} over in ${shortDuration(failover.totalMs)}`,
      ...parts,
      ...undetected(failover),
    ]
  if (wanted) return [`promoted ${shortDuration(failover.totalMs)} after it was asked for`, ...parts]
  return [...parts, ...(electionMs === undefined ? [] : [`election ${measured(electionMs, expected?.election)}`])]
}

function undoneText({ to, undone }: FailoverTimeline): string[] {
  if (undone === undefined) return []
  return [`undone after ${shortDuration(undone.afterMs)}, when ${to} gave in to ${undone.to}`]
}

function shutdown({ phases }: FailoverTimeline): string[] {
  const phase = phases.find(({ name }) => name === 'shutdown')
  return phase && phase.durationMs >= QUICK_MS ? [`shutdown ${shortDuration(phase.durationMs)}`] : []
}

function undetected({ moments, startMs, open }: FailoverTimeline): string[] {
  if (moments.some(({ name }) => name === 'failed')) return []
  const suspected = moments.find(({ name }) => name === 'suspected')
  return suspected
    ? [`suspected after ${shortDuration(suspected.atMs - startMs)}, and ${open ? 'not yet' : 'never'} agreed on`]
    : []
}

function measured(ms: number, expected: ExpectedRange | undefined): string {
  return expected === undefined ? shortDuration(ms) : `${shortDuration(ms)} (expected ${formatRange(expected)})`
}

function clients(failover: FailoverTimeline): string {
  const { clientOutageMs, clientsBack, startMs, open } = failover
  if (clientOutageMs === undefined) return ''
  if (open && clientsBack === false) return 'writes still refused'
  if (clientOutageMs === 0) return 'no write was refused'
  if (clientsBack === false) return `writes refused to the end, ${shortDuration(clientOutageMs)}`
  const write = momentMs(failover, 'first write')
  if (write === undefined) return `writes refused for ${shortDuration(clientOutageMs)}`
  const backMs = write - startMs
  const out = backMs - clientOutageMs > BESIDE * backMs ? `, out for ${shortDuration(clientOutageMs)}` : ''
  return `clients back after ${shortDuration(backMs)}${out}`
}

/** The other shards that were refused, those apart whose slots were on the move: they were not untouched. */
function others(failover: FailoverTimeline): string {
  const { otherShards } = failover
  const untouched = otherShards.filter(({ moving }) => !moving)
  const moving = otherShards.filter((one) => one.moving)
  return [
    refused(moving, failover, 'with slots on the move,', 'with CLUSTERDOWN'),
    refused(untouched, failover, 'untouched', reasonOf(failover)),
  ]
    .filter((part) => part !== '')
    .join('; ')
}

/** Shards that were refused for nearly the same time share the longest; the others are told one by one. */
function refused(shards: readonly RefusedShard[], { open }: FailoverTimeline, what: string, why: string): string {
  const times = shards.map(({ refusedMs }) => refusedMs)
  if (times.length === 0) return ''
  const numbers = `${shards.length === 1 ? 'shard' : 'shards'} ${shards.map(({ shard }) => shard).join(', ')}`
  const which = what.endsWith(',') ? `${numbers}, ${what}` : `${what} ${numbers}`
  const were = shards.length === 1 ? 'was' : 'were'
  const [least, most] = [Math.min(...times), Math.max(...times)]
  const alike = most - least <= ALIKE * most || most - least <= ALIKE_MS
  if (alike && shards.every(({ back = true }) => back))
    return `${which} ${were} refused for ${shortDuration(most)} ${why}`
  const each = shards.map(
    ({ refusedMs, back = true }) => `${shortDuration(refusedMs)}${back ? '' : open ? ' so far' : ' to the end'}`,
  )
  return `${which} ${were} refused for ${each.join(' and ')} ${why}`
}

/**
 * A cluster is down as a whole when a slot has no owner, or when its masters that are left are no majority
 * (clusterUpdateState, cluster.c). Where the old master was there, or slots were on the move, it is not known which.
 */
function reasonOf(failover: FailoverTimeline): string {
  const isOneAway = !failover.wanted && !failover.otherShards.some(({ moving }) => moving)
  if (momentMs(failover, 'failed') === undefined)
    return isOneAway ? 'because no majority of masters was in reach' : 'with CLUSTERDOWN'
  return failover.fullCoverage === true ? 'because `cluster-require-full-coverage` is yes' : 'with CLUSTERDOWN'
}

function comeback(failover: FailoverTimeline): string {
  const { from, startMs, resync } = failover
  const back = momentMs(failover, 'old master is replica')
  if (back === undefined) return ''
  const sync = momentMs(failover, 'in sync')
  const then = sync === undefined ? '' : `, in sync ${shortDuration(sync - back)} later by a ${resync ?? ''} resync`
  return `${from} back as its replica after ${shortDuration(back - startMs)}${then}`
}

function momentMs({ moments }: FailoverTimeline, name: MomentName): number | undefined {
  return moments.find((one) => one.name === name)?.atMs
}
