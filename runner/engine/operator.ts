import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { PlannedStep } from '../record/events.ts'
import type { ScenarioResult } from './scenario-result.ts'

/** What somebody who looks at a scenario has before them. */
export interface Scene {
  cluster: LiveCluster
  servers: ServerGroup
  /** Where the logs of the nodes are written. */
  logFolder: string
  /** What is wrong on purpose. */
  faults: Pick<FaultBoard, 'active'>
}

/** The same before a step. */
export interface StepScene extends Omit<Scene, 'logFolder'> {
  /** Sends a command to a node, as a step would. Resolves with the reply; throws PlayError. */
  send(node: string, command: string): Promise<unknown>
}

/** What is to become of a step; `play-all`: of all that follow, too. */
export type Choice = 'play' | 'skip' | 'play-all'

/** Somebody who sits in front of a run, as far as it waits for them. */
export interface Operator {
  /**
   * A scenario has not passed, and everything is still as it was then. Resolves when it may be healed and removed; never
   * rejects.
   */
  onFailure?(why: ScenarioResult, scene: Scene): Promise<void>
  /** A step is about to be played. Resolves at once when `signal` aborts; never rejects. */
  beforeStep?(step: PlannedStep, scene: StepScene, signal: AbortSignal): Promise<Choice>
}
