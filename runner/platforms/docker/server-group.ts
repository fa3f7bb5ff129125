import { quoted } from '../../base/shell-words.ts'
import { PlatformError } from '../errors.ts'
import type { PowerCut } from '../faults.ts'
import { LAST_WORDS_LINES, lastWordsOf } from '../last-words.ts'
import {
  findNode,
  type GuestPlace,
  type LogLine,
  type NodeState,
  noSpareLeft,
  type ServerGroup,
  type ServerNode,
  type StartChanges,
} from '../platform.ts'
import { cutPower } from '../unsynced/power-cut.ts'
import { type RunnerUsers, runnerPasswordCommand, runnerUsers, usersUnknown } from '../users.ts'
import { ignoreIfAlreadyDone, seconds, stateOf } from './container-state.ts'
import { waitForNodes } from './create-nodes.ts'
import { type Engine, undefinedIfGone } from './engine.ts'
import { getFile, SECRET_ENTRY } from './files.ts'
import type { NodeImage } from './images/node-image.ts'
import { LogFollower, tailOfLog } from './logs.ts'
import { DockerNetworkControl, type NetworkOptions } from './network-control.ts'
import { readdress, spareAddress } from './readdress.ts'
import { removeRun } from './runs.ts'
import { DockerServerControl } from './server-control.ts'
import { StartWatcher } from './starts.ts'

/** What the engine itself may need beyond the grace of a stop. */
const ENGINE_MARGIN_MS = 30_000

type Container = ReturnType<Engine['docker']['getContainer']>

/** What takes part in the making of a group's servers, also later. */
export interface MadeGroup {
  /** Of the runner's users. */
  secret: string
  guests: GuestPlace
  /** The image of a server as it is asked for: `redis:8.0`. */
  imageOf(server: string): Promise<NodeImage>
  /** Puts a container of another image in the place of the node's, which is down. */
  replace(node: ServerNode, image: NodeImage): Promise<void>
}

interface Following {
  node: string
  onLine(line: LogLine): void
  follower: LogFollower
}

/** The containers of one run. */
export class DockerServerGroup implements ServerGroup {
  readonly runId: string
  readonly network: DockerNetworkControl
  readonly control: DockerServerControl
  readonly #nodes: ServerNode[]
  readonly #spares: ServerNode[]
  readonly #engine: Engine
  readonly #followers = new Set<Following>()
  /** Addresses that nodes have, or had. */
  readonly #addresses: Set<string>
  /** Nodes move one after another. */
  #moving: Promise<unknown> = Promise.resolve()
  #starts: Promise<StartWatcher> | undefined
  #secret: string | undefined
  readonly #made: MadeGroup | undefined

  constructor(
    engine: Engine,
    runId: string,
    /** The first `running` are no spares. */
    { nodes, running }: { nodes: readonly ServerNode[]; running: number },
    network: Pick<NetworkOptions, 'toolbox' | 'missingFeatures' | 'isNew'>,
    /** Undefined for a group that was found again: its secret is read from the first container that is there. */
    made?: MadeGroup,
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
    this.#secret = made?.secret
    this.#made = made
    this.runId = runId
    this.#addresses = new Set(nodes.map(({ peerHost }) => peerHost))
  }

  get nodes(): readonly ServerNode[] {
    return this.#nodes
  }

  get spares(): readonly ServerNode[] {
    return this.#spares
  }

  get guests(): GuestPlace | undefined {
    return this.#made?.guests
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
    await this.#startWith(node, changes, await this.#imageFor(changes))
  }

  async #startWith(node: string, changes: StartChanges, image: NodeImage | undefined): Promise<void> {
    if (changes.address) await this.#move(node)
    if (changes.identity === 'lost') await this.control.loseIdentity(node)
    if (changes.data === 'empty') await this.control.wipeData(node, 'kept')
    const followAgain = image && (await this.#replace(findNode(this.nodes, this.runId, node), image))
    const container = this.#container(node)
    await ignoreIfAlreadyDone(this.#ask(`start ${node}`, 0, (abortSignal) => container.start({ abortSignal })))
    await followAgain?.()
    await this.network.started(node)
  }

  /** Not the engine's own restart: of that nobody can tell how the server ended. */
  async restart(node: string, graceMs: number, changes: StartChanges = {}): Promise<NodeState> {
    const image = await this.#imageFor(changes)
    await this.stop(node, graceMs)
    const ended = await this.state(node)
    await this.#startWith(node, changes, image)
    return ended
  }

  async followLogs(node: string, onLine: (line: LogLine) => void): Promise<() => Promise<void>> {
    const { serverName } = findNode(this.nodes, this.runId, node)
    this.#starts ??= StartWatcher.open(this.#engine, this.runId)
    const follower = new LogFollower(this.#engine, serverName, await this.#starts, onLine)
    const following: Following = { node, onLine, follower }
    this.#followers.add(following)
    return async () => {
      this.#followers.delete(following)
      await following.follower.end()
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
    await Promise.allSettled([...this.#followers].map(({ follower }) => follower.end()))
    this.#followers.clear()
    await this.#closeStarts()
    await this.network.close()
    await removeRun(this.#engine, this.runId)
  }

  async #imageFor({ server }: StartChanges): Promise<NodeImage | undefined> {
    if (server === undefined) return undefined
    if (this.#made) return await this.#made.imageOf(server)
    throw new PlatformError(`the servers of run ${this.runId} were made by another program, and keep their version`)
  }

  /** Returns what goes on following the node's log once it is started: a new container has a log of its own. */
  async #replace(node: ServerNode, image: NodeImage): Promise<() => Promise<void>> {
    const own = [...this.#followers].filter((following) => following.node === node.name)
    await Promise.all(own.map(({ follower }) => follower.end()))
    const follow = async (fedOf: (following: Following) => number) => {
      const starts = await this.#starts
      if (!starts) return
      for (const one of own) {
        one.follower = new LogFollower(this.#engine, node.serverName, starts, one.onLine, fedOf(one))
      }
    }
    try {
      await this.#made?.replace(node, image)
    } catch (error) {
      await follow(({ follower }) => follower.fed)
      throw error
    }
    node.server = image.server
    return () => follow(() => 0)
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
