import type { ClusterInfo, RunEvent, ScenarioEvent } from '../record/events.ts'
import { type ClientFacts, clientFacts } from './clients/clients.ts'
import { clusterInfo } from './cluster-info.ts'
import type { DeniedLine } from './failovers/borne-out.ts'
import { failoversOf } from './failovers/failovers.ts'
import { failoversFromSteps } from './failovers/from-steps.ts'
import type { Suspicion } from './failovers/suspicions.ts'
import type { FailoverTimeline } from './failovers/timeline.ts'
import { type Fault, faultsOf } from './faults.ts'
import { type LoadStall, loadStalls, runnerStalls, type Shake, shakesOf } from './stalls.ts'
import { type Phase, type PlayedStep, phasesOf, playedSteps } from './steps.ts'

/** What happened in a scenario. Checks and reports are made from this. Times are ms from the scenario's start. */
export interface ScenarioResults {
  /** The scenario's start on the clock of the events. */
  startMs: number
  /** How long it was played, or recorded where the record breaks off. */
  durationMs: number
  /** Absent when no cluster came to be. */
  cluster?: ClusterInfo
  steps: PlayedStep[]
  phases: Phase[]
  faults: Fault[]
  failovers: FailoverTimeline[]
  /** Masters that others took to be failing, and that needed no failover. */
  suspicions: Suspicion[]
  /** Lines of logs that what was seen of the cluster does not bear out. */
  denied: DeniedLine[]
  /** Times in which the workloads' clients stood still. */
  loadStalls: LoadStall[]
  /** Times in which the runner itself did. */
  runnerStalls: LoadStall[]
  /** Times in which the servers stood still as well, long enough to take each other for failed. */
  shakes: Shake[]
  /** What was seen of the workloads' clients beside their histories. */
  clients: ClientFacts
}

/**
 * What the events of one scenario come to. A scenario without an end was recorded until `untilMs` on the clock of the
 * events: until its last event if not given.
 */
export function scenarioResults(events: readonly ScenarioEvent[], untilMs = events.at(-1)?.atMs ?? 0): ScenarioResults {
  const startMs = events.find((event) => event.type === 'scenario-started')?.atMs ?? 0
  const endMs = events.find((event) => event.type === 'scenario-ended')?.atMs ?? untilMs
  const cluster = clusterInfo(events)
  const durationMs = endMs - startMs
  const steps = playedSteps(events, startMs)
  const faults = faultsOf(events, startMs)
  const seen = failoversOf(events, { steps, faults })
  return {
    startMs,
    durationMs,
    ...(cluster !== undefined && { cluster }),
    steps,
    phases: phasesOf(steps, durationMs),
    faults,
    failovers: seen?.failovers ?? failoversFromSteps(steps, cluster),
    suspicions: seen?.suspicions ?? [],
    denied: seen?.denied ?? [],
    loadStalls: loadStalls(events, startMs),
    runnerStalls: runnerStalls(events, startMs),
    shakes: shakesOf(events, startMs),
    clients: clientFacts(events, startMs),
  }
}

/** The events of one scenario of a run, by its place there. */
export function scenarioEvents(events: readonly RunEvent[], scenario: number): ScenarioEvent[] {
  return events.filter((event): event is ScenarioEvent => 'scenario' in event && event.scenario === scenario)
}
