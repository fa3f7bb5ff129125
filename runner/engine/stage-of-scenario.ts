import { seededRandom } from '../base/random.ts'
import type { LiveCluster } from '../cluster/live-cluster.ts'
import { TargetResolver } from '../cluster/targets.ts'
import type { FaultBoard } from '../faults/board.ts'
import type { Scenario } from '../scenario/model.ts'
import { Datasets } from '../steps/datasets.ts'
import type { Hindsight } from '../steps/hindsight.ts'
import { Migrations } from '../steps/migrations.ts'
import type { AddServer } from '../steps/more-servers.ts'
import { Names } from '../steps/names.ts'
import { plannedStep } from './announce.ts'
import type { AsPlayed } from './as-played.ts'
import type { BackgroundLoad } from './background-load.ts'
import { endedServers } from './ended-servers.ts'
import type { LookbackBook } from './lookback.ts'
import type { RefusedCopies } from './refused-copies.ts'
import type { RunSettings } from './run-settings.ts'
import type { Stage } from './stage.ts'
import type { Stepping } from './stepping.ts'
import type { WatchedServers } from './watched-servers.ts'

/** What the steps of a scenario share, when its cluster is ready and nothing was played yet. */
export function stageOf(
  scenario: Scenario,
  index: number,
  settings: RunSettings,
  made: {
    cluster: LiveCluster
    servers: WatchedServers
    faults: FaultBoard
    load: BackgroundLoad | undefined
    stepping: Stepping | undefined
    addServer: AddServer
    lookback: LookbackBook
    refused: RefusedCopies
  },
  hindsight: Hindsight,
  played: AsPlayed,
  onBug: (error: unknown) => void,
): Stage {
  const random = seededRandom(settings.seed)
  const { cluster, servers, faults, load } = made
  let lastIndex = 0
  return {
    scenario: index,
    recorder: settings.recorder,
    clock: settings.clock,
    cluster,
    servers,
    faults,
    hindsight,
    lookback: made.lookback,
    refused: made.refused,
    allowed: settings.allowed,
    addServer: made.addServer,
    endedServers: () => endedServers(servers, (node) => servers.isEndedOnPurpose(node)),
    onPhase: (name) => load?.phase(name),
    targets: new TargetResolver(cluster, random),
    datasets: new Datasets(settings.seed),
    migrations: new Migrations(),
    begunMoves: [],
    random,
    verbs: settings.verbs,
    stepping: made.stepping,
    nextIndex: () => {
      lastIndex += 1
      return lastIndex
    },
    planned: (step) => plannedStep(step, settings),
    noteTargets: (path, where, nodes) => played.noteTargets(path, where, nodes),
    onBug,
    names: new Names(scenario.params),
  }
}
