import type { Clock } from '../base/clock.ts'
import type { ServerNode } from '../platforms/platform.ts'
import type { MoverUser } from '../platforms/users.ts'
import { type AgreedView, agreeOn } from './agreed-view.ts'
import { NodeClient, type NodeClientOptions } from './node-client.ts'
import { type Answer, LOOK_TIMEOUT_MS, NodeLooks } from './node-looks.ts'
import type { NodeReport } from './node-report.ts'
import type { NodeView } from './view.ts'

/** A node of the cluster and the runner's own connections to it. */
export interface LiveNode extends ServerNode {
  /** For control: looks, topology, failover. Quick commands only: a slow one delays every look. */
  client: NodeClient
  /** For bulk data and for commands of scenarios that were looked at: they may block or be slow. */
  data: NodeClient
  /** For commands of scenarios of which nobody can say what they do, as a script: a user with fewer rights. */
  scenario: NodeClient
}

/** What all nodes said at about one moment. */
export interface Snapshot {
  /** Monotonic ms, before the first node was asked. */
  atMs: number
  reports: Map<string, NodeReport>
  /** Nodes that gave no report, and why: `connection refused`. */
  unreachable: Map<string, string>
  agreed: AgreedView
  /** A node of any report's view, by the runner's name for it; `unknown node … at …` if it is none of the runner's. */
  nameOf(node: NodeView): string
  /** The runner's name for an address that a report mentions. */
  nameOfAddress(host: string, port: number): string | undefined
}

/** What one node says, and the runner's name for the master it follows. */
export interface OwnReport {
  report: NodeReport
  master?: string
}

export interface LiveClusterOptions {
  nodes: readonly ServerNode[]
  clock: Clock
  /** Who logs in. Default: the user `default`. */
  username?: string
  /** Who sends what a scenario made up. Default: the same. */
  scenarioUser?: string
  /** Who sends the runner's own scripts. Default: the same. */
  readerUser?: string
  /** Of all three, by the name of the server, or one for all servers. Empty: they ask for none. */
  passwords: Readonly<Record<string, string>> | string
  /** Who gives the keys of one server to another (MIGRATE). Default: who logs in. */
  mover?: MoverUser
  /** Told each time somebody else is met on the port of a node, in words; nothing was said to them. */
  onStranger?: (node: string, text: string) => void
}

/** The servers of one cluster: connections to each, and looks at all of them at once. */
export class LiveCluster {
  readonly #nodes: LiveNode[] = []
  readonly clock: Clock
  readonly #looks: NodeLooks
  readonly #byName = new Map<string, LiveNode>()
  readonly #options: LiveClusterOptions
  readonly #addresses = new Map<string, NodeClientOptions>()
  /** Nodes that were taken out of the cluster. */
  readonly #left = new Set<string>()
  readonly #onNode: ((node: LiveNode) => void)[] = []
  readonly #connections: NodeClient[] = []
  /** Ids outlive their node's reports: a node that is down cannot say its own. */
  readonly #nameById = new Map<string, string>()
  readonly #lastIds = new Map<string, string>()
  /** Where nodes were among the others before they moved. No address is given twice. */
  readonly #former = new Map<string, string>()
  #formed: readonly (readonly string[])[] = []

  constructor(options: LiveClusterOptions) {
    this.clock = options.clock
    this.#looks = new NodeLooks(options.clock)
    this.#options = options
    for (const node of options.nodes) this.add(node)
  }

  /** Told of every report that a look brings, and when (on the clock) the node was asked for it. */
  set onReport(listener: ((report: NodeReport, askedMs: number) => void) | undefined) {
    this.#looks.onReport = listener
  }

  /** All servers, also those that were taken out of the cluster. */
  get nodes(): readonly LiveNode[] {
    return this.#nodes
  }

  /** The servers that are to be in the cluster. Looks are at these. */
  get members(): readonly LiveNode[] {
    return this.#left.size === 0 ? this.#nodes : this.#nodes.filter(({ name }) => !this.#left.has(name))
  }

  /** One more server, for whose password the options have a place. */
  add(server: ServerNode): LiveNode {
    const { name, port } = server
    const { username, passwords, onStranger, scenarioUser } = this.#options
    const password = typeof passwords === 'string' ? passwords : (passwords[name] ?? '')
    const guard = server.guard && { ...server.guard, onStranger: (text: string) => onStranger?.(name, text) }
    this.#addresses.set(name, { name, host: hostToConnect(server), port, username, password, guard })
    const node: LiveNode = {
      ...server,
      client: this.connect(name),
      data: this.connect(name),
      scenario: this.connect(name, scenarioUser),
    }
    this.#nodes.push(node)
    this.#byName.set(name, node)
    for (const listener of this.#onNode) listener(node)
    return node
  }

  /** Calls it with every node that there is, and with each that is added. */
  onNode(listener: (node: LiveNode) => void): void {
    this.#onNode.push(listener)
    for (const node of this.#nodes) listener(node)
  }

  /** Learns the nodes of each shard that the cluster is formed of: one without slots keeps its number. */
  form(shards: readonly (readonly string[])[]): void {
    this.#formed = shards
  }

  /** From now on the node is meant to be none of the cluster's. */
  leave(name: string): void {
    this.#left.add(name)
  }

  /** It is meant to be one of them again. */
  join(name: string): void {
    this.#left.delete(name)
  }

  /** Throws Error if there is no node of that name; `has` asks. */
  node(name: string): LiveNode {
    const node = this.#byName.get(name)
    if (!node) throw new Error(`there is no node ${name}; the nodes are ${[...this.#byName.keys()].join(', ')}`)
    return node
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** Where this program reaches a node. Throws as `node`. */
  address(name: string): NodeClientOptions {
    const address = this.#addresses.get(name)
    if (!address) throw new Error(`there is no node ${name}; the nodes are ${[...this.#addresses.keys()].join(', ')}`)
    return address
  }

  /**
   * A connection of the caller's own, opened by its first call and closed with the cluster at the latest. Throws as
   * `node`.
   */
  connect(name: string, username = this.address(name).username): NodeClient {
    const connection = new NodeClient({ ...this.address(name), username })
    this.#connections.push(connection)
    return connection
  }

  /** As `connect`, for commands of scenarios of which nobody can say what they do. */
  connectScenario(name: string): NodeClient {
    return this.connect(name, this.#options.scenarioUser)
  }

  /** As `connect`, for scripts of the runner: by a user that can only read, whatever a script before has changed. */
  connectReader(name: string): NodeClient {
    return this.connect(name, this.#options.readerUser)
  }

  /** How another server logs in at this one to give it keys. An empty password: it asks for none. Throws as `node`. */
  moverLogin(name: string): { username: string; password: string } {
    const { username = 'default', password } = this.address(name)
    const { mover } = this.#options
    return mover ? { username: mover.username, password: mover.passwords[name] ?? '' } : { username, password }
  }

  /**
   * Asks every member at once, in one round trip each; never rejects. A node that does not answer within `timeoutMs`
   * (default 1000) counts as unreachable, and later looks do not wait for it again until it has answered: a paused
   * server must not slow down the watching of the others. `also` is asked whether it is a member or not.
   */
  async look(options: { timeoutMs?: number; also?: string } = {}): Promise<Snapshot> {
    const { timeoutMs = LOOK_TIMEOUT_MS, also } = options
    const atMs = this.clock.nowMs()
    const asked = this.#nodes.filter(({ name }) => name === also || !this.#left.has(name))
    const answers = await this.#looks.askAll(asked, timeoutMs)
    for (const [name, answer] of answers) this.#remember(name, answer)
    return this.#snapshot(atMs, answers, also)
  }

  /**
   * Asks one node alone, as `look` does. Throws Error if there is no answer within `timeoutMs`, or none that can be
   * read.
   */
  async lookAt(name: string, timeoutMs = LOOK_TIMEOUT_MS): Promise<OwnReport> {
    const answer = await this.#looks.ask(this.node(name), timeoutMs)
    if ('reason' in answer) throw new Error(`${name} gives no answer: ${answer.reason}`)
    this.#remember(name, answer)
    const { view } = answer.report
    const own = view.nodes.find(({ id }) => id === view.myId)
    const master = view.nodes.find(({ id }) => id === own?.masterId)
    return { report: answer.report, ...(master ? { master: this.nameOf(master) } : {}) }
  }

  /** By the address for clients or the one among the nodes, of now or of before; `localhost` and `127.0.0.1` are one. */
  nameOfAddress(host: string, port: number): string | undefined {
    const same = (own: string) => own === host || (isLoopback(own) && isLoopback(host))
    const found = this.nodes.find(
      (node) => (node.port === port && same(node.host)) || (node.peerPort === port && same(node.peerHost)),
    )
    return found?.name ?? this.#former.get(`${host}:${port}`)
  }

  /** Learns where nodes are among the others now; who asks for one at the address that it had is still answered. */
  readdress(servers: readonly ServerNode[]): void {
    for (const { name, peerHost, peerPort } of servers) {
      const node = this.#byName.get(name)
      if (node === undefined || node.peerHost === peerHost) continue
      this.#former.set(`${node.peerHost}:${node.peerPort}`, name)
      Object.assign(node, { peerHost, peerPort })
    }
  }

  /** What a node last said that its id is in the cluster. */
  lastIdOf(name: string): string | undefined {
    return this.#lastIds.get(name)
  }

  /** A node of any report's view, by the runner's name for it; `unknown node … at …` if it is none of the runner's. */
  nameOf(node: NodeView): string {
    const known = this.#nameById.get(node.id) ?? this.nameOfAddress(node.host, node.port)
    return known ?? `unknown node ${node.id.slice(0, 8)} at ${node.host}:${node.port}`
  }

  /** Ends all connections at once. Idempotent. */
  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  #remember(name: string, answer: Answer): void {
    if ('reason' in answer) return
    this.#nameById.set(answer.report.view.myId, name)
    this.#lastIds.set(name, answer.report.view.myId)
  }

  #snapshot(atMs: number, answers: Map<string, Answer>, also?: string): Snapshot {
    const reports = new Map<string, NodeReport>()
    const unreachable = new Map<string, string>()
    for (const { name } of this.#nodes) {
      const answer = answers.get(name)
      if (answer === undefined || (this.#left.has(name) && name !== also)) continue
      if ('report' in answer) reports.set(name, answer.report)
      else unreachable.set(name, answer.reason)
    }
    const nameOf = (node: NodeView) => this.nameOf(node)
    const indexOf = (name: string) => this.#byName.get(name)?.index ?? Number.MAX_SAFE_INTEGER
    const witnesses = [...reports.values()].map(({ name, view, info }) => ({
      name,
      view,
      currentEpoch: info.currentEpoch,
    }))
    const agreed = agreeOn(witnesses, nameOf, indexOf, this.#formed)
    const nameOfAddress = (host: string, port: number) => this.nameOfAddress(host, port)
    return { atMs, reports, unreachable, agreed, nameOf, nameOfAddress }
  }
}

/** Servers listen on 127.0.0.1, and a bare machine may have no way to look `localhost` up. */
export function hostToConnect({ host }: Pick<ServerNode, 'host'>): string {
  return host === 'localhost' ? '127.0.0.1' : host
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}
