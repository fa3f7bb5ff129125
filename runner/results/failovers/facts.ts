import type { ClusterNodeInfo, EventOf, RunEvent } from '../../record/events.ts'
import type { FaultFact, LogFact, LogMoment, ServiceFact, TimingFact, ViewFact } from '../../record/failover-facts.ts'

/** A step that asked for a failover. */
interface WantedStep {
  path: string
  startMs: number
  endMs: number
  targets: string[]
}

/** A step that put a fault on nodes. */
export type PlayedStep = WantedStep & { verb: string }

/** Everything seen of failovers in one scenario, each kind in order of time, in ms from the scenario's start. */
export interface FailoverFacts {
  logs: LogFact[]
  views: ViewFact[]
  service: ServiceFact[]
  faults: FaultFact[]
  timing: (TimingFact & { atMs: number })[]
  steps: PlayedStep[]
  nodes: readonly ClusterNodeInfo[]
  /** Where watching ended: what is still open then stays open. */
  endMs: number
}

/** An event that belongs to a scenario. */
export type ScenarioEvent = RunEvent & { scenario: number }

/** The facts among the events of one scenario; undefined if nobody watched (its events are of an older runner, or its cluster never was). */
export function failoverFacts(events: readonly ScenarioEvent[]): FailoverFacts | undefined {
  const start = events.find((event) => event.type === 'scenario-started')
  const ready = events.find((event) => event.type === 'cluster-ready')
  if (start === undefined || ready === undefined || !events.some(isFact)) return undefined
  const startMs = start.atMs
  const ended = events.find((event) => event.type === 'watch-ended')
  const lastMs = events.reduce((latest, event) => Math.max(latest, event.atMs), startMs)
  return {
    logs: ofType(events, 'failover-seen')
      .map(since(startMs, ['seenMs']))
      .sort(bySeen),
    views: ofType(events, 'view-seen')
      .map(since(startMs, ['afterMs', 'seenMs']))
      .sort(bySeen),
    service: ofType(events, 'service-seen')
      .map(since(startMs, ['afterMs', 'seenMs']))
      .sort(bySeen),
    faults: ofType(events, 'fault-seen').map(since(startMs, ['fromMs', 'toMs'])),
    timing: ofType(events, 'timing-seen').map(since(startMs, ['atMs'])),
    steps: ofType(events, 'step-ended').map((event) => ({
      path: event.step.path,
      verb: event.step.verb,
      startMs: event.atMs - event.durationMs - startMs,
      endMs: event.atMs - startMs,
      targets: event.outcome.targets ?? [],
    })),
    nodes: ready.cluster.nodes,
    endMs: (ended?.atMs ?? lastMs) - startMs,
  }
}

function isFact({ type }: RunEvent): boolean {
  return type === 'failover-seen' || type === 'view-seen' || type === 'service-seen'
}

function ofType<T extends RunEvent['type']>(events: readonly RunEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type)
}

/** Moves the named times from the run's start to the scenario's. */
function since<K extends string>(startMs: number, names: readonly K[]) {
  return <T extends Record<K, number>>(fact: T): T => {
    const moved = { ...fact }
    for (const name of names) moved[name] = (fact[name] - startMs) as T[K]
    return moved
  }
}

function bySeen(a: { seenMs: number }, b: { seenMs: number }): number {
  return a.seenMs - b.seenMs
}

/** Log facts of some moments in a span of time, both ends included. */
export function logsBetween(
  { logs }: FailoverFacts,
  moments: readonly LogMoment[],
  fromMs: number,
  toMs: number,
  more: { node?: string; about?: string } = {},
): LogFact[] {
  return logs.filter(
    ({ moment, seenMs, node, about }) =>
      moments.includes(moment) &&
      seenMs >= fromMs &&
      seenMs <= toMs &&
      (more.node === undefined || more.node === node) &&
      (more.about === undefined || more.about === about),
  )
}

/** 1-based; 0 for a node that the cluster did not have when it was formed. */
export function shardOf({ nodes }: FailoverFacts, name: string): number {
  return nodes.find((node) => node.name === name)?.shard ?? 0
}

/** Settings that held at a moment. */
export function timingAt({ timing }: FailoverFacts, atMs: number): TimingFact | undefined {
  return timing.findLast((one) => one.atMs <= atMs) ?? timing[0]
}
