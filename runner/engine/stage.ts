import type { Clock } from '../base/clock.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { TargetResolver } from '../cluster/targets.ts'
import type { SlotRange } from '../cluster/view.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { Allowed } from '../platforms/allowed.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { Recorder } from '../record/event-log.ts'
import type { PlannedStep } from '../record/events.ts'
import type { Datasets } from '../steps/datasets.ts'
import type { Hindsight } from '../steps/hindsight.ts'
import type { Lookback } from '../steps/lookback.ts'
import type { Migrations } from '../steps/migrations.ts'
import type { AddServer } from '../steps/more-servers.ts'
import type { Names } from '../steps/names.ts'
import type { Step, Verb } from '../steps/verb.ts'
import type { RefusedCopies } from './refused-copies.ts'

/** Somebody decides before each step what becomes of it. */
interface StepGate {
  /** How long steps have waited for that, ms. */
  readonly waitedMs: number
  before(step: PlannedStep, stage: Stage, names: Names, signal: AbortSignal): Promise<'play' | 'skip'>
}

/** What all steps of one scenario share while it is played. */
export interface Stage {
  /** Place of the scenario in the run, from 0. */
  scenario: number
  recorder: Recorder
  clock: Clock
  cluster: LiveCluster
  servers: ServerGroup
  faults: FaultBoard
  hindsight: Hindsight
  lookback: Lookback & { onStep(step: Step, cluster: LiveCluster): Promise<void> }
  allowed: Allowed
  targets: TargetResolver
  datasets: Datasets
  migrations: Migrations
  /** Slots that steps have begun to move, wherever they are now. */
  begunMoves: SlotRange[]
  /** The scenario’s own names: params, and what its steps give. */
  names: Names
  /** A whole number r with 0 ≤ r < `below`, from the run's seed. */
  random(below: number): number
  verbs: ReadonlyMap<string, Verb>
  /** Running number of steps, from 1, in the order they start. */
  nextIndex(): number
  planned(step: Step): PlannedStep
  /** Remembers which nodes a phrase stood for, for the scenario as played. */
  noteTargets(path: string, where: readonly (string | number)[], nodes: readonly string[]): void
  /** Servers that are down although no step ended them, a sentence for each. Never throws. */
  endedServers(): Promise<string[]>
  /** Replicas that could not load what their masters sent. */
  refused: Pick<RefusedCopies, 'since'>
  addServer: AddServer
  /** A phase of the scenario begins. */
  onPhase(name: string): void
  onBug(error: unknown): void
  /** Asks somebody before each step; absent where nobody wants to be asked. */
  stepping?: StepGate | undefined
}
