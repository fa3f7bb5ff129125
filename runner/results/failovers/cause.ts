import type { FaultFact, LogFact } from '../../record/failover-facts.ts'
import { type FailoverFacts, logsBetween, type PlayedStep, shardOf } from './facts.ts'
import type { FailoverKind, TimelineMoment } from './timeline.ts'

/** Why a failover came to be, and where its timeline begins. */
export interface Cause {
  kind: FailoverKind
  /** In words. */
  text: string
  wanted: boolean
  /** The first moments, the start first: the fault and the master's end, or the request and its being accepted. */
  moments: TimelineMoment[]
  /** When it may have begun at the earliest: the start less its error. */
  earliestMs: number
  /** When the master was gone: detection counts from here. */
  goneMs?: number
}

const REQUESTS = ['manual accepted', 'force accepted', 'taken over'] as const

const KIND_OF_REQUEST: Readonly<Record<string, FailoverKind>> = {
  'manual accepted': 'manual',
  'force accepted': 'force',
  'taken over': 'takeover',
}

/** A step may end this long before the promotion that it waited for is logged, ms: log lines have errors. */
const SLACK_MS = 20

/** The request of `node` that led to what happened at `atMs`: the last since `sinceMs` that was not given up by then. */
export function requestFor(facts: FailoverFacts, node: string, sinceMs: number, atMs: number): LogFact | undefined {
  const request = logsBetween(facts, REQUESTS, sinceMs, atMs, { node }).at(-1)
  if (request === undefined) return undefined
  const givenUp = logsBetween(facts, ['manual given up'], request.seenMs, atMs, { node })
  return givenUp.length > 0 ? undefined : request
}

/** A CLUSTER FAILOVER: from the step that asked for it, else from the moment the server accepted it. */
export function wantedCause(facts: FailoverFacts, request: LogFact): Cause {
  const kind = KIND_OF_REQUEST[request.moment] ?? 'manual'
  const asking = facts.steps.filter(
    ({ targets, startMs, endMs }) =>
      targets.includes(request.node) &&
      startMs <= request.seenMs + request.errorMs &&
      endMs >= request.seenMs - SLACK_MS,
  )
  const step = asking.find(({ verb }) => verb === 'failover')
  const command = asking.find(({ verb }) => verb === 'redis')
  const mode = kind === 'manual' ? '' : ` (${kind})`
  const accepted: TimelineMoment = {
    ...{ name: 'accepted', atMs: request.seenMs, errorMs: request.errorMs, source: 'log', node: request.node },
    text: request.text,
  }
  if (step === undefined) {
    const moments: TimelineMoment[] = [{ ...accepted, name: 'requested' }]
    const where = command === undefined ? '' : ` in step ${command.path}`
    return { kind, text: `CLUSTER FAILOVER${mode}${where}`, wanted: true, moments, earliestMs: request.seenMs }
  }
  const text = `failover${mode} in step ${step.path}`
  const requested: TimelineMoment = {
    ...{ name: 'requested', atMs: step.startMs, errorMs: 0, source: 'run', node: request.node },
    text: `step ${step.path} asked for it`,
  }
  // A takeover is accepted and done with one line.
  const moments = kind === 'takeover' ? [requested] : [requested, accepted]
  return { kind, text, wanted: true, moments, earliestMs: step.startMs }
}

/** The last fault on `master` from `sinceMs` to `untilMs`. */
export function faultOn(
  { faults }: FailoverFacts,
  master: string,
  sinceMs: number,
  untilMs: number,
): FaultFact | undefined {
  return faults.findLast(
    ({ nodes, undone, fromMs }) => !undone && nodes.includes(master) && fromMs >= sinceMs && fromMs <= untilMs,
  )
}

/** Faults with which a server ends in good order: it takes its time, and says when it has ended. */
const ORDERLY: ReadonlySet<string> = new Set(['stop', 'restart'])

export function faultCause(facts: FailoverFacts, fault: FaultFact, master: string): Cause {
  const { fault: kind, fromMs } = fault
  const step = stepOf(facts, fault, master)
  const text = step === undefined ? kind : `${step.verb} in step ${step.path}`
  const what = step === undefined ? `${kind} of ${master}` : `${kind} of ${master}, step ${step.path}`
  if (!ORDERLY.has(kind)) {
    const halfMs = (bittenBy(facts, fault, master) - fromMs) / 2
    const moment: TimelineMoment = {
      ...{ name: 'fault', atMs: fromMs + halfMs, errorMs: halfMs, source: 'run', node: master, text: what },
    }
    return { kind, text, wanted: false, moments: [moment], earliestMs: fromMs, goneMs: moment.atMs }
  }
  const start: TimelineMoment = {
    ...{ name: 'fault', atMs: fromMs, errorMs: 0, source: 'run', node: master, text: what },
  }
  const down = endOf(facts, fault, master)
  const moments = [start, ...(down ? [down] : [])]
  return { kind, text, wanted: false, moments, earliestMs: fromMs, goneMs: down?.atMs ?? fromMs }
}

/** When the fault had bitten at the latest: when it was applied, or when a write failed already. */
function bittenBy(facts: FailoverFacts, { fromMs, toMs }: FaultFact, master: string): number {
  const shard = shardOf(facts, master)
  const error = facts.service.find(
    (one) => one.shard === shard && !one.served && one.seenMs >= fromMs && one.seenMs <= toMs,
  )
  return error?.seenMs ?? toMs
}

function endOf(facts: FailoverFacts, { fault, fromMs, toMs }: FaultFact, master: string): TimelineMoment | undefined {
  const [line] = logsBetween(facts, ['ended'], fromMs - SLACK_MS, toMs + SLACK_MS, { node: master })
  if (line) {
    const { seenMs, errorMs, text } = line
    return { name: 'down', atMs: Math.max(seenMs, fromMs), errorMs, source: 'log', node: master, text }
  }
  if (fault !== 'stop') return undefined
  const text = `${master} no longer runs`
  return { name: 'down', atMs: toMs, errorMs: toMs - fromMs, source: 'run', node: master, text }
}

/** The innermost step during which the fault was put on the node. */
function stepOf({ steps }: FailoverFacts, { fault, fromMs, toMs }: FaultFact, master: string): PlayedStep | undefined {
  const around = steps.filter(({ startMs, endMs }) => startMs <= fromMs + 1 && endMs >= toMs - 1)
  const named = around.filter(({ verb, targets }) => verb === fault || targets.includes(master))
  return (named.length > 0 ? named : around).sort((a, b) => b.startMs - a.startMs)[0]
}

/** Nothing that the run did: it begins with the first that was seen of it, and `otherwise` that is the promotion. */
export function unplannedCause(signs: readonly TimelineMoment[], otherwise: TimelineMoment): Cause {
  const first = [...signs].sort((a, b) => a.atMs - b.atMs)[0] ?? otherwise
  const { atMs } = first
  const moments: TimelineMoment[] = [{ ...first, name: 'first sign' }]
  return { kind: 'unplanned', text: 'unplanned', wanted: false, moments, earliestMs: atMs, goneMs: atMs }
}
