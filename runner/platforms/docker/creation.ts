import type { Dialect } from '../dialects.ts'
import type { GroupNeeds } from '../faults.ts'
import { nodeName, type ServerGroupSpec, type ServerNode } from '../platform.ts'
import { renderAnnouncement, renderRunSettings } from '../server-config.ts'
import { createContainer, type Extras } from './container.ts'
import type { Engine } from './engine.ts'
import type { FileEntry } from './files.ts'
import { waitForFirstAnswers } from './first-answer.ts'
import { runLabels } from './labels.ts'
import { chooseNetwork, networkName, SubnetTaken } from './network.ts'
import { removeRun } from './removal.ts'
import { CLOCK_ENVIRONMENT } from './resources/clock.ts'
import { dirSetting } from './resources/data-folder.ts'
import { createDisks, DATA_FOLDER, DATA_FOLDER_ENTRY, diskMount } from './resources/disks.ts'

export interface CreationPlan {
  spec: ServerGroupSpec
  image: string
  /** Of the image's server. */
  dialect: Dialect
  /** The machine of the engine. */
  machine: string
  /** Files that nodes need so that their clocks can be set. */
  clock: readonly FileEntry[]
  signal: AbortSignal | undefined
}

const SUBNET_TRIES = 5

/** The names of a group's containers and their ports, by index. */
export function namesAndPorts(spec: ServerGroupSpec): { name: string; port: number }[] {
  return Array.from({ length: spec.nodes }, (_, index) => {
    return { name: `${spec.namePrefix}${index}`, port: spec.portBase + index }
  })
}

/**
 * Creates and starts a group's network and containers. When it rejects, nothing is under way any more, but what was made
 * is still there. Throws PlatformError, or the signal's reason.
 */
export async function createNodes(engine: Engine, plan: CreationPlan): Promise<ServerNode[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryToCreateNodes(engine, plan)
    } catch (error) {
      if (!(error instanceof SubnetTaken) || attempt === SUBNET_TRIES) throw error
      await removeRun(engine, plan.spec.runId)
    }
  }
}

async function tryToCreateNodes(engine: Engine, plan: CreationPlan): Promise<ServerNode[]> {
  const { spec, image, dialect, machine, signal } = plan
  const labels = runLabels(spec)
  const settings = renderRunSettings(dialect, spec.settings, { needs: spec.needs }) + settingsFor(spec.needs)
  // What stands in for a slow link comes between nodes: they must not take each other's addresses from connections.
  const settingsOf = ({ peerHost }: ServerNode) =>
    spec.needs?.links ? renderAnnouncement(peerHost) + settings : settings
  const network = await chooseNetwork(engine, networkName(spec.runId), labels, spec.nodes)
  const nodes = namesAndPorts(spec).map(({ name: serverName, port }, index): ServerNode => {
    const peerHost = network.addresses[index] ?? ''
    return { name: nodeName(index), serverName, index, host: 'localhost', port, peerHost, peerPort: port, machine }
  })
  if (spec.needs?.disk) await createDisks(engine, { runId: spec.runId, count: spec.nodes, image, labels })
  const making = network.make()
  await settleAll([
    making,
    ...nodes.map(async (node) => {
      signal?.throwIfAborted()
      const files = { password: spec.password, settings: settingsOf(node) }
      await createContainer(engine, { node, image, network: network.name, labels, files, extras: extrasOf(plan, node) })
      await making
      signal?.throwIfAborted()
      await engine.call(`start container ${node.serverName}`, (abortSignal) =>
        engine.docker.getContainer(node.serverName).start({ abortSignal }),
      )
    }),
  ])
  signal?.throwIfAborted()
  await waitForFirstAnswers(engine, spec.runId, nodes, signal)
  return nodes
}

function settingsFor(needs: GroupNeeds = {}): string {
  return needs.disk ? dirSetting(DATA_FOLDER) : ''
}

function extrasOf({ spec, clock }: CreationPlan, node: ServerNode): Extras {
  return {
    files: [...clock, ...(spec.needs?.disk ? [DATA_FOLDER_ENTRY] : [])],
    environment: clock.length > 0 ? [...CLOCK_ENVIRONMENT] : [],
    mounts: spec.needs?.disk ? [diskMount(spec.runId, node.index)] : [],
  }
}

/** Waits for all, also after a failure: what the engine is still making could not be removed. Throws the first failure. */
async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(promises)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}
