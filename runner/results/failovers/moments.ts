import type { LogMoment, LogObservation, ServiceObservation } from '../../record/observations.ts'
import { type FailoverObservations, logsBetween } from './observations.ts'
import { MOMENTS, type MomentName, type TimelineMoment } from './timeline.ts'
import { viewsAgree } from './views-agree.ts'

/** Facts that belong to a moment may be stamped this much before it, ms: every source has its error. */
const SLACK_MS = 20
/** A look may be this old when a promotion is logged, ms, and still be the one that shows it. */
const LOOK_MS = 100

function fromLog(name: MomentName, line: LogObservation | undefined): TimelineMoment | undefined {
  if (line === undefined) return undefined
  return { name, atMs: line.seenMs, errorMs: line.errorMs, source: 'log', node: line.node, text: line.text }
}

/** The earlier of two moments, where there is one. */
function earlier(a: TimelineMoment | undefined, b: TimelineMoment | undefined): TimelineMoment | undefined {
  return a === undefined || (b !== undefined && b.atMs < a.atMs) ? b : a
}

/** The first refused write to the shard in a span. */
export function firstError(
  { service }: FailoverObservations,
  shard: number,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const fact = service.find(
    (one) => one.shard === shard && !one.served && one.seenMs >= fromMs - SLACK_MS && one.seenMs <= toMs,
  )
  if (fact === undefined) return undefined
  const text = `a write to slot ${fact.slot} was refused: ${fact.text ?? fact.error ?? 'no reason was recorded'}`
  return { ...observed('first error', fact, fromMs), text }
}

/** The first write that `node` served from `fromMs` on. */
function firstWrite(
  { service }: FailoverObservations,
  shard: number,
  node: string,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const fact = service.find(
    (one) =>
      one.shard === shard && one.served && one.node === node && one.seenMs >= fromMs - SLACK_MS && one.seenMs <= toMs,
  )
  return fact && { ...observed('first write', fact, fromMs), node, text: `a write to slot ${fact.slot} was served` }
}

function observed(
  name: MomentName,
  { seenMs, afterMs }: ServiceObservation,
  fromMs: number,
): Omit<TimelineMoment, 'text'> & { text: string } {
  const atMs = Math.max(seenMs, fromMs)
  return { name, atMs, errorMs: Math.max(atMs - Math.max(afterMs, fromMs), 0), source: 'probe', text: '' }
}

/** PFAIL: the first that suspects `master`, by the views of others or by a log. */
export function suspected(
  observed: FailoverObservations,
  master: string,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const [line] = logsBetween(observed, ['suspected'], fromMs, toMs, { about: master })
  return earlier(fromLog('suspected', line), marked(observed, 'suspected', master, fromMs, toMs))
}

/** FAIL: the first that knows of a majority, by a log; else by a view. */
export function failed(
  observed: FailoverObservations,
  master: string,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const [first] = logsBetween(observed, ['marked failing', 'told of failing'], fromMs, toMs, { about: master })
  // Who was told may log it in the same millisecond: the line of the one who counted says more.
  const sameMs = (first?.seenMs ?? toMs) + (first?.errorMs ?? 0)
  const [counted = first] = logsBetween(observed, ['marked failing'], fromMs, sameMs, { about: master })
  return fromLog('failed', counted) ?? marked(observed, 'failed', master, fromMs, toMs)
}

function marked(
  { views }: FailoverObservations,
  name: 'suspected' | 'failed',
  master: string,
  fromMs: number,
  toMs: number,
): TimelineMoment | undefined {
  const flag = name === 'suspected' ? 'fail?' : 'fail'
  const fact = views.find(
    (one) =>
      one.seenMs >= fromMs &&
      one.afterMs <= toMs &&
      one.node !== master &&
      one.view?.some((seen) => seen.name === master && seen.failing === flag),
  )
  if (fact === undefined) return undefined
  const { seenMs, node } = fact
  const afterMs = Math.max(fact.afterMs, fromMs)
  // Marked and agreed on may be logged between two looks: what led to it came before it.
  const beforeMs = Math.min(seenMs, toMs)
  const halfMs = Math.max(beforeMs - afterMs, 0) / 2
  const text = `${node} sees ${master} as ${flag}`
  return { name, atMs: afterMs + halfMs, errorMs: halfMs, source: 'views', node, text }
}

/** All elections of `node` in a span: each with its announcement and its start. */
export function elections(
  observed: FailoverObservations,
  node: string,
  fromMs: number,
  toMs: number,
): TimelineMoment[] {
  const names: Partial<Record<LogMoment, MomentName>> = {
    'election delayed': 'election delayed',
    'election started': 'election started',
  }
  return logsBetween(observed, ['election delayed', 'election started'], fromMs, toMs, { node }).flatMap(
    (line) => fromLog(names[line.moment] ?? 'election started', line) ?? [],
  )
}

/** What passes between a replica and its master before a manual election. */
export function handover(observed: FailoverObservations, node: string, fromMs: number, toMs: number): TimelineMoment[] {
  const [paused] = logsBetween(observed, ['handover asked'], fromMs, toMs, { about: node })
  const [offset] = logsBetween(observed, ['offset received'], fromMs, toMs, { node })
  const [caughtUp] = logsBetween(observed, ['caught up'], fromMs, toMs, { node })
  const moments = [fromLog('writes paused', paused), fromLog('offset received', offset), fromLog('caught up', caughtUp)]
  return moments.flatMap((moment) => moment ?? [])
}

/** What follows a promotion: service, agreement, and the old master's return. */
export function aftermath(
  observed: FailoverObservations,
  promoted: { node: string; from: string; shard: number; atMs: number; untilMs: number },
): { moments: TimelineMoment[]; resync?: 'full' | 'partial' } {
  const { node, from, shard, atMs, untilMs } = promoted
  const agreement = viewsAgree(observed.views, node, atMs - LOOK_MS, untilMs)
  const agree: TimelineMoment | undefined = agreement && {
    ...middleOf(agreement, atMs),
    name: 'views agree',
    source: 'views',
    node: agreement.node,
    text: `all ${agreement.nodes} nodes that answer see the same, ${agreement.node} as the last`,
  }
  const back = returned(observed, from, node, atMs, untilMs)
  const sync = back && synced(observed, from, back.atMs, untilMs)
  const moments = [firstWrite(observed, shard, node, atMs, untilMs), agree, back, sync?.moment]
  return { moments: moments.flatMap((moment) => moment ?? []), ...(sync ? { resync: sync.kind } : {}) }
}

function middleOf(
  { afterMs, seenMs }: { afterMs: number; seenMs: number },
  fromMs: number,
): { atMs: number; errorMs: number } {
  const lastMs = Math.max(seenMs, fromMs)
  const halfMs = (lastMs - Math.max(afterMs, fromMs)) / 2
  return { atMs: lastMs - halfMs, errorMs: halfMs }
}

function returned(
  observed: FailoverObservations,
  from: string,
  to: string,
  atMs: number,
  untilMs: number,
): TimelineMoment | undefined {
  const name = 'old master is replica'
  const lines = logsBetween(observed, ['reconfigured as replica'], atMs - SLACK_MS, untilMs, { node: from, about: to })
  const logged = fromLog(name, lines[0])
  if (logged) return { ...logged, atMs: Math.max(logged.atMs, atMs) }
  const fact = observed.views.find(
    (one) =>
      one.node === from &&
      one.seenMs >= atMs &&
      one.seenMs <= untilMs &&
      one.view?.some((seen) => seen.name === from && seen.role === 'replica' && seen.of === to),
  )
  const text = `${from} says that it is a replica of ${to}`
  return fact && { name, ...middleOf(fact, atMs), source: 'views', node: from, text }
}

function synced(
  observed: FailoverObservations,
  node: string,
  fromMs: number,
  untilMs: number,
): { moment: TimelineMoment; kind: 'full' | 'partial' } | undefined {
  const [line] = logsBetween(observed, ['partial resync', 'full resync done'], fromMs - SLACK_MS, untilMs, { node })
  const moment = fromLog('in sync', line)
  if (line === undefined || moment === undefined) return undefined
  const kind = line.moment === 'partial resync' ? 'partial' : 'full'
  return { moment: { ...moment, atMs: Math.max(moment.atMs, fromMs) }, kind }
}

/** In order of time; at the same time, in the order in which they are due. */
export function inOrder(moments: readonly TimelineMoment[]): TimelineMoment[] {
  return [...moments].sort((a, b) => a.atMs - b.atMs || MOMENTS.indexOf(a.name) - MOMENTS.indexOf(b.name))
}
