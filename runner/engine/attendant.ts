import type { LiveCluster } from '../cluster/live-cluster.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { ServerGroup } from '../platforms/platform.ts'
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

/** Somebody who sits in front of a run, as far as it waits for them. */
export interface Attendant {
  /**
   * A scenario has not passed, and everything is still as it was then. Resolves when it may be healed and removed; never
   * rejects.
   */
  onFailure?(why: ScenarioResult, scene: Scene): Promise<void>
}
