import { plural } from '../base/text.ts'
import { planNodes, type Topology } from '../cluster/topology.ts'
import type { NetworkControl } from '../platforms/faults.ts'
import type { ServerGroup } from '../platforms/platform.ts'
import type { ClusterNodeInfo, PlannedStep, Repeat } from '../record/events.ts'
import { REDACTED } from '../record/redact.ts'
import type { MustFail } from '../record/twin.ts'
import { stepSentence } from '../scenario/explain.ts'
import type { Scenario } from '../scenario/model.ts'
import type { Step } from '../steps/verb.ts'
import type { RunSettings } from './run-settings.ts'
import { configOf } from './set-up.ts'

/** Where in the run a scenario is played, and on what. */
export interface Place {
  index: number
  /** In words: `redis 7.0.15`. */
  server: string
  /** Of several that are played side by side the lane, from 1. */
  lane?: number
  /** Which of how many times; absent when it is played once. */
  repeat?: Repeat
}

/** A number is not hidden where texts are. */
function shownParams({ params, secretParams = [] }: Scenario): Scenario['params'] {
  return { ...params, ...Object.fromEntries(secretParams.map((name) => [name, REDACTED])) }
}

function mustFail({ of, number, because, fails }: MustFail): MustFail {
  return { of, number, because, fails }
}

/** Records that a scenario begins, with all that it plans to do, and its text. */
export function recordStart(scenario: Scenario, place: Place, settings: RunSettings): void {
  const leftMs = settings.leftMs?.()
  settings.recorder.record({
    type: 'scenario-started',
    scenario: place.index,
    id: scenario.id,
    title: scenario.title,
    file: scenario.file,
    tags: scenario.tags,
    seed: settings.seed,
    params: shownParams(scenario),
    platform: settings.platform.kind,
    server: place.server,
    asked: settings.platform.server,
    ...(place.lane === undefined ? {} : { lane: place.lane }),
    ...(place.repeat === undefined ? {} : { repeat: place.repeat }),
    ...(leftMs === undefined ? {} : { leftMs }),
    ...(scenario.client !== undefined && { client: scenario.client }),
    ...(scenario.programs !== undefined && { programs: scenario.programs }),
    steps: [...scenario.steps, ...scenario.finally].map((step) => plannedStep(step, settings)),
    ...(scenario.workloads.length === 0
      ? {}
      : { workloads: scenario.workloads.map(({ name, options: { type, own } }) => ({ name, type, options: own })) }),
    ...(scenario.checks.length === 0
      ? {}
      : { checks: Object.fromEntries(scenario.checks.map(({ on, limits }) => [on, limits])) }),
    ...(scenario.twin && { twin: mustFail(scenario.twin) }),
  })
  settings.recorder.record({ type: 'scenario-source', scenario: place.index, files: sourceFiles(scenario) })
}

/** Records that the scenario's cluster is formed of these servers and healthy. */
export function recordReady(
  scenario: Scenario,
  place: Place,
  settings: RunSettings,
  { setupMs, servers }: { setupMs: number; servers: Pick<ServerGroup, 'nodes' | 'sandbox'> },
): void {
  const { topology } = scenario.cluster
  const { sandbox } = servers
  const serverOf = new Map(servers.nodes.map(({ name, server }) => [name, server]))
  settings.recorder.record({
    type: 'cluster-ready',
    scenario: place.index,
    setupMs,
    server: place.server,
    ...(sandbox === undefined ? {} : { sandbox }),
    cluster: {
      shards: topology.shards,
      replicas: topology.replicas,
      nodes: formedNodes(topology, settings).map((node) => {
        return { ...node, server: serverOf.get(node.name) ?? place.server }
      }),
      config: configOf(scenario, settings),
      slots: topology.slots,
    },
  })
}

/** The nodes that a cluster is formed of. */
export function formedNodes(topology: Topology, { portBase }: Pick<RunSettings, 'portBase'>): ClusterNodeInfo[] {
  return planNodes(topology, 'redis-node').map(({ name, index, role, shard }) => ({
    name,
    role,
    shard,
    address: `localhost:${portBase + index}`,
  }))
}

/** Records who was refused at the runner's links. */
export function recordStrangers(network: NetworkControl, place: Place, settings: RunSettings): void {
  for (const { address, times } of network.strangers ?? []) {
    const text = `${plural(times, 'connection')} to the links of this run came from ${address}, which is none of its nodes, and ${times === 1 ? 'was' : 'were'} refused`
    settings.recorder.record({ type: 'warning', scenario: place.index, text })
  }
}

/** The scenario's file and the step files that it uses, named as its steps name them. */
function sourceFiles({ file, path, source, usedFiles }: Scenario): { path: string; text: string }[] {
  const root = file.endsWith(path) ? file.slice(0, file.length - path.length) : ''
  return [{ path: file, text: source }, ...usedFiles.map((used) => ({ path: `${root}${used.path}`, text: used.text }))]
}

/** A step as reports name it before it is played. */
export function plannedStep(step: Step, settings: RunSettings): PlannedStep {
  return {
    path: step.path,
    verb: step.verb,
    name: step.name ?? stepSentence(step, settings.verbs),
    file: step.file,
    line: step.line,
    ...(step.phase === undefined ? {} : { phase: step.phase }),
  }
}
