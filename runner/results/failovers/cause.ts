import type { LogObservation } from '../../record/observations.ts'
import { failoverReason } from '../administered.ts'
import type { Fault } from '../faults.ts'
import type { PlayedStep } from '../steps.ts'
import { CRASHES, isCrash } from './crashes.ts'
import { type FailoverObservations, logsBetween, shardOf, timingAt } from './observations.ts'
import type { FailoverKind, TimelineMoment } from './timeline.ts'

/** Why a failover came to be, and where its timeline begins. */
export interface Cause {
  kind: FailoverKind
  /** In words. */
  text: string
  wanted: boolean
  /** Of a wanted one, the path of the step that asked for it; absent where none did. */
  askedBy?: string
  /** The first moments, the start first: the fault and the master's end, or the request and its being accepted. */
  moments: TimelineMoment[]
  /** When it may have begun at the earliest: the start less its error. */
  earliestMs: number
  /** When the master was gone: detection counts from here. */
  goneMs?: number
}

const REQUESTS = ['manual accepted', 'force accepted', 'taken over'] as const

const GIVEN_UP = 'manual given up'

const KIND_OF_REQUEST: Readonly<Record<string, FailoverKind>> = {
  'manual accepted': 'manual',
  'force accepted': 'force',
  'taken over': 'takeover',
}

/** A step may end this long before the promotion that it waited for is logged, ms: log lines have errors. */
const SLACK_MS = 20

/**
 * The request of `node` that led to what happened at `atMs`: the last since `sinceMs` that was not given up by then.
 */
export function requestFor(
  observed: FailoverObservations,
  node: string,
  sinceMs: number,
  atMs: number,
): LogObservation | undefined {
  // In the order of the log: one that is given up and the next may be of the same millisecond.
  const last = logsBetween(observed, [...REQUESTS, GIVEN_UP], sinceMs, atMs, { node }).at(-1)
  return last?.moment === GIVEN_UP ? undefined : last
}

/**
 * The request of another replica that had `node`, its master until then, stand for election itself. One that reaches a
 * master which has just become a replica is taken up by it as if it were its own, until it times out: no server looks at
 * its own role there (clusterProcessPacket of MFSTART and clusterHandleManualFailover, cluster.c, Redis 7.0).
 */
export function strayRequestFor(
  observed: FailoverObservations,
  node: string,
  sinceMs: number,
  atMs: number,
): LogObservation | undefined {
  const timeoutMs = timingAt(observed, atMs)?.manualTimeoutMs ?? 0
  const elected = logsBetween(observed, ['election started'], sinceMs, atMs, { node }).at(-1)
  if (elected === undefined) return undefined
  const asked = logsBetween(observed, ['handover asked'], elected.seenMs - timeoutMs, elected.seenMs, { node }).at(-1)
  if (asked?.about === undefined) return undefined
  const ready = logsBetween(observed, ['caught up'], asked.seenMs, elected.seenMs, { node })
  if (ready.length === 0) return undefined
  return logsBetween(observed, ['manual accepted'], asked.seenMs - timeoutMs, atMs, { node: asked.about }).at(-1)
}

/** A CLUSTER FAILOVER: from the step that asked for it, else from the moment the server accepted it. */
export function wantedCause(observed: FailoverObservations, request: LogObservation): Cause {
  const kind = KIND_OF_REQUEST[request.moment] ?? 'manual'
  const asking = observed.steps.filter(
    ({ outcome, startMs, endMs = startMs }) =>
      outcome?.targets?.includes(request.node) &&
      startMs <= request.seenMs + request.errorMs &&
      endMs >= request.seenMs - SLACK_MS,
  )
  const step = asking.find(({ verb }) => verb === 'failover')
  const command = asking.find(isFailoverCommand)
  const mode = kind === 'manual' ? '' : ` (${kind})`
  const accepted: TimelineMoment = {
    name: 'accepted',
    atMs: request.seenMs,
    errorMs: request.errorMs,
    source: 'log',
    node: request.node,
    text: request.text,
  }
  if (step === undefined) {
    const moments: TimelineMoment[] = [{ ...accepted, name: 'requested' }]
    const cause = { kind, wanted: true, moments, earliestMs: request.seenMs }
    const text = `CLUSTER FAILOVER${mode}`
    if (command === undefined) return { ...cause, text }
    return { ...cause, text: `${text} in step ${command.path}`, askedBy: command.path }
  }
  const text = `failover${mode} in step ${step.path}`
  const requested: TimelineMoment = {
    name: 'requested',
    atMs: step.startMs,
    errorMs: 0,
    source: 'run',
    node: request.node,
    text: `step ${step.path} asked for it`,
  }
  // A takeover is accepted and done with one line.
  const moments = kind === 'takeover' ? [requested] : [requested, accepted]
  return { kind, text, wanted: true, askedBy: step.path, moments, earliestMs: step.startMs }
}

/** A script may write the line of a request into its server's log. Older records tell of commands by their step's name alone. */
function isFailoverCommand({ verb, name, outcome }: PlayedStep): boolean {
  const { administers = name } = outcome ?? {}
  return verb === 'redis' && /^CLUSTER FAILOVER\b/i.test(administers)
}

/** Faults with which a server ends in good order: it takes its time, and says when it has ended. */
const ORDERLY: ReadonlySet<string> = new Set(['stop', 'restart'])

/** A look shows a belief so long after it began, ms. */
const SHOWN_AFTER_MS = 250

/** What made nodes take each other to be failing, in words, and until when: the last fault on any that was active. */
export function causeOfBelief(
  observed: FailoverObservations,
  nodes: readonly string[],
  atMs: number,
): { text: string; untilMs?: number } {
  const fault = observed.faults.findLast(
    (one) =>
      one.startMs <= atMs &&
      (one.undoStartMs ?? atMs) >= atMs - SHOWN_AFTER_MS &&
      one.nodes.some((name) => nodes.includes(name)),
  )
  if (fault === undefined) return { text: 'unplanned' }
  const { undoStartMs } = fault
  const text = textOf(fault, stepOf(observed, fault, nodes[0] ?? ''))
  return { text, ...(undoStartMs !== undefined && { untilMs: undoStartMs }) }
}

function textOf({ kind }: Fault, step: PlayedStep | undefined): string {
  return step === undefined ? kind : `${step.verb} in step ${step.path}`
}

export function faultCause(observed: FailoverObservations, fault: Fault, master: string): Cause {
  const { startMs } = fault
  const { kind, text, what } = told(observed, fault, master)
  if (!ORDERLY.has(kind)) {
    const halfMs = (bittenBy(observed, fault, master) - startMs) / 2
    const moment: TimelineMoment = {
      name: 'fault',
      atMs: startMs + halfMs,
      errorMs: halfMs,
      source: 'run',
      node: master,
      text: what,
    }
    return { kind, text, wanted: false, moments: [moment], earliestMs: startMs, goneMs: moment.atMs }
  }
  const start: TimelineMoment = {
    name: 'fault',
    atMs: startMs,
    errorMs: 0,
    source: 'run',
    node: master,
    text: what,
  }
  const down = endOf(observed, fault, master)
  const moments = [start, ...(down ? [down] : [])]
  return { kind, text, wanted: false, moments, earliestMs: startMs, goneMs: down?.atMs ?? startMs }
}

/** A fault in words; what a command of a step did is told by that command. */
function told(
  observed: FailoverObservations,
  fault: Fault,
  master: string,
): { kind: FailoverKind; text: string; what: string } {
  const { kind, startMs, appliedMs, proof } = fault
  if (kind === CRASHES.crash) {
    const text = crashingStep(observed, fault, master) ?? kind
    return { kind, text, what: `${master} crashed: ${proof}` }
  }
  if (kind === CRASHES.outOfMemory) {
    const limit = observed.faults.findLast(
      (one) => one.kind === 'memory' && one.nodes.includes(master) && one.startMs <= appliedMs && isOn(one, startMs),
    )
    const what = `${master} ended for want of memory: ${proof}`
    if (limit === undefined) return { kind: CRASHES.crash, text: kind, what }
    return { kind: limit.kind, text: textOf(limit, stepOf(observed, limit, master)), what }
  }
  const step = stepOf(observed, fault, master)
  const what = step === undefined ? `${kind} of ${master}` : `${kind} of ${master}, step ${step.path}`
  return { kind, text: textOf(fault, step), what }
}

function isOn({ undoStartMs }: Fault, atMs: number): boolean {
  return undoStartMs === undefined || undoStartMs >= atMs
}

/** The command of a step that the server crashed of: `DEBUG SEGFAULT in step 3`. */
function crashingStep({ steps }: FailoverObservations, fault: Fault, master: string): string | undefined {
  const step = steps.findLast(
    ({ outcome, startMs, endMs = startMs }) =>
      outcome?.administers !== undefined &&
      failoverReason(outcome.administers) === 'stands still' &&
      outcome.targets?.includes(master) &&
      startMs <= fault.appliedMs + SLACK_MS &&
      endMs >= fault.startMs - SLACK_MS,
  )
  return step && `${step.outcome?.administers} in step ${step.path}`
}

/** When the fault had bitten at the latest: when it was applied, or when a write failed already. */
function bittenBy(observed: FailoverObservations, { kind, startMs, appliedMs }: Fault, master: string): number {
  if (isCrash(kind)) return appliedMs
  const shard = shardOf(observed, master)
  const error = observed.service.find(
    (one) => one.shard === shard && !one.served && one.seenMs >= startMs && one.seenMs <= appliedMs,
  )
  return error?.seenMs ?? appliedMs
}

function endOf(
  observed: FailoverObservations,
  { kind, startMs, appliedMs }: Fault,
  master: string,
): TimelineMoment | undefined {
  const [line] = logsBetween(observed, ['ended'], startMs - SLACK_MS, appliedMs + SLACK_MS, { node: master })
  if (line) {
    const { seenMs, errorMs, text } = line
    return { name: 'down', atMs: Math.max(seenMs, startMs), errorMs, source: 'log', node: master, text }
  }
  if (kind !== 'stop') return undefined
  const text = `${master} no longer runs`
  return { name: 'down', atMs: appliedMs, errorMs: appliedMs - startMs, source: 'run', node: master, text }
}

/** The innermost step during which the fault was put on the node. */
function stepOf({ steps }: FailoverObservations, fault: Fault, master: string): PlayedStep | undefined {
  const around = steps.filter(
    ({ startMs, endMs = startMs }) => startMs <= fault.startMs + 1 && endMs >= fault.appliedMs - 1,
  )
  const isOnMaster = ({ outcome }: PlayedStep) => outcome?.targets?.includes(master)
  // Steps that are played meanwhile may name the master too, to look at it.
  const made = around.filter(({ verb }) => verb === fault.kind)
  return made.findLast(isOnMaster) ?? made.at(-1) ?? around.findLast(isOnMaster) ?? around.at(-1)
}

/** Nothing that the run did: it begins with the first that was seen of it, and `otherwise` that is the promotion. */
export function unplannedCause(signs: readonly TimelineMoment[], otherwise: TimelineMoment): Cause {
  const first = [...signs].sort((a, b) => a.atMs - b.atMs)[0] ?? otherwise
  const { atMs } = first
  const moments: TimelineMoment[] = [{ ...first, name: 'first sign' }]
  return { kind: 'unplanned', text: 'unplanned', wanted: false, moments, earliestMs: atMs, goneMs: atMs }
}
