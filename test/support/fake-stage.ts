import type { Clock } from '../../runner/base/clock.ts'
import { systemClock } from '../../runner/base/clock.ts'
import { TargetResolver } from '../../runner/cluster/targets.ts'
import { endedServers } from '../../runner/engine/ended-servers.ts'
import { LookbackBook } from '../../runner/engine/lookback.ts'
import { RefusedCopies } from '../../runner/engine/refused-copies.ts'
import type { Stage } from '../../runner/engine/stage.ts'
import { type Played, playList } from '../../runner/engine/step-player.ts'
import { FaultBoard } from '../../runner/faults/board.ts'
import { NOTHING_ALLOWED } from '../../runner/platforms/allowed.ts'
import type { EventBody, StepOutcome } from '../../runner/record/events.ts'
import { Datasets } from '../../runner/steps/datasets.ts'
import type { Hindsight } from '../../runner/steps/hindsight.ts'
import { verbByName } from '../../runner/steps/index.ts'
import { Migrations } from '../../runner/steps/migrations.ts'
import { Names } from '../../runner/steps/names.ts'
import type { Step, Verb } from '../../runner/steps/verb.ts'
import { FakeCluster } from './fake-cluster.ts'
import { FakeGroup } from './fake-group.ts'
import { NO_HINDSIGHT } from './no-hindsight.ts'

/** All that steps are played with, and what they left: a cluster and servers that are fakes, and the events. */
export interface FakeStage {
  stage: Stage
  cluster: FakeCluster
  group: FakeGroup
  /** Given the lines of the nodes' logs that matter to it. */
  refused: RefusedCopies
  names: Names
  events: EventBody[]
  bugs: unknown[]
  /** Plays steps as a scenario's list; with `continueOnFailure` as its `finally` list. */
  play(steps: readonly Step[], signal?: AbortSignal, options?: { continueOnFailure?: boolean }): Promise<Played[]>
  /** Plays one step and gives how it ended. */
  playOne(step: Step, signal?: AbortSignal): Promise<StepOutcome>
}

export interface FakeStageParts {
  clock?: Clock
  /** What can be known of a time in which a step did not look; nothing unless given. */
  hindsight?: Partial<Hindsight>
  /** What is noted for expectations that look back; nothing unless given. */
  lookback?: Stage['lookback']
  /** Verbs beside those of the language. */
  verbs?: readonly Verb[]
  targets?: Pick<TargetResolver, 'resolve'>
}

const NEVER = new AbortController().signal

export function fakeStage(parts: FakeStageParts = {}): FakeStage {
  const clock = parts.clock ?? systemClock
  const cluster = new FakeCluster(clock)
  const group = new FakeGroup(cluster.nodes)
  const refused = new RefusedCopies()
  const names = new Names()
  const events: EventBody[] = []
  const bugs: unknown[] = []
  let lastIndex = 0
  const random = () => 0
  const stage: Stage = {
    scenario: 0,
    recorder: {
      record: (event: EventBody) => events.push(event),
      timeOf: (ms: number) => ms,
    } as unknown as Stage['recorder'],
    clock,
    cluster: cluster.live,
    servers: group,
    faults: new FaultBoard({ cluster: cluster.live, servers: group, clock, keep: () => {} }),
    hindsight: { ...NO_HINDSIGHT, ...parts.hindsight },
    lookback: parts.lookback ?? new LookbackBook({ since: new Set(), infoSince: new Set(), logs: false }, clock),
    allowed: NOTHING_ALLOWED,
    addServer: async () => cluster.live.add(await group.add()),
    targets: (parts.targets ?? new TargetResolver(cluster.live, random)) as TargetResolver,
    datasets: new Datasets(1),
    migrations: new Migrations(),
    begunMoves: [],
    names,
    random,
    verbs: new Map([...verbByName, ...(parts.verbs ?? []).map((verb) => [verb.name, verb] as const)]),
    nextIndex: () => {
      lastIndex += 1
      return lastIndex
    },
    planned: ({ path, verb, name, file, line }) => ({ path, verb, name: name ?? verb, file, line }),
    noteTargets: () => {},
    refused,
    endedServers: () => endedServers(group, (node) => group.isEndedOnPurpose(node)),
    onPhase: () => {},
    onBug: (error) => bugs.push(error),
  }
  const play: FakeStage['play'] = (steps, signal = NEVER, options = {}) => playList(steps, stage, signal, options)
  const playOne = async (one: Step, signal = NEVER) => {
    const [played] = await play([one], signal)
    if (!played) throw new Error('no step was played')
    return played.outcome
  }
  return { stage, cluster, group, refused, names, events, bugs, play, playOne }
}

/** A step as the scenario's reader would make it. Children get the paths `<path>.1`, `<path>.2`, … */
export function step(verb: string, arg: unknown = null, more: Partial<Step> = {}): Step {
  const path = more.path ?? '1'
  const children = (more.children ?? []).map((child, index) => ({ ...child, path: `${path}.${index + 1}` }))
  return { verb, arg, extras: {}, file: 'x.yaml', line: 1, col: 1, ...more, path, children }
}
