import { planNodes } from '../cluster/topology.ts'
import type { PlannedStep } from '../record/events.ts'
import { stepSentence } from '../scenario/explain.ts'
import type { Scenario } from '../scenario/model.ts'
import type { Step } from '../steps/verb.ts'
import { configOf } from './set-up.ts'
import type { RunSettings } from './settings-of-run.ts'

/** Records that a scenario begins, with all that it plans to do. */
export function recordStart(scenario: Scenario, place: { index: number; server: string }, settings: RunSettings): void {
  settings.recorder.record({
    type: 'scenario-started',
    scenario: place.index,
    id: scenario.id,
    title: scenario.title,
    file: scenario.file,
    tags: scenario.tags,
    seed: settings.seed,
    params: scenario.params,
    platform: settings.platform.kind,
    server: place.server,
    steps: [...scenario.steps, ...scenario.finally].map((step) => plannedStep(step, settings)),
    ...(scenario.workloads.length === 0
      ? {}
      : { workloads: scenario.workloads.map(({ name, options: { type, own } }) => ({ name, type, options: own })) }),
    ...(scenario.checks.length === 0
      ? {}
      : { checks: Object.fromEntries(scenario.checks.map(({ on, limits }) => [on, limits])) }),
  })
}

/** Records that the scenario's cluster is formed and healthy. */
export function recordReady(
  scenario: Scenario,
  place: { index: number; server: string },
  settings: RunSettings,
  setupMs: number,
): void {
  const { topology } = scenario.cluster
  settings.recorder.record({
    type: 'cluster-ready',
    scenario: place.index,
    setupMs,
    server: place.server,
    cluster: {
      shards: topology.shards,
      replicas: topology.replicas,
      nodes: planNodes(topology, 'redis-node').map(({ name, index, role, shard }) => ({
        name,
        role,
        shard,
        address: `localhost:${settings.portBase + index}`,
      })),
      config: configOf(scenario, settings),
      slots: topology.slots,
    },
  })
}

/** A step as reports name it before it is played. */
export function plannedStep(step: Step, settings: RunSettings): PlannedStep {
  return {
    path: step.path,
    verb: step.verb,
    name: step.name ?? stepSentence(step, settings.verbs, (value) => value),
    file: step.file,
    line: step.line,
    ...(step.phase === undefined ? {} : { phase: step.phase }),
  }
}
