import type { ContainerInfo } from 'dockerode'
import { nodeName, type ServerNode } from '../platform.ts'
import { thisRunner } from '../runner-identity.ts'

/** Labels on everything made, so that it is found again and nothing else is touched. */
export const RUN_LABEL = 'redis-chaos.run'
export const PURPOSE_LABEL = 'redis-chaos.purpose'
/** Who made it, to tell what a dead runner left from what a living one needs. */
export const RUNNER_LABEL = 'redis-chaos.runner'
/** `yes`: it is meant to outlive its runner. */
export const KEPT_LABEL = 'redis-chaos.kept'
/** `yes`: it was made to be started later, by `add`. */
export const SPARE_LABEL = 'redis-chaos.spare'
/** `yes`: it is no server, but a scenario's own program beside them. */
export const GUEST_LABEL = 'redis-chaos.guest'
/** Of an image and its containers: its server in words. */
export const SERVER_LABEL = 'redis-chaos.server'
const NAME_LABEL = 'redis-chaos.node'
const INDEX_LABEL = 'redis-chaos.node-index'
const PORT_LABEL = 'redis-chaos.port'
const ADDRESS_LABEL = 'redis-chaos.address'
const MACHINE_LABEL = 'redis-chaos.machine'

export type Labels = Record<string, string>

export function runLabels(run: { runId: string; purpose: string; outlivesRunner?: boolean }): Labels {
  return {
    [RUN_LABEL]: run.runId,
    [PURPOSE_LABEL]: run.purpose,
    [RUNNER_LABEL]: JSON.stringify(thisRunner()),
    [KEPT_LABEL]: run.outlivesRunner ? 'yes' : 'no',
  }
}

export function nodeLabels(node: ServerNode): Labels {
  return {
    [NAME_LABEL]: node.serverName,
    [INDEX_LABEL]: String(node.index),
    [PORT_LABEL]: String(node.port),
    [ADDRESS_LABEL]: node.peerHost,
    [MACHINE_LABEL]: node.machine,
  }
}

/** The node that these labels of a container describe; undefined if they describe none. */
export function nodeOfLabels(labels: Labels): ServerNode | undefined {
  const serverName = labels[NAME_LABEL]
  const peerHost = labels[ADDRESS_LABEL]
  const index = Number(labels[INDEX_LABEL])
  const port = Number(labels[PORT_LABEL])
  if (!serverName || !peerHost || !Number.isInteger(index) || !Number.isInteger(port)) return undefined
  return {
    name: nodeName(index),
    serverName,
    index,
    host: 'localhost',
    port,
    peerHost,
    peerPort: port,
    machine: labels[MACHINE_LABEL] ?? '',
    ...(labels[SERVER_LABEL] !== undefined && { server: labels[SERVER_LABEL] }),
  }
}

/**
 * The node that a listed container is, with the address that it has now: labels keep the one that it was made with.
 * Undefined if it is none.
 */
export function nodeOfContainer({ Labels, NetworkSettings }: ContainerInfo): ServerNode | undefined {
  const node = nodeOfLabels(Labels)
  const [now] = Object.values(NetworkSettings?.Networks ?? {}).flatMap(
    ({ IPAMConfig }) => IPAMConfig?.IPv4Address ?? [],
  )
  return node && { ...node, peerHost: now ?? node.peerHost }
}

/** The engine's filter for everything of a run. */
export function runFilter(runId: string): { label: string[] } {
  return { label: [`${RUN_LABEL}=${runId}`] }
}
