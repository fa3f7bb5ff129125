import type {
  AlarmObservation,
  AppEndObservation,
  DataObservation,
  DatasetObservation,
  EndStateObservation,
  MachineObservation,
  MisdeedObservation,
  ResourceObservation,
  ServerEndObservation,
  ServerStartObservation,
  StrangerObservation,
} from '../record/audit-observations.ts'
import type { ClusterNodeInfo, EventOf, EventType, ScenarioEvent } from '../record/events.ts'
import type { ClockStepObservation, LogObservation, StallObservation, ViewObservation } from '../record/observations.ts'
import type { DeniedLine } from './failovers/borne-out.ts'
import type { FailoverTimeline } from './failovers/timeline.ts'
import { type RunFacts, runFacts } from './run-facts.ts'
import { scenarioResults } from './scenario-results.ts'
import { slotsOfText } from './slot-text.ts'

/** What a workload's history shows that no check of the scenario asks for. */
export interface WorkloadFact {
  name: string
  /** Why its load shows little, in words. */
  starved?: string
  /** Acknowledged operations that are gone, as the check of that name has it; of those outside of some phases alone. */
  loss?: { check: string; explanation: string; details: string[]; outside?: readonly string[] }
}

/** A step that sent a command of an administrator. */
export interface AdministeredFact {
  /** `CLUSTER SETSLOT`. */
  command: string
  /** Empty: to whichever node answered. */
  nodes: readonly string[]
  startMs: number
  endMs: number
}

/** Slots that a step was about to move. */
interface MeantMove {
  slots: ReadonlySet<number>
  from: string
  to: string
  startMs: number
}

/** What the audit is judged by. All times are ms from the scenario's start. */
export interface AuditFacts {
  run: RunFacts
  nodes: readonly ClusterNodeInfo[]
  /** Server settings of the run. */
  config: Readonly<Record<string, string>>
  timelines: readonly FailoverTimeline[]
  logs: readonly LogObservation[]
  /** Lines of logs that what was seen of the cluster does not bear out. */
  denied: readonly DeniedLine[]
  views: readonly ViewObservation[]
  alarms: readonly AlarmObservation[]
  ends: readonly ServerEndObservation[]
  starts: readonly ServerStartObservation[]
  /** Applications that ended by themselves. */
  appEnds: readonly AppEndObservation[]
  strangers: readonly StrangerObservation[]
  /** What client drivers did that none may do. */
  misdeeds: readonly MisdeedObservation[]
  resources: readonly ResourceObservation[]
  datasets: readonly DatasetObservation[]
  workloads: readonly WorkloadFact[]
  stalls: readonly StallObservation[]
  clockSteps: readonly ClockStepObservation[]
  /** Absent where the kernel does not tell, and in older records. */
  machine?: MachineObservation
  commands: readonly AdministeredFact[]
  moves: readonly MeantMove[]
  /** Absent where the data could not be compared: it was cut short, or the cluster was not healthy. */
  data?: DataObservation
  /** Absent where the cluster was not looked at once all was over. */
  endState?: EndStateObservation
}

/** The facts of one scenario's audit, from its own events; what the histories of its workloads show is given. */
export function auditFacts(
  events: readonly ScenarioEvent[],
  workloadsOf: (run: RunFacts) => readonly WorkloadFact[],
): AuditFacts {
  const results = scenarioResults(events)
  const run = runFacts(results)
  const { startMs, cluster, failovers, denied } = results
  const since = <T extends { seenMs: number }>(seen: T): T => ({ ...seen, seenMs: seen.seenMs - startMs })
  const [data] = ofType(events, 'data-compared')
  const [machine] = ofType(events, 'machine-seen')
  const [endState] = ofType(events, 'end-state-seen')
  return {
    run,
    nodes: cluster?.nodes ?? [],
    config: cluster?.config ?? {},
    timelines: failovers,
    workloads: workloadsOf(run),
    logs: ofType(events, 'failover-seen').map(since),
    denied,
    views: ofType(events, 'view-seen').map(since),
    alarms: ofType(events, 'alarm-seen').map(since),
    ends: ofType(events, 'server-ended').map(since),
    starts: ofType(events, 'server-started').map(since),
    appEnds: ofType(events, 'app-ended').map(since),
    strangers: ofType(events, 'stranger-seen').map(since),
    misdeeds: ofType(events, 'driver-misbehaved').map(since),
    resources: ofType(events, 'resources-seen').map(since),
    datasets: ofType(events, 'dataset-read'),
    // What began before the scenario did counts from its start.
    stalls: ofType(events, 'stall-seen')
      .map((stall) => ({ ...stall, fromMs: Math.max(stall.fromMs - startMs, 0), toMs: stall.toMs - startMs }))
      .filter(({ fromMs, toMs }) => toMs > fromMs),
    clockSteps: ofType(events, 'clock-stepped').map(since),
    commands: results.steps.flatMap(({ outcome, startMs: beganMs, endMs = beganMs }) =>
      outcome?.administers === undefined
        ? []
        : [
            {
              command: outcome.administers,
              nodes: outcome.administered ?? outcome.targets ?? [],
              startMs: beganMs,
              endMs,
            },
          ],
    ),
    moves: ofType(events, 'slots-moving').flatMap(({ moves, seenMs }) =>
      moves.map(({ slots, from, to }) => ({ slots: slotsOfText(slots), from, to, startMs: seenMs - startMs })),
    ),
    ...(machine && { machine }),
    ...(data && { data }),
    ...(endState && { endState }),
  }
}

function ofType<T extends EventType>(events: readonly ScenarioEvent[], type: T): Extract<ScenarioEvent, EventOf<T>>[] {
  return events.filter((event): event is Extract<ScenarioEvent, EventOf<T>> => event.type === type)
}
