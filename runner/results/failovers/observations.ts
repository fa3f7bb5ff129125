import type { ClusterNodeInfo, EventOf, RunEvent, ScenarioEvent } from '../../record/events.ts'
import type {
  LogMoment,
  LogObservation,
  ServiceObservation,
  TimingObservation,
  ViewObservation,
} from '../../record/observations.ts'
import { clusterInfo } from '../cluster-info.ts'
import type { Fault } from '../faults.ts'
import type { PlayedStep } from '../steps.ts'
import { borneOut, type DeniedLine } from './borne-out.ts'
import { crashesOf } from './crashes.ts'
import { type MoveUnderWay, movesOf } from './moves.ts'

/** Everything seen of failovers in one scenario, each kind in order of time, in ms from the scenario's start. */
export interface FailoverObservations {
  /** Those that what was seen of the cluster bears out. */
  logs: LogObservation[]
  /** Those that it does not: of no server, or of a moment at which nobody looked. */
  denied: DeniedLine[]
  views: ViewObservation[]
  service: ServiceObservation[]
  timing: (TimingObservation & { atMs: number })[]
  /** What was done on purpose, and the crashes, in order of their beginning. */
  faults: readonly Fault[]
  /** Moves of slots that steps began. */
  moves: readonly MoveUnderWay[]
  steps: readonly PlayedStep[]
  nodes: readonly ClusterNodeInfo[]
  /** Where watching ended, or the record does: what is still open then stays open. */
  endMs: number
  /** Watching has ended. Of a run that is on, or was broken off, the record does not tell what became of what is open. */
  isOver: boolean
}

/**
 * What was observed in one scenario, from its events and the steps and faults that these were reduced to. Undefined if
 * nobody watched: the events are of an older runner, or the cluster never was ready.
 */
export function failoverObservations(
  events: readonly ScenarioEvent[],
  { steps, faults }: Pick<FailoverObservations, 'steps' | 'faults'>,
): FailoverObservations | undefined {
  const start = events.find((event) => event.type === 'scenario-started')
  const ready = events.find((event) => event.type === 'cluster-ready')
  if (start === undefined || ready === undefined || !events.some(isObservation)) return undefined
  const startMs = start.atMs
  const ended = events.find((event) => event.type === 'watch-ended')
  const lastMs = events.reduce((latest, event) => Math.max(latest, event.atMs), startMs)
  const nodes = clusterInfo(events)?.nodes ?? []
  const service = ofType(events, 'service-seen')
    .map(since(startMs, ['afterMs', 'seenMs']))
    .sort(bySeen)
  const views = ofType(events, 'view-seen')
    .map(since(startMs, ['afterMs', 'seenMs']))
    .sort(bySeen)
  const lines = ofType(events, 'failover-seen')
    .map(since(startMs, ['seenMs']))
    .sort(bySeen)
  const endMs = (ended?.atMs ?? lastMs) - startMs
  const { lines: logs, denied } = borneOut(lines, views, endMs)
  const serviceOf = (name: string) => service.filter(({ shard }) => shard === shardIn(nodes, name))
  return {
    logs,
    denied,
    views,
    service,
    timing: ofType(events, 'timing-seen').map(since(startMs, ['atMs'])),
    faults: [...faults, ...crashesOf(events, startMs, serviceOf)].sort((a, b) => a.startMs - b.startMs),
    moves: movesOf(events, startMs),
    steps: steps.filter(({ outcome }) => outcome !== undefined),
    nodes,
    endMs,
    isOver: ended !== undefined,
  }
}

function isObservation({ type }: RunEvent): boolean {
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

/** Log observed of some moments in a span of time, both ends included. */
export function logsBetween(
  { logs }: FailoverObservations,
  moments: readonly LogMoment[],
  fromMs: number,
  toMs: number,
  more: { node?: string; about?: string } = {},
): LogObservation[] {
  return logs.filter(
    ({ moment, seenMs, node, about }) =>
      moments.includes(moment) &&
      seenMs >= fromMs &&
      seenMs <= toMs &&
      (more.node === undefined || more.node === node) &&
      (more.about === undefined || more.about === about),
  )
}

/** 1-based; 0 for a node that the cluster never had. */
export function shardOf({ nodes }: FailoverObservations, name: string): number {
  return shardIn(nodes, name)
}

function shardIn(nodes: readonly ClusterNodeInfo[], name: string): number {
  return nodes.find((node) => node.name === name)?.shard ?? 0
}

/** Settings that held at a moment. */
export function timingAt({ timing }: FailoverObservations, atMs: number): TimingObservation | undefined {
  return timing.findLast((one) => one.atMs <= atMs) ?? timing[0]
}
