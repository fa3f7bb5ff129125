import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../runner/base/clock.ts'
import { formCluster } from '../../runner/cluster/form.ts'
import { LiveCluster } from '../../runner/cluster/live-cluster.ts'
import { evenSplit } from '../../runner/cluster/slots.ts'
import { TargetResolver } from '../../runner/cluster/targets.ts'
import { LookbackBook } from '../../runner/engine/lookback.ts'
import { RefusedCopies } from '../../runner/engine/refused-copies.ts'
import type { Stage } from '../../runner/engine/stage.ts'
import { playList } from '../../runner/engine/step-player.ts'
import { FaultBoard } from '../../runner/faults/board.ts'
import type { Fault } from '../../runner/faults/fault.ts'
import { NOTHING_ALLOWED } from '../../runner/platforms/allowed.ts'
import { DockerPlatform } from '../../runner/platforms/docker/docker-platform.ts'
import type { GroupNeeds } from '../../runner/platforms/faults.ts'
import type { ServerGroup } from '../../runner/platforms/platform.ts'
import { ProcessPlatform } from '../../runner/platforms/process/process-platform.ts'
import type { EventBody, StepOutcome } from '../../runner/record/events.ts'
import { Datasets } from '../../runner/steps/datasets.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { Migrations } from '../../runner/steps/migrations.ts'
import { Names } from '../../runner/steps/names.ts'
import type { Step } from '../../runner/steps/verb.ts'
import { leaseCluster } from './lease.ts'

import { NO_HINDSIGHT } from './no-hindsight.ts'

/** A real cluster on which steps are played, and what they left. */
export interface LiveStage {
  cluster: LiveCluster
  servers: ServerGroup
  faults: FaultBoard
  events: EventBody[]
  bugs: unknown[]
  /** Plays one step and gives how it ended. */
  play(step: Step, signal?: AbortSignal): Promise<StepOutcome>
  /**
   * What a runner that comes after this one, having died, has: connections of its own, and the faults as its journal
   * held them.
   */
  successor(): { cluster: LiveCluster; faults: FaultBoard }
}

export interface LiveStageOptions {
  shards?: number
  replicas?: number
  /** Servers that steps may add. */
  spares?: number
  needs?: GroupNeeds
  settings?: Record<string, string>
  /** Of the catalogue. */
  server?: string
  /** Default: `process`. */
  platform?: 'process' | 'docker'
}

export const PASSWORD = 'test-secret'
const projectRoot = new URL('../..', import.meta.url).pathname

/** Gone again when the test ends. */
export async function liveStage(
  t: { teardown(end: () => unknown): void },
  options: LiveStageOptions = {},
): Promise<LiveStage> {
  const { shards = 1, replicas = 1, needs = {}, settings = {}, server = 'redis:7.0' } = options
  const platform = options.platform === 'docker' ? new DockerPlatform({ server, projectRoot }) : processes(t, server)
  t.teardown(() => platform.close())
  await platform.prepare(() => undefined)
  const { portBase, namePrefix } = await leaseCluster()
  const spec = { runId: `live-${process.pid}-${portBase}`, purpose: 'a test of faults', namePrefix, portBase }
  const servers = await platform.create(
    { ...spec, nodes: shards * (1 + replicas), spares: options.spares ?? 0, password: PASSWORD, settings, needs },
    () => undefined,
  )
  t.teardown(() => servers.remove())
  const users = await servers.users()
  const connect = () => {
    const cluster = new LiveCluster({ nodes: servers.nodes, ...users, clock: systemClock })
    t.teardown(() => cluster.close())
    return cluster
  }
  const cluster = connect()
  await formCluster(cluster, { shards, replicas, slots: evenSplit(shards) }, { clock: systemClock, timeoutMs: 30_000 })
  let kept = '[]'
  const boardOn = (on: LiveCluster, active: Fault[]) =>
    new FaultBoard({
      cluster: on,
      servers,
      clock: systemClock,
      active,
      keep: (faults) => {
        kept = JSON.stringify(faults)
      },
    })
  const faults = boardOn(cluster, [])
  const events: EventBody[] = []
  const bugs: unknown[] = []
  const stage = stageOf({ cluster, servers, faults, events, bugs })
  return {
    cluster,
    servers,
    faults,
    events,
    bugs,
    play: async (step, signal = new AbortController().signal) => {
      const [played] = await playList([step], stage, signal)
      if (!played) throw new Error('no step was played')
      return played.outcome
    },
    successor: () => {
      const own = connect()
      return { cluster: own, faults: boardOn(own, JSON.parse(kept) as Fault[]) }
    },
  }
}

function processes(t: { teardown(end: () => unknown): void }, server: string): ProcessPlatform {
  const stateFolder = mkdtempSync(join(tmpdir(), 'redis-chaos-live-'))
  t.teardown(() => rmSync(stateFolder, { recursive: true, force: true }))
  return new ProcessPlatform({ server, projectRoot, stateFolder })
}

function stageOf(made: Pick<LiveStage, 'cluster' | 'servers' | 'faults' | 'events' | 'bugs'>): Stage {
  let lastIndex = 0
  const random = () => 0
  return {
    scenario: 0,
    recorder: {
      record: (event: EventBody) => made.events.push(event),
      timeOf: (ms: number) => ms,
    } as unknown as Stage['recorder'],
    clock: systemClock,
    cluster: made.cluster,
    servers: made.servers,
    faults: made.faults,
    hindsight: NO_HINDSIGHT,
    lookback: new LookbackBook({ since: new Set(), infoSince: new Set(), logs: false }, systemClock),
    refused: new RefusedCopies(),
    allowed: NOTHING_ALLOWED,
    addServer: async () => made.cluster.add(await made.servers.add()),
    targets: new TargetResolver(made.cluster, random),
    datasets: new Datasets(1),
    migrations: new Migrations(),
    begunMoves: [],
    names: new Names(),
    random,
    verbs: verbByName,
    nextIndex: () => {
      lastIndex += 1
      return lastIndex
    },
    planned: ({ path, verb, name, file, line }) => ({ path, verb, name: name ?? verb, file, line }),
    noteTargets: () => {},
    endedServers: async () => [],
    onPhase: () => {},
    onBug: (error) => made.bugs.push(error),
  }
}
