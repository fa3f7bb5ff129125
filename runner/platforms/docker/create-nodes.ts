import { connect } from 'node:net'
import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode'
import { settleAll } from '../../base/settle.ts'
import { userId } from '../../base/user.ts'
import { type Dialect, dialectOf } from '../dialects.ts'
import { PlatformError } from '../errors.ts'
import type { GroupNeeds } from '../faults.ts'
import { type FirstSight, waitForFirstAnswers } from '../first-answer.ts'
import { endOf, LAST_WORDS_LINES } from '../last-words.ts'
import { nodeName, type ServerGroupSpec, type ServerNode, serverCount } from '../platform.ts'
import { listenerAt } from '../port-guard.ts'
import { announceHostnames, renderAnnouncement, renderRunSettings, renderUsers } from '../server-config.ts'
import type { Engine } from './engine.ts'
import { type FileEntry, OWNED, putFiles, SECRET_ENTRY } from './files.ts'
import type { NodeImage } from './images/node-image.ts'
import { nodeLabels, runFilter, runLabels, SPARE_LABEL } from './labels.ts'
import { tailOfLog } from './logs.ts'
import { chooseNetwork, networkName, SubnetTaken } from './network.ts'
import { dirSetting } from './resources/data-folder.ts'
import { createDisks, DATA_FOLDER, DATA_FOLDER_ENTRY, diskMount } from './resources/disks.ts'
import { OWN_DATA_ENTRY, OWN_DATA_FOLDER, type Preloaded } from './resources/preloaded.ts'
import { removeRun } from './runs.ts'

export interface CreationPlan {
  spec: ServerGroupSpec
  /** By the order of the nodes. */
  images: readonly NodeImage[]
  /** The name of the engine's machine. */
  machine: string
  /** Of the runner's users. */
  secret: string
  /** Libraries that servers load, for faults. */
  preloaded: Preloaded
  signal: AbortSignal | undefined
}

const SUBNET_TRIES = 5
const NODE_FOLDER = '/node'
const CREATE_TIMEOUT_MS = 60_000
const ANSWER_TRY_TIMEOUT_MS = 1_000

/** The names of a group's containers and their ports, by index; the spares last. */
export function namesAndPorts(spec: ServerGroupSpec): { name: string; port: number }[] {
  return Array.from({ length: serverCount(spec) }, (_, index) => {
    return { name: `${spec.namePrefix}${index}`, port: spec.portBase + index }
  })
}

/**
 * Creates and starts a group's network and containers; resolves when each server has answered once. When it rejects,
 * nothing is under way any more, but what was made is still there. Throws PlatformError, or the signal's reason.
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
  const { spec, images, machine, signal } = plan
  const { runId } = spec
  const labels = runLabels(spec)
  const network = await chooseNetwork(engine, networkName(runId), labels, serverCount(spec))
  const nodes = namesAndPorts(spec).map(({ name: serverName, port }, index): ServerNode => {
    const peerHost = network.addresses[index] ?? ''
    const address = { host: 'localhost', port, peerHost, peerPort: port, machine }
    return { name: nodeName(index), serverName, index, ...address, server: imageOf(images, index).server }
  })
  if (spec.needs?.disk)
    await createDisks(engine, { runId, count: serverCount(spec), image: imageOf(images, 0).image, labels })
  const making = network.make()
  await settleAll([
    making,
    ...nodes.map(async (node) => {
      signal?.throwIfAborted()
      await createContainer(engine, plan, node, imageOf(images, node.index))
      await making
      signal?.throwIfAborted()
      if (node.index >= spec.nodes) return
      await engine.call(`start container ${node.serverName}`, (abortSignal) =>
        engine.docker.getContainer(node.serverName).start({ abortSignal }),
      )
    }),
  ])
  signal?.throwIfAborted()
  await waitForNodes(engine, runId, nodes.slice(0, spec.nodes), signal)
  return nodes
}

/** Resolves when each of these containers, which were just started, has answered once; throws as `waitForFirstAnswers`. */
export async function waitForNodes(
  engine: Engine,
  runId: string,
  nodes: readonly ServerNode[],
  signal?: AbortSignal,
): Promise<void> {
  await waitForFirstAnswers(nodes, {
    look: (silent) => lookAtNodes(engine, runId, silent),
    hint: 'check that the engine publishes ports on this machine, and that no firewall is in the way',
    signal,
  })
}

/**
 * Creates a node's container and puts its secrets and settings into it as files, so that its inspection has none of
 * them.
 */
export async function createContainer(
  engine: Engine,
  plan: CreationPlan,
  node: ServerNode,
  image: NodeImage,
  limits: HostConfig = {},
): Promise<void> {
  const { spec, preloaded, secret } = plan
  await engine.call(
    `create container ${node.serverName}`,
    (abortSignal) =>
      engine.docker.createContainer({ ...containerOptions(plan, node, image.image, limits), abortSignal }),
    { timeoutMs: CREATE_TIMEOUT_MS },
  )
  const doing = `put the configuration into container ${node.serverName}`
  await putFiles(engine, node.serverName, doing, NODE_FOLDER, [
    { name: 'password', mode: 0o400, ...OWNED, content: `${spec.password}\n` },
    { ...SECRET_ENTRY, content: secret },
    { name: 'settings', mode: 0o400, ...OWNED, content: renderSettings(plan, node, dialectOf(image.server)) },
    ...preloaded.files,
    ...ownDataFolder(spec.needs).entries,
  ])
}

/** The part of the node's configuration that the image does not have. */
function renderSettings(
  { spec, secret, images }: CreationPlan,
  { name, peerHost }: ServerNode,
  dialect: Dialect,
): string {
  const needs: GroupNeeds = spec.needs ?? {}
  // What is in a container of its own finds nobody at `localhost`.
  const hostnames = !needs.guests && announceHostnames(images.map(({ server }) => server))
  return [
    renderUsers(dialect, { password: spec.password, secret, node: name, allowed: spec.allowed }),
    // A detour puts the gateway's address between nodes: they must not take each other's addresses from connections.
    needs.links ? renderAnnouncement(peerHost) : '',
    renderRunSettings(dialect, spec.settings, { needs, allowed: spec.allowed, hostnames }),
    ...ownDataFolder(needs).settings,
  ].join('')
}

/** Where the data is to be, if not beside the configuration. */
function ownDataFolder(needs: GroupNeeds | undefined): { entries: FileEntry[]; settings: string[] } {
  if (needs?.disk) return { entries: [DATA_FOLDER_ENTRY], settings: [dirSetting(DATA_FOLDER)] }
  if (needs?.powerCut) return { entries: [OWN_DATA_ENTRY], settings: [dirSetting(OWN_DATA_FOLDER)] }
  return { entries: [], settings: [] }
}

function containerOptions(
  { spec, preloaded }: CreationPlan,
  node: ServerNode,
  image: string,
  limits: HostConfig,
): ContainerCreateOptions {
  const network = networkName(spec.runId)
  const port = `${node.port}/tcp`
  const mounts: MountSettings[] = spec.needs?.disk ? [diskMount(spec.runId, node.index)] : []
  return {
    name: node.serverName,
    Hostname: node.serverName,
    Image: image,
    Labels: { ...runLabels(spec), ...nodeLabels(node), ...(node.index >= spec.nodes && { [SPARE_LABEL]: 'yes' }) },
    Env: [`NODE_PORT=${node.port}`, `NODE_ADDRESS=${node.peerHost}`, ...preloaded.environment],
    ExposedPorts: { [port]: {} },
    HostConfig: {
      ...limits,
      NetworkMode: network,
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: String(node.port) }] },
      RestartPolicy: { Name: 'no' },
      Init: false,
      Mounts: mounts,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      // Readable after the end, and in practice never rotated: a run's logs are read again from their first line.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '100g' } },
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: node.peerHost } } } },
  }
}

async function lookAtNodes(engine: Engine, runId: string, nodes: readonly ServerNode[]): Promise<FirstSight[]> {
  const answered = await Promise.all(nodes.map(({ port }) => answers(port)))
  if (!answered.includes(false)) return nodes.map(() => ({ answers: true }))
  const filters = JSON.stringify({ ...runFilter(runId), status: ['exited', 'dead'] })
  const ended = await engine.call('list the containers that have ended', (abortSignal) =>
    engine.docker.listContainers({ all: true, filters, abortSignal }),
  )
  return await Promise.all(
    nodes.map(async ({ serverName }, index): Promise<FirstSight> => {
      const hasEnded = ended.some(({ Names }) => Names.includes(`/${serverName}`))
      if (hasEnded) {
        return { lastWords: endOf(await tailOfLog(engine, serverName, LAST_WORDS_LINES)) }
      }
      return answered[index] ? { answers: true } : { problem: 'it sent nothing' }
    }),
  )
}

/** Whether any byte comes back: the engine itself accepts connections to a port that nobody listens on. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: ANSWER_TRY_TIMEOUT_MS }, () => socket.write('PING\r\n'))
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', () => done(true))
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => done(false))
  })
}

/**
 * The nodes, of which `running` are no spares, with who may listen on their ports: the proxy of an engine, which is root's or, with an engine of one's own,
 * ours. An engine may also have none, and lead connections on by rules of the kernel: then nobody listens on any port,
 * while with a proxy only a stopped node has nobody on its own.
 */
export function guarded(nodes: readonly ServerNode[], running: number): ServerNode[] {
  const users = [0, userId()]
  const redirected = nodes.slice(0, running).every(({ port }) => listenerAt('127.0.0.1', port) === undefined)
  return nodes.map((node) => ({ ...node, guard: { users, ...(redirected && { redirected }) } }))
}

function imageOf(images: readonly NodeImage[], index: number): NodeImage {
  const image = images[index]
  if (image) return image
  throw new PlatformError(`no image is known for ${nodeName(index)}`)
}
