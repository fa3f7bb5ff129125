import type { ClusterInfo } from '../record/events.ts'
import type { ClientFacts } from './clients/clients.ts'
import { formedNodes } from './cluster-info.ts'
import type { FailoverTimeline } from './failovers/timeline.ts'
import type { Fault } from './faults.ts'
import type { ScenarioResults } from './scenario-results.ts'
import type { LoadStall, Shake } from './stalls.ts'
import type { Phase, PlayedStep } from './steps.ts'

/** What checks must know of a scenario beside the history. Times are ms from its start. */
export interface RunFacts {
  /** How long the scenario was played, or recorded. */
  durationMs: number
  phases: Phase[]
  steps: StepFact[]
  faults: FaultFact[]
  /** Empty if no cluster came to be. */
  shards: ShardFact[]
  failovers: FailoverFact[]
  /** Times in which the workloads' clients stood still; absent without any. */
  stalls?: LoadStall[]
  /** Times in which the runner itself stood still; absent without any. */
  runnerStalls?: LoadStall[]
  /** Times in which the servers stood still as well, long enough to take each other for failed; absent without any. */
  shakes?: Shake[]
  /** What was seen of the workloads' clients beside their histories; absent in records without any of it. */
  clients?: ClientFacts
}

/** A span of the scenario, ms from its start. */
export interface Span {
  startMs: number
  endMs: number
}

export interface StepFact extends Span {
  /** `3`, a child `3.1`. */
  path: string
  verb: string
  name: string
  phase?: string
  targets: string[]
}

/** From the moment that a step took something away from nodes until it was given back. */
export interface FaultFact extends Span {
  /** Path of the step. */
  step: string
  verb: string
  nodes: string[]
  /** The shards of those nodes, 1-based. */
  shards: number[]
  /** The system ends a server that needs more memory than this leaves it. */
  endsServers?: true
}

export interface ShardFact {
  /** 1-based. */
  shard: number
  /** First and last slot of each range, when the scenario began. */
  slots: (readonly [first: number, last: number])[]
  /** Its nodes when the scenario began, the master first. */
  nodes: string[]
}

/** Of a failover, what checks use. One is `promoted`, and not wanted, unless it says otherwise. */
export type FailoverFact = Pick<
  FailoverTimeline,
  | 'shard'
  | 'from'
  | 'to'
  | 'cause'
  | 'why'
  | 'startMs'
  | 'totalMs'
  | 'detectionMs'
  | 'electionMs'
  | 'clientOutageMs'
  | 'clientsBack'
  | 'epoch'
> &
  Partial<Pick<FailoverTimeline, 'kind' | 'outcome' | 'wanted' | 'expected' | 'moments'>>

/**
 * The same results as checks read them: whatever had not ended lasts to the end, and each thing names the shards it is
 * about.
 */
export function runFacts({
  durationMs,
  phases,
  steps,
  faults,
  failovers,
  cluster,
  loadStalls,
  runnerStalls,
  shakes,
  clients,
}: ScenarioResults): RunFacts {
  const facts = steps.map((step) => stepFact(step, durationMs))
  return {
    durationMs,
    phases,
    steps: facts,
    faults: faults.map((fault) => faultFact(fault, facts, durationMs, cluster)),
    shards: shardFacts(cluster),
    failovers,
    ...(loadStalls.length > 0 && { stalls: loadStalls }),
    ...(runnerStalls.length > 0 && { runnerStalls }),
    ...(shakes.length > 0 && { shakes }),
    ...(isSeen(clients) && { clients }),
  }
}

function isSeen({ probed, connections, unanswered, misdeeds }: ClientFacts): boolean {
  return misdeeds !== undefined || probed.length > 0 || connections.length > 0 || Object.keys(unanswered).length > 0
}

function stepFact({ path, verb, name, phase, startMs, endMs, outcome }: PlayedStep, durationMs: number): StepFact {
  return {
    path,
    verb,
    name,
    ...(phase !== undefined && { phase }),
    targets: outcome?.targets ?? [],
    startMs,
    endMs: endMs ?? durationMs,
  }
}

function faultFact(
  { kind, nodes, startMs, endMs, endsServers }: Fault,
  steps: readonly StepFact[],
  durationMs: number,
  cluster: ClusterInfo | undefined,
): FaultFact {
  const step = steps.findLast((one) => one.startMs <= startMs && startMs <= one.endMs)
  const shards = cluster?.nodes.filter(({ name }) => nodes.includes(name)).map(({ shard }) => shard) ?? []
  return {
    step: step?.path ?? '?',
    verb: kind,
    nodes,
    shards: [...new Set(shards)].sort((a, b) => a - b),
    startMs,
    endMs: endMs ?? durationMs,
    ...(endsServers === true && { endsServers }),
  }
}

function shardFacts(cluster: ClusterInfo | undefined): ShardFact[] {
  return Array.from({ length: cluster?.shards ?? 0 }, (_, index) => ({
    shard: index + 1,
    slots: cluster?.slots?.[index] ?? [],
    nodes: formedNodes(cluster)
      .filter(({ shard }) => shard === index + 1)
      .map(({ name }) => name),
  }))
}
