import type { ContainerInspectInfo } from 'dockerode'
import { quoted } from '../../base/shell-words.ts'
import type { PowerCut } from '../faults.ts'
import { LAST_WORDS_LINES, lastWordsOf } from '../last-words.ts'
import {
  findNode,
  type LogLine,
  type NodeState,
  noSpareLeft,
  type ServerGroup,
  type ServerNode,
  type StartChanges,
} from '../platform.ts'
import { cutPower } from '../unsynced/power-cut.ts'
import { type RunnerUsers, runnerPasswordCommand, runnerUsers, usersUnknown } from '../users.ts'
import { waitForNodes } from './create-nodes.ts'
import { type Engine, EngineRefusal, undefinedIfGone } from './engine.ts'
import { getFile, SECRET_ENTRY } from './files.ts'
import { LogFollower, tailOfLog } from './logs.ts'
import { DockerNetworkControl, type NetworkOptions } from './network-control.ts'
import { readdress, spareAddress } from './readdress.ts'
import { removeRun } from './runs.ts'
import { DockerServerControl } from './server-control.ts'
import { StartWatcher } from './starts.ts'

/** What the engine itself may need beyond the grace of a stop. */
const ENGINE_MARGIN_MS = 30_000

type Container = ReturnType<Engine['docker']['getContainer']>

/** The containers of one run. */
export class DockerServerGroup implements ServerGroup {
  readonly runId: string
  readonly network: DockerNetworkControl
  readonly control: DockerServerControl
  readonly #nodes: ServerNode[]
  readonly #spares: ServerNode[]
  readonly #engine: Engine
  readonly #followers = new Set<LogFollower>()
  /** Addresses that nodes have, or had. */
  readonly #addresses: Set<string>
  /** Nodes move one after another. */
  #moving: Promise<unknown> = Promise.resolve()
  #starts: Promise<StartWatcher> | undefined
  #secret: string | undefined

  constructor(
    engine: Engine,
    runId: string,
    /** The first `running` are no spares. */
    { nodes, running }: { nodes: readonly ServerNode[]; running: number },
    network: Pick<NetworkOptions, 'toolbox' | 'missingFeatures' | 'isNew'>,
    /** Of the runner's users; not given, it is read from the first container that is there. */
    secret?: string,
  ) {
    this.#engine = engine
    this.#nodes = nodes.slice(0, running)
    this.#spares = nodes.slice(running)
    this.network = new DockerNetworkControl({
      engine,
      runId,
      nodes: this.#nodes,
      spares: this.#spares.slice(),
      ...network,
    })
    this.control = new DockerServerControl({ engine, runId, nodes: this.#nodes, isNew: network.isNew })
    this.#secret = secret
    this.runId = runId
    this.#addresses = new Set(nodes.map(({ peerHost }) => peerHost))
  }

  get nodes(): readonly ServerNode[] {
    return this.#nodes
  }

  get spares(): readonly ServerNode[] {
    return this.#spares
  }

  async add(): Promise<ServerNode> {
    const [node] = this.#spares
    if (node === undefined) throw noSpareLeft(this.runId, this.#nodes.length)
    const container = this.#engine.docker.getContainer(node.serverName)
    await this.#ask(`start ${node.name}`, 0, (abortSignal) => container.start({ abortSignal }))
    this.#spares.shift()
    this.#nodes.push(node)
    await waitForNodes(this.#engine, this.runId, [node])
    await this.network.added(node)
    return node
  }

  async users(): Promise<RunnerUsers> {
    this.#secret ??= await this.#readSecret()
    return runnerUsers(this.#secret, [...this.#nodes, ...this.#spares])
  }

  passwordCommand(of: 'default' | { runnerAt: string }): string {
    const file = of === 'default' ? 'password' : SECRET_ENTRY.name
    const command = `docker cp ${quoted(`${this.nodes[0]?.serverName}:/node/${file}`)} - | tar -xO`
    return of === 'default' ? command : runnerPasswordCommand(command, of.runnerAt)
  }

  async state(node: string): Promise<NodeState> {
    const container = this.#container(node)
    const details = await undefinedIfGone(
      this.#engine.call(`inspect ${node}`, (abortSignal) => container.inspect({ abortSignal })),
    )
    return details ? stateOf(details.State) : { status: 'missing', text: 'the container is gone' }
  }

  async stop(node: string, graceMs: number): Promise<void> {
    const container = this.#container(node)
    await ignoreIfAlreadyDone(
      this.#ask(`stop ${node}`, graceMs, (abortSignal) => container.stop({ t: seconds(graceMs), abortSignal })),
    )
    await this.#waitUntilDown(node, container)
  }

  async kill(node: string): Promise<void> {
    const container = this.#container(node)
    await ignoreIfAlreadyDone(
      this.#ask(`kill ${node}`, 0, (abortSignal) => container.kill({ signal: 'SIGKILL', abortSignal })),
    )
    await this.#waitUntilDown(node, container)
  }

  async cutPower(nodes: readonly string[]): Promise<PowerCut> {
    return await cutPower(this, nodes)
  }

  async pause(node: string): Promise<void> {
    const container = this.#container(node)
    await this.#ask(`pause ${node}`, 0, (abortSignal) => container.pause({ abortSignal }))
  }

  async unpause(node: string): Promise<void> {
    const container = this.#container(node)
    await this.#ask(`unpause ${node}`, 0, (abortSignal) => container.unpause({ abortSignal }))
  }

  async start(node: string, changes: StartChanges = {}): Promise<void> {
    if (changes.address) await this.#move(node)
    if (changes.identity === 'lost') await this.control.loseIdentity(node)
    const container = this.#container(node)
    await ignoreIfAlreadyDone(this.#ask(`start ${node}`, 0, (abortSignal) => container.start({ abortSignal })))
    await this.network.started(node)
  }

  async restart(node: string, graceMs: number, changes?: StartChanges): Promise<void> {
    if (changes !== undefined) {
      await this.stop(node, graceMs)
      return await this.start(node, changes)
    }
    const container = this.#container(node)
    await this.#ask(`restart ${node}`, graceMs, (abortSignal) =>
      container.restart({ t: seconds(graceMs), abortSignal }),
    )
    await this.network.started(node)
  }

  async followLogs(node: string, onLine: (line: LogLine) => void): Promise<() => Promise<void>> {
    const { serverName } = findNode(this.nodes, this.runId, node)
    this.#starts ??= StartWatcher.open(this.#engine, this.runId)
    const follower = new LogFollower(this.#engine, serverName, await this.#starts, onLine)
    this.#followers.add(follower)
    return async () => {
      this.#followers.delete(follower)
      await follower.end()
      if (this.#followers.size === 0) await this.#closeStarts()
    }
  }

  async lastWords(node: string): Promise<string> {
    const { serverName } = findNode(this.nodes, this.runId, node)
    return lastWordsOf(await tailOfLog(this.#engine, serverName, LAST_WORDS_LINES))
  }

  async remove(): Promise<void> {
    // Lines not read by now are lost with the containers; an engine that fails here fails the removal, which reports
    // it.
    await Promise.allSettled([...this.#followers].map((follower) => follower.end()))
    this.#followers.clear()
    await this.#closeStarts()
    await this.network.close()
    await removeRun(this.#engine, this.runId)
  }

  async #move(name: string): Promise<void> {
    const node = findNode(this.nodes, this.runId, name)
    const moved = this.#moving.then(async () => {
      const from = node.peerHost
      const to = await spareAddress(this.#engine, this.runId, this.#addresses)
      this.#addresses.add(to)
      await readdress(this.#engine, this.runId, node, to)
      await this.network.moved(name, from)
    })
    this.#moving = moved.catch(() => undefined)
    await moved
  }

  async #readSecret(): Promise<string> {
    for (const { name, serverName } of this.nodes) {
      const path = `/node/${SECRET_ENTRY.name}`
      const file = await getFile(this.#engine, serverName, `read the configuration of ${name}`, path)
      if (file !== undefined && file.length > 0) return file.toString('utf8')
    }
    throw usersUnknown(this.runId)
  }

  async #closeStarts(): Promise<void> {
    const starts = this.#starts
    this.#starts = undefined
    const opened = await starts?.catch(() => undefined)
    opened?.close()
  }

  #container(node: string): Container {
    return this.#engine.docker.getContainer(findNode(this.nodes, this.runId, node).serverName)
  }

  #ask(doing: string, graceMs: number, request: (abortSignal: AbortSignal) => Promise<unknown>): Promise<unknown> {
    return this.#engine.call(doing, request, { timeoutMs: graceMs + ENGINE_MARGIN_MS })
  }

  #waitUntilDown(node: string, container: Container): Promise<unknown> {
    return this.#ask(`wait until ${node} is down`, 0, (abortSignal) =>
      container.wait({ condition: 'not-running', abortSignal }),
    )
  }
}

/** Resolves where the engine refuses because the container already is as it should be. */
async function ignoreIfAlreadyDone(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error
    if (error.statusCode !== 304 && !/ is not running$/.test(error.reply)) throw error
  }
}

/** The engine counts a grace in whole seconds. */
function seconds(durationMs: number): number {
  return Math.ceil(durationMs / 1000)
}

function stateOf(state: ContainerInspectInfo['State']): NodeState {
  if (state.Paused) return { status: 'paused', text: 'container is paused' }
  if (state.Running) return { status: 'running', text: 'container is running' }
  if (state.Status === 'created') return { status: 'stopped', text: 'container was never started' }
  const oom = state.OOMKilled ? ', out of memory' : ''
  return {
    status: 'stopped',
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    text: `container exited with code ${state.ExitCode}${oom}`,
  }
}
