import type { ContainerCreateOptions, MountSettings } from 'dockerode'
import type { ServerNode } from '../platform.ts'
import type { Engine } from './engine.ts'
import { type FileEntry, OWNED, putFiles } from './files.ts'
import { type Labels, nodeLabels } from './labels.ts'

const NODE_FOLDER = '/node'
const CREATE_TIMEOUT_MS = 60_000

interface NodeFiles {
  password: string
  /** Lines of redis.conf. */
  settings: string
}

/** What a container has beside, so that faults can be brought about later. */
export interface Extras {
  files: FileEntry[]
  environment: string[]
  mounts: MountSettings[]
}

export interface ContainerPlan {
  node: ServerNode
  image: string
  network: string
  labels: Labels
  files: NodeFiles
  extras: Extras
}

/** Creates a node's container and puts its password and settings into it, as files: neither is in its inspection. */
export async function createContainer(engine: Engine, plan: ContainerPlan): Promise<void> {
  const { node, files, extras } = plan
  await engine.call(
    `create container ${node.serverName}`,
    (abortSignal) => engine.docker.createContainer({ ...containerOptions(plan), abortSignal }),
    { timeoutMs: CREATE_TIMEOUT_MS },
  )
  const doing = `put the configuration into container ${node.serverName}`
  await putFiles(engine, node.serverName, doing, NODE_FOLDER, [
    { name: 'password', mode: 0o400, ...OWNED, content: `${files.password}\n` },
    { name: 'settings', mode: 0o400, ...OWNED, content: files.settings },
    ...extras.files,
  ])
}

function containerOptions({ node, image, network, labels, extras }: ContainerPlan): ContainerCreateOptions {
  const port = `${node.port}/tcp`
  return {
    name: node.serverName,
    Hostname: node.serverName,
    Image: image,
    Labels: { ...labels, ...nodeLabels(node) },
    Env: [`NODE_PORT=${node.port}`, `NODE_ADDRESS=${node.peerHost}`, ...extras.environment],
    ExposedPorts: { [port]: {} },
    HostConfig: {
      NetworkMode: network,
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(node.port) }] },
      RestartPolicy: { Name: 'no' },
      Init: false,
      Mounts: extras.mounts,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // Readable after the end, and never rotated in practice: a run's logs are read again from their first line.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '100g' } },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: node.peerHost } } } },
  }
}
