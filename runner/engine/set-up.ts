import { ChaosError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { settleAll } from '../base/settle.ts'
import { FormError } from '../cluster/form.ts'
import { LiveCluster } from '../cluster/live-cluster.ts'
import type { NodeClient } from '../cluster/node-client.ts'
import { nodeCount } from '../cluster/topology.ts'
import type { GroupNeeds } from '../platforms/faults.ts'
import type { Progress, ServerGroup, ServerGroupSpec } from '../platforms/platform.ts'
import { guestImages } from '../scenario/guest-images.ts'
import type { Scenario } from '../scenario/model.ts'
import { serversToAdd } from '../scenario/servers-needed.ts'
import { Names } from '../steps/names.ts'
import { namesInside, type Step, type Verb } from '../steps/verb.ts'
import { EndedWhileForming, formServers } from './form-servers.ts'
import type { RunSettings } from './run-settings.ts'
import type { Strangers } from './strangers.ts'

const FORM_WITHIN_MS = 30_000

/** A server ended by itself before there was a cluster: not the environment's doing, but its own. */
class EndedInSetUp extends ChaosError {
  override name = 'EndedInSetUp'
  override readonly exitCode = EXIT.failed
  override readonly stepVerdict = 'failed'
}

/** Settings of every server unless a scenario or the command line says otherwise. */
export const DEFAULT_CONFIG: Readonly<Record<string, string>> = { 'cluster-node-timeout': '5000', appendonly: 'yes' }

/** Server settings of a scenario in this run: the defaults, the scenario's, then the command line's. */
export function configOf(scenario: Scenario, settings: Pick<RunSettings, 'config'>): Record<string, string> {
  return { ...DEFAULT_CONFIG, ...scenario.cluster.config, ...settings.config }
}

/** What servers are made with. */
export type SetUpSettings = Pick<
  RunSettings,
  'clock' | 'platform' | 'password' | 'namePrefix' | 'portBase' | 'config' | 'allowed' | 'keep' | 'verbs'
>

type SpecSettings = Omit<SetUpSettings, 'clock' | 'platform'>

/**
 * Starts the servers of a scenario and forms its cluster from them. What is made is handed out as soon as it is there.
 */
export async function setUp(
  scenario: Scenario,
  settings: SetUpSettings,
  runId: string,
  options: {
    progress: Progress
    signal: AbortSignal
    /** Told as soon as there are servers, before their cluster is formed. */
    onServers(servers: ServerGroup): Promise<void>
    /** Whose doing it may be that forming fails. */
    strangers?: Strangers
  },
): Promise<{ cluster: LiveCluster; servers: ServerGroup }> {
  const { clock, platform } = settings
  const { topology } = scenario.cluster
  const { progress, strangers } = options
  const spec = specOf(scenario, settings, runId)
  const servers = await platform.create(spec, progress, options.signal)
  await options.onServers(servers)
  const onStranger = (node: string, text: string) => strangers?.heldPort(node, text)
  const cluster = new LiveCluster({ nodes: servers.nodes, ...(await servers.users()), clock, onStranger })
  try {
    await Promise.all([
      formServers(cluster, servers, topology, { clock, progress, signal: options.signal, timeoutMs: FORM_WITHIN_MS }),
      // The first step should find its connections open; whether a node answers is for forming to say.
      ...cluster.nodes.flatMap(({ data, scenario }) => [data, scenario].map(open)),
    ])
    if (spec.needs?.powerCut) await saveMembers(cluster)
  } catch (error) {
    const told = error instanceof FormError ? ((await strangers?.blame(error, cluster)) ?? error) : error
    cluster.close()
    throw told instanceof EndedWhileForming ? new EndedInSetUp(told.message, { cause: told }) : told
  }
  return { cluster, servers }
}

/** The servers that a scenario is played on. */
function specOf(scenario: Scenario, settings: SpecSettings, runId: string): ServerGroupSpec {
  return {
    runId,
    purpose: `a run of ${scenario.id}`,
    namePrefix: settings.namePrefix,
    portBase: settings.portBase,
    nodes: nodeCount(scenario.cluster.topology),
    ...sparesOf(scenario),
    password: settings.password,
    servers: scenario.cluster.servers,
    settings: configOf(scenario, settings),
    allowed: settings.allowed,
    outlivesRunner: settings.keep,
    needs: needsOf(scenario, settings.verbs),
  }
}

/** A word that two scenarios have in common if servers that were made for one fit the other. */
export function shapeOfServers(scenario: Scenario, settings: SpecSettings): string {
  const { purpose: _, password: __, allowed: ___, ...shape } = specOf(scenario, settings, '')
  return JSON.stringify({ ...shape, settings: Object.entries(shape.settings).sort() })
}

/**
 * A node does not sync what CLUSTER REPLICATE tells it (cluster.c, Redis 7.0): a power cut right after forming would give
 * an empty master back. A cluster that has run for longer has it on disk, as a kernel writes what is older than 30 s
 * (vm.dirty_expire_centisecs).
 */
async function saveMembers(cluster: LiveCluster): Promise<void> {
  await settleAll(cluster.nodes.map(({ client }) => client.call('CLUSTER', 'SAVECONFIG')))
}

async function open(connection: NodeClient): Promise<void> {
  await connection.call('PING').catch(() => undefined)
}

/** Absent where there are none: servers that are alike are lent from play to play. */
function sparesOf(scenario: Scenario): Pick<ServerGroupSpec, 'spares'> {
  const spares = serversToAdd(scenario)
  return spares === 0 ? {} : { spares }
}

/** What the servers of a scenario must be made with, from all steps that it may play. */
function needsOf(scenario: Scenario, verbs: ReadonlyMap<string, Verb>): GroupNeeds {
  const names = new Names(scenario.params)
  const needs: GroupNeeds = guestImages(scenario).length > 0 ? { guests: true } : {}
  for (const step of [...scenario.steps, ...scenario.finally]) Object.assign(needs, ...needsInside(step, names, verbs))
  return needs
}

function needsInside(step: Step, names: Names, verbs: ReadonlyMap<string, Verb>): GroupNeeds[] {
  const inner = namesInside(step, names)
  return [
    verbs.get(step.verb)?.needs(step, names) ?? {},
    ...step.children.flatMap((child) => needsInside(child, inner, verbs)),
  ]
}
