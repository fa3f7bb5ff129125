import type { Topology } from '../cluster/topology.ts'
import type { MustFail } from '../record/twin.ts'
import type { Step } from '../steps/verb.ts'
import type { AppPlan } from '../workload/apps/app-plan.ts'
import type { LoadOptions } from '../workload/options.ts'
import type { WrittenPardon } from './audit-section.ts'
import type { Requires } from './requires.ts'

/** A step file that the scenario plays with `use`. */
export interface UsedFile {
  /** Relative to the scenario's root folder, with `/`. */
  path: string
  text: string
}

/** A scenario, parsed and checked, not yet played. */
export interface Scenario {
  /** The file's name without folder and ending. */
  id: string
  /** As it was named by whoever asked for it; for messages. */
  file: string
  /** Relative to the root folder, with `/`: `faults/partition.yaml`. */
  path: string
  title: string
  description?: string
  tags: string[]
  /** The seed that the file asks for; a `--seed` wins over it. */
  seed?: number
  requires?: Requires
  /** Nothing else is played beside it. */
  alone?: boolean
  cluster: {
    topology: Topology
    config: Record<string, string>
    /** Servers of nodes that do not run the one that the scenario is played on, by name: `redis-node3` → `valkey:9.1`. */
    servers: Record<string, string>
  }
  /** Load in the background, from the first step to the last. */
  workloads: ScenarioWorkload[]
  /** The client that was asked for: those workloads go through it that name none. Absent where there are none. */
  client?: string
  /** Programs under test, which are started beside the cluster. The load of each is among the workloads. */
  apps: ScenarioApp[]
  /** Where the programs lie that it starts beside those that come with redis-chaos; absent where it starts none. */
  programs?: string
  /** Effective values: defaults, and what `--set` put in their place. Literal: a `$` in them is a dollar. */
  params: Record<string, ParamValue>
  /** Names of params whose values came from `--set-env` or `--set-file`: they are shown nowhere. */
  secretParams?: readonly string[]
  /** `$names` are still in place; see `Step`. */
  steps: Step[]
  finally: Step[]
  /** Limits on what the workloads and the failovers may show. */
  checks: ScenarioChecks[]
  /** What it says of the audit's findings beforehand, by rule. */
  audit: Record<string, WrittenPardon[]>
  usedFiles: UsedFile[]
  /** The file's text. */
  source: string
  /** The same with something changed, under which it must fail: each a scenario of its own. */
  twins: Scenario[]
  /** Of a twin alone. */
  twin?: Twin
}

/** What makes a scenario a twin. */
export interface Twin extends MustFail {
  changes: TwinChanges
  /** The text of a scenario that does the same. */
  text: string
}

/** What a twin changes, as it is written; what is empty stays as it is. */
export interface TwinChanges {
  config: Record<string, unknown>
  set: Record<string, unknown>
  workloads: Record<string, Record<string, unknown>>
  /** Names of steps that are left out. */
  without: string[]
  /** Steps that are played as well: their paths in the twin, and the name of the step that they stand at. */
  more?: { where: 'before' | 'after'; step: string; paths: string[] }
}

/** A workload of a scenario, with the defaults for what it leaves out. */
export interface ScenarioWorkload {
  name: string
  /** It does not stand in the file: it was added for the client that was asked for. */
  isAdded?: true
  /** It names no client, so that the one that was asked for carries it, or cannot. */
  takesClient?: true
  /** Why the client that was asked for cannot carry it, for a sentence on it: the scenario is then skipped. */
  beyondClient?: string
  line: number
  options: LoadOptions
}

/** An application of a scenario. */
export interface ScenarioApp {
  name: string
  line: number
  plan: AppPlan
}

/** The limits on one workload, or on failovers. */
export interface ScenarioChecks {
  /** The workload's name, or `failover`. */
  on: string
  /** By check, as written, with params filled in. */
  limits: Record<string, unknown>
}

export type ParamValue = string | number | boolean
