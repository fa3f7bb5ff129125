import { buffer } from 'node:stream/consumers'
import type { ContainerCreateOptions } from 'dockerode'
import { pack } from 'tar-stream'
import type { ServerNode } from '../platform.ts'
import type { Engine } from './engine.ts'
import { type Labels, nodeLabels } from './labels.ts'

/** The user of the image, by number: see docker/Dockerfile. */
const USER_ID = 10001
const NODE_FOLDER = '/node'
const CREATE_TIMEOUT_MS = 60_000

export interface NodeFiles {
  password: string
  /** Lines of redis.conf. */
  settings: string
}

export interface ContainerPlan {
  node: ServerNode
  image: string
  network: string
  labels: Labels
  files: NodeFiles
}

/** Creates a node's container and puts its password and settings into it, as files: neither is in its inspection. */
export async function createContainer(engine: Engine, plan: ContainerPlan): Promise<void> {
  const { node, files } = plan
  const container = await engine.call(
    `create container ${node.serverName}`,
    (abortSignal) => engine.docker.createContainer({ ...containerOptions(plan), abortSignal }),
    { timeoutMs: CREATE_TIMEOUT_MS },
  )
  const archive = await filesArchive(files)
  await engine.call(
    `put the configuration into container ${node.serverName}`,
    (abortSignal) => container.putArchive(archive, { path: NODE_FOLDER, abortSignal }),
    { timeoutMs: CREATE_TIMEOUT_MS },
  )
}

function containerOptions({ node, image, network, labels }: ContainerPlan): ContainerCreateOptions {
  const port = `${node.port}/tcp`
  return {
    name: node.serverName,
    Hostname: node.serverName,
    Image: image,
    Labels: { ...labels, ...nodeLabels(node) },
    Env: [`NODE_PORT=${node.port}`, `NODE_ADDRESS=${node.peerHost}`],
    ExposedPorts: { [port]: {} },
    HostConfig: {
      NetworkMode: network,
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(node.port) }] },
      RestartPolicy: { Name: 'no' },
      Init: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // Readable after the end, and never rotated in practice: a run's logs are read again from their first line.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '100g' } },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: node.peerHost } } } },
  }
}

async function filesArchive({ password, settings }: NodeFiles): Promise<Buffer> {
  const archive = pack()
  const owner = { uid: USER_ID, gid: USER_ID, mode: 0o400 }
  archive.entry({ name: 'password', ...owner }, `${password}\n`)
  archive.entry({ name: 'settings', ...owner }, settings)
  archive.finalize()
  return buffer(archive)
}
