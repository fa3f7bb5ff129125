import { seededRandom } from '../../base/random.ts'
import type { LiveCluster, Snapshot } from '../../cluster/live-cluster.ts'
import type { FaultSupport } from '../../platforms/faults.ts'
import type { ServerGroup } from '../../platforms/platform.ts'
import { unmetByClient } from '../../scenario/client-choice.ts'
import type { Scenario } from '../../scenario/model.ts'
import { unmetRequirement } from '../../scenario/requires.ts'
import { Datasets } from '../../steps/datasets.ts'
import { Migrations } from '../../steps/migrations.ts'
import { Names } from '../../steps/names.ts'
import { prepareOthers } from '../other-servers.ts'
import { missingCapability } from '../play-one.ts'
import { assertRoom } from '../room.ts'
import type { RunSettings } from '../run-settings.ts'
import { type SetUpSettings, setUp } from '../set-up.ts'
import { type PlannedWork, StepPlanner } from './plan-steps.ts'
import { Untouched } from './untouched.ts'

export interface DryRunSettings extends SetUpSettings, Pick<RunSettings, 'runId' | 'seed'> {
  signal: AbortSignal
  progress(text: string): void
}

/** What a scenario would do on a cluster as it is formed for it. */
export interface DryRun {
  /** In words: `redis 7.0.15`. */
  server: string
  cluster: LiveCluster
  snapshot: Snapshot
  steps: PlannedWork[]
  finally: PlannedWork[]
  /** What the platform can bring about, and how. */
  support: readonly FaultSupport[]
}

/**
 * Sets the cluster of a scenario up, resolves its plan, hands it to `show`, and removes the cluster on every path. No
 * step is played and no workload runs. Returns why the scenario would be skipped here; undefined if it would be played.
 * Throws what setting up throws.
 */
export async function dryRun(
  scenario: Scenario,
  settings: DryRunSettings,
  show: (plan: DryRun) => void,
): Promise<string | undefined> {
  const { platform, signal, progress } = settings
  progress(await platform.probe())
  const server = await platform.prepare(progress, signal)
  const here = { platform: platform.kind, server }
  const unmet =
    unmetRequirement(scenario.requires, here) ??
    unmetByClient(scenario) ??
    (await missingCapability(scenario, { platform, interrupted: signal }))
  if (unmet !== undefined) return unmet
  assertRoom(scenario, platform.kind)
  await prepareOthers(scenario, platform, progress, signal)
  const support = await platform.faultSupport(signal)
  let made: ServerGroup | undefined
  let cluster: LiveCluster | undefined
  try {
    const ready = await setUp(scenario, settings, settings.runId, {
      ...{ progress, signal },
      onServers: async (servers) => {
        made = servers
      },
    })
    cluster = ready.cluster
    const planned = await plan(scenario, ready, settings)
    show({ server, support, cluster, snapshot: await cluster.look(), ...planned })
    return undefined
  } finally {
    cluster?.close()
    await made?.remove()
  }
}

async function plan(
  scenario: Scenario,
  ready: { cluster: LiveCluster; servers: ServerGroup },
  { clock, seed, allowed, verbs, signal }: DryRunSettings,
): Promise<Pick<DryRun, 'steps' | 'finally'>> {
  const untouched = new Untouched({ ...ready, clock })
  const { cluster, servers, faults, addServer } = untouched
  const names = new Names(scenario.params)
  const stage = {
    ...{ cluster, servers, faults, addServer, allowed, verbs, clock: untouched.clock },
    datasets: new Datasets(seed),
    migrations: new Migrations(),
    random: seededRandom(seed),
  }
  const planner = new StepPlanner(ready.cluster, stage, untouched)
  const steps = await planner.plan(scenario.steps, names, signal)
  return { steps, finally: await planner.plan(scenario.finally, names, signal) }
}
